package authflow_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// storePlaces returns the places that a Store has: each of its methods, its unlock, and
// the observer or logger that its failure is reported to, for a token by key and one by
// password.
func storePlaces(t *testing.T, sim *authtest.Simulator, b *broken) map[string]userPlace {
	t.Helper()
	places := make(map[string]userPlace)
	add := func(name string, p userPlace, s authflow.Store, opts ...authflow.Option) {
		for by, flow := range map[string]func(c *authflow.Cluster) *authflow.Flow{
			"key":      func(c *authflow.Cluster) *authflow.Flow { return userNamed(t, c, admin) },
			"password": func(c *authflow.Cluster) *authflow.Flow { return byPassword(t, c, admin, authtest.DefaultPassword) },
		} {
			p.cluster = process(t, sim, s, append(opts, authflow.WithSecretKey(authtest.DefaultSecretKey))...)
			p.flow = flow(p.cluster)
			places[name+", by "+by] = p
		}
	}
	for _, op := range []string{"Load", "Save", "Lock", "Reserve"} {
		add("Store."+op, userPlace{isStore: true}, &storeView{sharedStore: &sharedStore{}, before: func(_ context.Context, reached string) error {
			if reached == op {
				b.reach()
			}
			return nil
		}})
	}
	add("unlock", userPlace{isStore: true}, &storeView{sharedStore: &sharedStore{}, unlocks: func(unlock func()) func() {
		return func() { b.reach(); unlock() }
	}})
	down := func(context.Context, string) error { return errors.New("no connection") }
	add("observer of a failure of the Store", userPlace{blocks: true}, &storeView{sharedStore: &sharedStore{}, before: down}, authflow.WithObserver(func(e authflow.Event) {
		if e.Kind == authflow.StoreFailed {
			b.reach()
		}
	}))
	add("logger of a failure of the Store", userPlace{blocks: true}, &storeView{sharedStore: &sharedStore{}, before: down}, authflow.WithLogger(slog.New(brokenHandler{reach: func(message string) {
		if strings.Contains(message, string(authflow.StoreFailed)) {
			b.reach()
		}
	}})))
	return places
}
