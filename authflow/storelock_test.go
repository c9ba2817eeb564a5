package authflow_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A lock saves calls for tokens. It never costs a caller its request.

// holdLock lets another process hold the lock of a user's token while its call is in
// flight.
func holdLock(t *testing.T, sim *authtest.Simulator, s *sharedStore, lasts time.Duration, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(lasts))
	holder := replica(t, sim, tokensOnly{s}, admin, opts...)
	go func() { _, _ = holder.Token(t.Context()) }()
	synctest.Wait()
	return holder
}

// tokenWithin returns how long a caller with a deadline waits for its token.
func tokenWithin(t *testing.T, f *authflow.Flow, limit time.Duration) time.Duration {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	began := time.Now()
	if _, err := f.Token(ctx); err != nil {
		t.Errorf("a caller with %v: %v", limit, err)
	}
	return time.Since(began)
}

func TestK2_CallerWithADeadline_WaitsForTheLockForAQuarterOfItsTime(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]time.Duration{
		400 * time.Millisecond: 100 * time.Millisecond,
		2 * time.Second:        500 * time.Millisecond,
		6 * time.Second:        1500 * time.Millisecond,
		time.Minute:            1950 * time.Millisecond, // the time for the Store without its last look
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			s := &sharedStore{}
			for range 2 {
				holdLock(t, sim, s, 9*time.Second)
				if took := tokenWithin(t, replica(t, sim, tokensOnly{s}, admin), limit); took != want {
					t.Errorf("a caller with %v waits for the lock of another process for %v, want %v", limit, took, want)
				}
				time.Sleep(time.Hour) // fake clock
			}
		})
	}
}

// The flight waits for the lock for a caller with much time. Another caller joins
// it, who has less.
func TestK2_CallerThatJoinsAFlight_WaitsForAQuarterOfItsTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		for _, first := range []time.Duration{time.Hour, 20 * time.Second} {
			holdLock(t, sim, s, 9*time.Second)
			f := replica(t, sim, tokensOnly{s}, admin)
			go func() { tokenWithin(t, f, first) }()
			time.Sleep(300 * time.Millisecond) // fake clock
			if took := tokenWithin(t, f, time.Second); took > 250*time.Millisecond+lockPoll {
				t.Errorf("waited for %v of its second", took)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// lockPoll is how often the Store is looked at during the wait for a lock.
const lockPoll = 250 * time.Millisecond

// A renewal ahead of time has no caller who waits, so it waits for the lock of another
// process for as long as it may, whatever deadline the request has that began it.
func TestK1_RenewalAheadOfTime_WaitsForTheLockInFull(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		flows := []*authflow.Flow{replica(t, sim, tokensOnly{s}, admin), replica(t, sim, tokensOnly{s}, admin)}
		for range 2 {
			tokensOfAll(t, flows)
			time.Sleep(245 * time.Second) // fake clock: both renewals are due
			sim.ResetCalls()
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(1500*time.Millisecond))
			for _, f := range flows {
				tokenWithin(t, f, 100*time.Millisecond)
			}
			time.Sleep(10 * time.Second) // fake clock
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
				t.Errorf("%d calls for one renewal", n)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// A process that arrives late in a long call of another process waits for its token: the
// lock lasts for as long as an acquisition may.
func TestK1_LateProcess_WaitsForACallThatTakesLong(t *testing.T) {
	t.Parallel()
	for timeout, call := range map[time.Duration]time.Duration{30 * time.Second: 9 * time.Second, time.Minute: 18 * time.Second} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			s := &sharedStore{}
			limit := authflow.WithPolicy(authflow.Policy{Timeout: timeout})
			for range 2 {
				sim.ResetCalls()
				holder := holdLock(t, sim, s, call, limit)
				time.Sleep(call - time.Second) // fake clock
				token := mustToken(t, replica(t, sim, tokensOnly{s}, admin, limit))
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 || token.Value != mustToken(t, holder).Value {
					t.Errorf("%d calls, one of which takes %v", n, call)
				}
				time.Sleep(time.Hour) // fake clock
			}
		})
	}
}

