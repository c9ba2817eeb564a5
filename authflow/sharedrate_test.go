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

// K2: a rate that processes share.

// 200 users at each of three replicas, 100 ms away from the Store, at 50 a second: at
// least 80 % of the turns of one process beside the Store are taken, and half of them
// 300 ms away.
func TestK2_SharedRateFarAway_IsUsed(t *testing.T) {
	t.Parallel()
	type fleet struct {
		users, replicas int
		away, within    time.Duration
	}
	fleets := map[string]fleet{
		"200 users in all":                        {67, 3, 100 * time.Millisecond, 5 * time.Second},
		"200 users at each of three":              {200, 3, 100 * time.Millisecond, 15 * time.Second},
		"200 users at one of them":                {200, 1, 100 * time.Millisecond, 5 * time.Second},
		"200 users at each of three, 300 ms away": {200, 3, 300 * time.Millisecond, 24 * time.Second},
	}
	for name, c := range rows(t, fleets, "200 users in all") {
		synctest.Test(t, func(t *testing.T) {
			var seen arrivals
			sim := authtest.New(append(people(c.users*c.replicas), seen.option())...)
			s := &sharedStore{}
			var flows []*authflow.Flow
			for r := range c.replicas {
				cluster := process(t, sim, rateOnly{&storeView{sharedStore: s, before: distance(c.away)}}, authflow.WithSecretKey(authtest.DefaultSecretKey))
				for u := range c.users {
					flows = append(flows, userOf(t, cluster, r*c.users+u))
				}
			}
			for range 2 {
				_, took := tokensOfAll(t, flows)
				if took > c.within {
					t.Errorf("%s: the last token was there after %v", name, took)
				}
				time.Sleep(301 * time.Second) // fake clock
			}
			if most := seen.mostIn(time.Second); most > 60 {
				t.Errorf("%s: %d calls in a second", name, most)
			}
		})
	}
}

// rateOnly is a Store that keeps no tokens.
type rateOnly struct{ *storeView }

// R14 with a shared rate: turns are not reserved for calls that an outage does not
// allow.
func TestR14_K2_OutageWithASharedRate_CostsWhatItCostsWithoutOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen arrivals
		size := sized(500, 150)
		sim := authtest.New(append(people(size), seen.option())...)
		c := process(t, sim, rateOnly{&storeView{sharedStore: &sharedStore{}, before: distance(10 * time.Millisecond)}}, authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, size)
		for i := range flows {
			flows[i] = userOf(t, c, i)
		}
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		for minute, most := range []int{60, 40} {
			began := time.Now()
			took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
				for time.Since(began) < time.Minute {
					_, err := f.Token(t.Context())
					var e *authflow.Error
					if !errors.As(err, &e) || !e.Retryable() {
						t.Errorf("%v", err)
						return
					}
					time.Sleep(max(e.RetryAfter, 5*time.Second)) // fake clock
				}
			})
			if n := seen.countSince(began); n > most {
				t.Errorf("minute %d: %d calls in %v", minute+1, n, took)
			}
			time.Sleep(max(0, time.Minute-time.Since(began))) // fake clock
		}
		sim.ClearFaults()
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for {
				if _, err := f.Token(t.Context()); err == nil {
					return
				}
				time.Sleep(time.Second) // fake clock
			}
		})
		if took > 30*time.Second {
			t.Errorf("all have a token %v after the server is back", took)
		}
	})
}

// mostIn returns the most calls that arrived within a time.
func (l *arrivals) mostIn(d time.Duration) (most int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := 0
	for i, c := range l.list {
		for c.Began.Sub(l.list[first].Began) >= d {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// countSince returns how many calls have arrived since.
func (l *arrivals) countSince(t time.Time) int {
	return l.count(func(c authtest.Call) bool { return !c.Began.Before(t) })
}

// A wait that no number of processes explains is a failure of the Store: it is
// reported, and the process keeps to the rate by itself.
func TestK2_AbsurdWaitOfTheSharedRate_IsAFailureOfTheStore(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]time.Duration{"an hour": time.Hour, "centuries": 1<<63 - 1}, func(t *testing.T, absurd time.Duration) {
		sim := authtest.New(people(100)...)
		s := &absurdRate{storeView: storeView{sharedStore: &sharedStore{}}, wait: absurd}
		var seen events
		c := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(seen.observe))
		var flows []*authflow.Flow
		for i := range 100 {
			flows = append(flows, userOf(t, c, i))
		}
		for range 2 {
			_, took := tokensOfAll(t, flows)
			if took > 3*time.Second || took < 1800*time.Millisecond {
				t.Errorf("100 tokens at 50 a second in %v", took)
			}
			time.Sleep(301 * time.Second) // fake clock
		}
		reported := 0
		for _, e := range seen.of(authflow.StoreFailed) {
			if e.Reason == "Reserve" && e.Err != nil {
				reported++
			}
		}
		if reported == 0 || reported > 10 {
			t.Errorf("%d failures of the shared rate are reported", reported)
		}
	})
}

// absurdRate is a Store whose rate tells an absurd wait.
type absurdRate struct {
	storeView
	wait time.Duration
}

// Reserve implements authflow.RateLimiter.
func (s *absurdRate) Reserve(context.Context, string, int, float64, int) (time.Duration, error) {
	return s.wait, nil
}
