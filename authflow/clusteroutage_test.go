package authflow_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// With Outage, a service tells an outage of the cluster from its own trouble.
func TestR4_Outage_SaysWhyTheNextCallMayFail(t *testing.T) {
	t.Parallel()
	type trouble struct {
		fault authtest.Fault
		is    error // nil: no outage
	}
	bubbles(t, map[string]trouble{
		"maintenance":       {authtest.Maintenance(503), authflow.ErrMaintenance},
		"too many requests": {authtest.RateLimited(20 * time.Second), authflow.ErrRateLimited},
		"500 of one user":   {authtest.Status(500), nil},
		"key rejected":      {authtest.Status(401), nil},
	}, func(t *testing.T, c trouble) {
		sim := authtest.New()
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		if err := cluster.Outage(); err != nil {
			t.Errorf("before any call: %v", err)
		}
		sim.Fail(authtest.OpGetFullAccessToken, 1, c.fault)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		flow := userNamed(t, cluster, authtest.DefaultUsername)
		_, _ = flow.Token(ctx)
		synctest.Wait()
		calls := sim.Calls(authtest.AnyOperation)
		for range 2 {
			err := cluster.Outage()
			if !errors.Is(err, c.is) || c.is != nil && retryAfter(err) <= 0 {
				t.Errorf("%v, want %v", err, c.is)
			}
			time.Sleep(500 * time.Millisecond) // fake clock
		}
		if n := sim.Calls(authtest.AnyOperation); n != calls && c.is == nil {
			t.Errorf("Outage made %d calls", n-calls)
		}
		time.Sleep(time.Minute) // fake clock
		_, err := flow.Token(t.Context())
		if err != nil || cluster.Outage() != nil {
			t.Errorf("after a success: %v, %v", err, cluster.Outage())
		}
	})
}
