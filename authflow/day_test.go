package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A service makes a request every so often. No request waits for a renewal, none
// carries an expired token, and few tokens are requested.
func TestR2_SteadyRequests_NeverWaitForARenewal(t *testing.T) {
	t.Parallel()
	type service struct {
		validity, every, length, latency time.Duration
		most                             int // token calls
	}
	bubbles(t, map[string]service{
		"tokens of 300 s, a request every 10 s": {300 * time.Second, 10 * time.Second, 8 * time.Hour, 0, 96 * 14 / 10},
		"a mint that takes 2 s":                 {300 * time.Second, 10 * time.Second, 8 * time.Hour, 2 * time.Second, 96 * 14 / 10},
		"tokens of 1 s, 30 requests a second":   {time.Second, time.Second / 30, 2 * time.Minute, 0, 120 * 15 / 10},
	}, func(t *testing.T, c service) {
		sim := authtest.New()
		f := trusted(t, sim, c.validity)
		mustGet(t, f)
		if c.latency > 0 {
			sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(c.latency))
		}
		requests := 1
		for began := time.Now(); time.Since(began) < c.length; time.Sleep(c.every) { // fake clock
			sent := time.Now()
			mustGet(t, f)
			requests++
			if waited := time.Since(sent); waited != 0 {
				t.Fatalf("a request waited %v", waited)
			}
			synctest.Wait()
		}
		if n := sim.Calls(authtest.Echo); n != requests {
			t.Errorf("%d requests arrived %d times: some carried an expired token", requests, n)
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > c.most {
			t.Errorf("%d token calls, want at most %d", n, c.most)
		}
		_ = f.Close()
	})
}

// With tokens of one second and a request every ten seconds there is nothing to
// renew ahead of time: each request waits for one token call.
func TestR7_ShortTokensAndRareRequests_CostOneTokenEach(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, time.Second)
		for range 360 {
			mustGet(t, f)
			time.Sleep(10 * time.Second) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 360 {
			t.Errorf("%d token calls for 360 requests", n)
		}
	})
}

// A thousand callers at once have no token. They share one call, and each waits
// under its own context.
func TestR4_Herd_MakesOneTokenCall(t *testing.T) {
	const herd = 1000
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		const cancelled = 100
		var served, gaveUp atomic.Int64
		var wg sync.WaitGroup
		for i := range herd {
			wg.Go(func() {
				ctx, limit := t.Context(), 2*time.Second
				if i < cancelled {
					limit = time.Duration(i+1) * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(ctx, limit)
				defer cancel()
				began := time.Now()
				_, err := f.Token(ctx)
				switch {
				case err == nil:
					served.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					gaveUp.Add(1)
				default:
					t.Error(err)
				}
				if d := time.Since(began); d > limit {
					t.Errorf("returned after %v with a limit of %v", d, limit)
				}
			})
		}
		wg.Wait()
		if served.Load() != herd-cancelled || gaveUp.Load() != cancelled {
			t.Errorf("%d served, %d gave up", served.Load(), gaveUp.Load())
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
			t.Errorf("%d token calls", n)
		}
	})
}

// A thousand requests at once get a 401.
func TestP4_HerdOf401s_CostsOneRenewal(t *testing.T) {
	const herd = 1000
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.RevokeTokens()
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		var served, gaveUp atomic.Int64
		var wg sync.WaitGroup
		for i := range herd {
			wg.Go(func() {
				limit := 2 * time.Second
				if i%20 == 0 {
					limit = 500 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				status, err := get(ctx, f)
				switch {
				case err == nil && status == http.StatusOK:
					served.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					gaveUp.Add(1)
				default:
					t.Errorf("status %d, %v", status, err)
				}
			})
		}
		wg.Wait()
		if served.Load() != herd*19/20 || gaveUp.Load() != herd/20 {
			t.Errorf("%d served, %d gave up", served.Load(), gaveUp.Load())
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
			t.Errorf("%d token calls in all, one before the revocation", n)
		}
	})
}
