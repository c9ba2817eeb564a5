package tokenservice_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// fleet is a service of several replicas that share a Store.
type fleet struct {
	sim      *authtest.Simulator
	store    authflow.Store
	replicas []*rig
}

// inFleet runs a test of three replicas in a bubble.
func inFleet(t *testing.T, store authflow.Store, authenticate func(*http.Request) (tokenservice.Request, error), test func(*testing.T, *fleet), opts ...tokenservice.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if store == nil {
			store = &storetest.Memory{}
		}
		sim := authtest.New(authtest.WithUser("ann", "pw"), authtest.WithUser("bob", "pw"), authtest.WithGroup("Viewers"), authtest.WithGroup("Admins"))
		f := &fleet{sim: sim, store: store}
		for range 3 {
			x := &rig{sim: sim, options: []authflow.Option{authflow.WithStore(store, make([]byte, 32))}}
			x.start(t, authenticate, opts...)
			f.replicas = append(f.replicas, x)
		}
		defer func() {
			for _, x := range f.replicas {
				if err := x.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}()
		test(t, f)
	})
}

// aliveOf returns how many tokens of a user the cluster accepts.
func aliveOf(sim *authtest.Simulator, user string) (n int) {
	for _, token := range sim.Tokens() {
		if token.User == user {
			n++
		}
	}
	return n
}

// expectAlive reports an error unless want tokens of a user are alive.
func expectAlive(t *testing.T, sim *authtest.Simulator, user string, want int, when string, args ...any) {
	t.Helper()
	if n := aliveOf(sim, user); n != want {
		t.Errorf("%s: %d tokens of %s are alive, want %d", fmt.Sprintf(when, args...), n, user, want)
	}
}
