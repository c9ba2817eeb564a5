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

// Stats tells a person on call what waits, what is held back and what failed.
func TestR14_Stats_ShowTheQueueAndTheOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(30)...)
		cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(10, 1))
		if s := cluster.Stats(); s.Budget != 20 || s.Rate != 10 || !s.Since.IsZero() || s.LastFailure != "" || len(s.Outcomes) != 0 {
			t.Errorf("before any call: %+v", s)
		}
		flows := byKey(t, cluster, 30)
		_, err := flows[29].Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range flows[:20] {
			defer func() { _ = f.Close() }()
			go func() { _, _ = f.Token(t.Context()) }()
		}
		time.Sleep(450 * time.Millisecond) // fake clock
		synctest.Wait()
		if s := cluster.Stats(); s.Queue.Callers.Length != 16 || s.Queue.Callers.Oldest != 450*time.Millisecond || s.Outcomes["ok"] != 5 {
			t.Errorf("with a queue: %+v", s)
		}
		sim.Fail(authtest.AnyOperation, -1, authtest.Status(503))
		time.Sleep(5 * time.Second) // fake clock
		s := cluster.Stats()
		if s.Budget > 10 || s.Since.IsZero() || s.LastFailure != "overloaded" || s.Suspects == 0 || s.Outcomes["overloaded"] == 0 {
			t.Errorf("in an outage: %+v", s)
		}
		sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		if s := cluster.Stats(); s.Budget != 20 || !s.Since.IsZero() || s.LastFailure != "" || s.Suspects > 0 || s.Queue.Callers.Length > 0 {
			t.Errorf("after it: %+v", s)
		}
	})
}
