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

// A service tells by it an outage of the cluster from its own.
func TestOutageTellsWhyNothingIsAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		fault authtest.Fault
		is    error // nil: not an outage
		least time.Duration
	}{
		"maintenance":  {authtest.Maintenance(503), authflow.ErrMaintenance, 1},
		"too many":     {authtest.RateLimited(20 * time.Second), authflow.ErrRateLimited, 19 * time.Second},
		"one's own":    {authtest.Status(500), nil, 0},
		"not accepted": {authtest.Status(401), nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
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
				var e *authflow.Error
				err := cluster.Outage()
				if c.is == nil {
					if err != nil {
						t.Errorf("%v", err)
					}
				} else if !errors.Is(err, c.is) || !errors.As(err, &e) || e.RetryAfter < c.least {
					t.Errorf("%v, not %v for %v", err, c.is, c.least)
				}
				time.Sleep(2 * time.Minute) // fake clock
				if c.is != nil && cluster.Outage() == nil {
					t.Error("it has ended without a call")
				}
				if _, err := flow.Token(t.Context()); err != nil || cluster.Outage() != nil {
					t.Errorf("after a success: %v, %v", err, cluster.Outage())
				}
			})
		})
	}
}
