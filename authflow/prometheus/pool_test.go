package prometheus_test

import (
	"context"
	"errors"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// newPool returns a pool of Flows that the Collector watches. There is none for the
// user nobody.
func (r *rig) newPool() *pool.Pool[string] {
	r.t.Helper()
	users, err := pool.New(func(_ context.Context, user string) (*authflow.Flow, error) {
		if user == "nobody" {
			return nil, errors.New("no such user")
		}
		return r.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: user})
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.metrics.WatchPool(users)
	return users
}

func TestPool_ShowsItsFlows(t *testing.T) {
	inBubble(t, func(r *rig) {
		users := r.newPool()
		r.has("at first", "pool_flows 0", "pool_created_total 0", "pool_create_failures_total 0", "pool_dropped_total 0", "pool_forgotten_total 0")
		for _, user := range []string{"ann", "bob", "ann", "nobody"} {
			_, err := users.Get(r.t.Context(), user)
			if (err != nil) != (user == "nobody") {
				t.Fatal(user, err)
			}
		}
		r.has("with two users", "pool_flows 2", "pool_created_total 2", "pool_create_failures_total 1")
		if err := users.Forget(r.t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		r.has("after Forget", "pool_flows 1", "pool_created_total 2", "pool_forgotten_total 1")
		if err := users.Close(r.t.Context()); err != nil {
			t.Fatal(err)
		}
		r.has("after Close", "pool_flows 0", "pool_created_total 2")
	})
}
