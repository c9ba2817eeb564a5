package authflow_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Crowds of flows of one user with a password. How many of its calls may be in flight
// depends on what callers need.

// passwordCrowd starts n flows of ann at once and returns when the last one is served.
func passwordCrowd(t *testing.T, cluster *authflow.Cluster, n int) time.Duration {
	t.Helper()
	flows := make([]*authflow.Flow, n)
	for i := range flows {
		flows[i] = passwordFlow(t, cluster, "ann", "pw")
	}
	return allAtOnce(flows, func(_ int, f *authflow.Flow) {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		if _, err := f.Token(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestR9_CrowdOfOneUserWithSlowCalls_IsServedSoon(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		s := newShards(func(*shards, arrival) behavior { return behavior{takes: 3 * time.Second} })
		took := passwordCrowd(t, shardCluster(t, s, authflow.WithRateLimit(100, 10)), 500)
		if took > 18*time.Second { // 5 s at the rate, and 10 s until the budget is full
			t.Errorf("served after %v", took)
		}
	})
}

// Every hundredth response is a 503. It says nothing about the password.
func TestR9_CrowdOfOneUserAtAServerThatFailsAtTimes_IsServedSoon(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		calls := 0
		s := newShards(func(_ *shards, c arrival) behavior {
			calls++
			if calls%100 == 0 && c.at > 5*time.Second {
				return behavior{status: 503, takes: 1500 * time.Millisecond}
			}
			return behavior{takes: 1500 * time.Millisecond}
		})
		took := passwordCrowd(t, shardCluster(t, s, authflow.WithRateLimit(100, 10)), 2000)
		if took > 50*time.Second { // 20 s at the rate
			t.Errorf("served after %v", took)
		}
	})
}

// 300 flows renew ahead of time with quick calls. Callers of the same user, whose calls
// are slow, do not wait because of that.
func TestR9_CallersBesideQuickRenewals_DoNotWait(t *testing.T) {
	t.Parallel()
	inAttack(t, func(t *testing.T) {
		s := newShards(func(_ *shards, c arrival) behavior {
			if c.op == "object" {
				return behavior{takes: 3 * time.Second}
			}
			return behavior{takes: 100 * time.Millisecond}
		})
		cluster := shardCluster(t, s, authflow.WithRateLimit(100, 10))
		var running sync.WaitGroup
		for i := range 300 {
			f := passwordFlow(t, cluster, "ann", "pw")
			running.Go(func() {
				time.Sleep(time.Duration(i) * 800 * time.Millisecond) // fake clock
				for range 40 {
					_, _ = f.Token(t.Context())
					time.Sleep(10 * time.Second) // fake clock
				}
			})
		}
		time.Sleep(6 * time.Minute) // fake clock
		callers, err := cluster.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: "ann", Password: "pw", ObjectID: "o"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 5 * 60 { // five a second
			running.Go(func() {
				began := time.Now()
				_, err := callers.Token(t.Context(), authflow.Exclusive())
				waited := time.Since(began) - 3*time.Second
				if err != nil || i > 150 && waited > 500*time.Millisecond {
					t.Errorf("caller %d waited for %v: %v", i, waited, err)
				}
			})
			time.Sleep(200 * time.Millisecond) // fake clock
		}
		running.Wait()
	})
}
