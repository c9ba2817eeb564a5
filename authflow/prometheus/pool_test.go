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

// fakePool is a pool with given counts.
type fakePool struct{ stats pool.Stats }

func (p *fakePool) Stats() pool.Stats { return p.stats }

func TestPool_EachCountHasItsOwnSeries(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := &fakePool{pool.Stats{Flows: 1, Created: 2, Failed: 3, Dropped: 4, Forgotten: 5}}
		r.metrics.WatchPool(p)
		r.has("at first", "pool_flows 1", "pool_created_total 2", "pool_create_failures_total 3", "pool_dropped_total 4", "pool_forgotten_total 5")
		p.stats = pool.Stats{Flows: 10, Created: 20, Failed: 30, Dropped: 40, Forgotten: 50}
		r.has("later", "pool_flows 10", "pool_created_total 20", "pool_create_failures_total 30", "pool_dropped_total 40", "pool_forgotten_total 50")
	})
}