// The lock of a process that died delays nobody after Policy.Timeout.
func TestK2_LockOfADeadProcess_EndsWithItsTimeout(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		for timeout, after := range map[time.Duration]time.Duration{10 * time.Second: 11 * time.Second, 30 * time.Second: 31 * time.Second} {
			view := &storeView{sharedStore: s, unlocks: func(func()) func() { return func() {} }}
			mustToken(t, replica(t, sim, tokensOnly{view}, admin, authflow.WithPolicy(authflow.Policy{Timeout: timeout})))
			for i, wait := range []time.Duration{1950 * time.Millisecond, 0} {
				if i > 0 {
					time.Sleep(after) // fake clock
				}
				f := replica(t, sim, tokensOnly{s}, admin)
				began := time.Now()
				if err := f.Renew(t.Context()); err != nil || time.Since(began) != wait {
					t.Errorf("the lock of a process with a time limit of %v delays Renew by %v (%v), want %v", timeout, time.Since(began), err, wait)
				}
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// A lock that expired while the call was in flight is reported, without a secret: another
// process may have requested a token as well. In the queue a lock may expire, because
// the Store is looked at before the call.
func TestK2_LockThatExpiresDuringTheCall_IsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rate    float64 // the turn comes after 1/rate
		call    time.Duration
		expired int
	}{
		"at once":                    {50, time.Second, 0},
		"a long call":                {50, 5 * time.Second, 0},
		"a queue and a long call":    {0.2, 4 * time.Second, 1},
		"a long queue, a short call": {0.1, time.Second, 0},
		"a long queue and call":      {0.1, 5 * time.Second, 0},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			var seen events
			cluster := process(t, sim, tokensOnly{&sharedStore{}}, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(seen.observe),
				authflow.WithRateLimit(c.rate, 1), authflow.WithPolicy(authflow.Policy{Timeout: 6 * time.Second, MaxAttempts: 1}))
			for round := range 2 {
				mustToken(t, userOf(t, cluster, 2*round)) // takes the turn
				sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(c.call))
				mustToken(t, userOf(t, cluster, 2*round+1))
				synctest.Wait()
				reported := seen.of(authflow.LockExpired)
				if len(reported) != c.expired*(round+1) {
					t.Errorf("%s, round %d: %d expired locks are reported", name, round, len(reported))
				}
				for _, e := range reported {
					if e.Username != "user-1" && e.Username != "user-3" || e.Op != authtest.OpGetFullAccessToken || !strings.Contains(e.Reason, "lasts for 6s") {
						t.Errorf("%s: %+v", name, e)
					}
				}
				time.Sleep(time.Hour) // fake clock
			}
			if failures := seen.of(authflow.StoreFailed); len(failures) > 0 {
				t.Errorf("%s: an expired lock is reported as a failure of the Store: %v", name, failures[0].Err)
			}
		}, people(4)...)
	}
}

// A server that does not answer at all costs the first request one time limit, and not
// one for each purpose: tokens, the count of rejected passwords, and the rate.
func TestK2_StoreThatHangs_CostsTheFirstRequestOneTimeLimit(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(*testing.T, *authflow.Cluster) *authflow.Flow{
		"by key":      func(t *testing.T, c *authflow.Cluster) *authflow.Flow { return userOf(t, c, 0) },
		"by password": func(t *testing.T, c *authflow.Cluster) *authflow.Flow { return byPassword(t, c, "user-1", "pw") },
	}, func(t *testing.T, flow func(*testing.T, *authflow.Cluster) *authflow.Flow) {
		sim := authtest.New(people(2)...)
		s := &storeView{sharedStore: &sharedStore{}, before: func(ctx context.Context, _ string) error {
			<-ctx.Done()
			return ctx.Err()
		}}
		f := flow(t, process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey)))
		for range 2 {
			if took := tokenWithin(t, f, time.Minute); took > time.Second {
				t.Errorf("the first request waits for %v", took)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// An operation that takes too long, while the Store answers others, says nothing about
// them: the processes still keep to one rate.
func TestK2_OneOperationThatHangs_LeavesTheSharedRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const users = 30
		var seen arrivals
		sim := authtest.New(append(people(2*users), seen.option())...)
		s := &sharedStore{}
		var flows []*authflow.Flow
		for process := range 2 {
			slow := &storeView{sharedStore: s, before: func(ctx context.Context, op string) error {
				if op == "Save" {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			}}
			c := withKeys(t, sim, slow, oldKeys, authflow.WithRateLimit(5, 1))
			for u := range users {
				flows = append(flows, userOf(t, c, process*users+u))
			}
		}
		for range 2 {
			tokensOfAll(t, flows)
			time.Sleep(time.Hour) // fake clock
		}
		if most := seen.mostIn(time.Second); most > 6 {
			t.Errorf("%d calls in a second, at a rate of 5", most)
		}
	})
}
