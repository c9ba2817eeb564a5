package authflow_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A user has a token that is alive and needs another one, while new users come as
// fast as the rate allows. Only a renewal that nobody waits for stands behind them.
func TestR9_CallerWithALiveToken_DoesNotStandBehindNewUsers(t *testing.T) {
	t.Parallel()
	type world struct {
		sim *authtest.Simulator
		ann *authflow.Flow
	}
	rejected := func(ctx context.Context, w world) error {
		w.sim.RevokeUser("ann")
		resp, err := w.ann.API().GetCurrentUserInfoWithResponse(ctx)
		if err == nil && resp.JSON200 == nil {
			err = authflow.ErrorOf(resp.HTTPResponse)
		}
		return err
	}
	for name, c := range map[string]struct {
		age  time.Duration // of the token
		need func(context.Context, world) error
	}{
		"exclusive token": {0, func(ctx context.Context, w world) error {
			_, err := w.ann.Token(ctx, authflow.Exclusive())
			return err
		}},
		"minimum lifetime": {10 * time.Minute, func(ctx context.Context, w world) error {
			_, err := w.ann.Token(ctx, authflow.MinTTL(55*time.Minute))
			return err
		}},
		"explicit renewal": {0, func(ctx context.Context, w world) error { return w.ann.Renew(ctx) }},
		"rejected token":   {0, rejected},
		"rejected token whose renewal is in the queue": {50 * time.Minute, func(ctx context.Context, w world) error {
			_, err := w.ann.Token(ctx) // begins a renewal ahead of time
			if err != nil {
				return err
			}
			return rejected(ctx, w)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New(append(people(200), authtest.WithUser("ann", ""))...)
				cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(1, 1))
				ann, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", ValidityTimeInSec: 3600})
				if err == nil {
					err = ann.Renew(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(c.age) // fake clock
				var crowd sync.WaitGroup
				crowd.Go(func() {
					for u := range 200 {
						crowd.Go(func() { _, _ = userNamed(t, cluster, fmt.Sprint("user-", u)).Token(t.Context()) })
						if u > 5 {
							time.Sleep(time.Second) // fake clock
						}
					}
				})
				time.Sleep(10 * time.Second) // fake clock
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				if err := c.need(ctx, world{sim, ann}); err != nil {
					t.Error(err)
				}
				crowd.Wait()
				time.Sleep(time.Minute) // fake clock
			})
		})
	}
}
