package limiter

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func allWell(*world, string) (*outcome.Failure, time.Duration) { return nil, fast }

// turns returns how many calls the server got from one that came at a time up to
// the call of the principal.
func turns(calls []call, came time.Duration, principal string) int {
	n := 0
	for _, c := range calls {
		if c.at < came {
			continue
		}
		n++
		if c.request.Principal == principal {
			return n
		}
	}
	return -1
}

func TestR9_ThousandRequestsOfOnePrincipal_DelayAnotherByOne(t *testing.T) {
	for _, urgency := range []Urgency{Caller, Revocation} {
		t.Run(fmt.Sprint(urgency), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, allWell)
				many := Request{Principal: "many", Group: "key", Urgency: urgency}
				for range 1000 {
					w.once(many, time.Hour)
				}
				var others []string
				var came []time.Duration
				for i := range 19 {
					sleep(403 * time.Millisecond) // never at the moment of a turn
					name := fmt.Sprint("other", i)
					others, came = append(others, name), append(came, w.now())
					w.once(Request{Principal: name, Group: "key", Urgency: urgency}, time.Hour)
				}
				_, calls := w.end(time.Minute)
				for i, name := range others {
					if n := turns(calls, came[i], name); n < 1 || n > 2 {
						t.Errorf("%s was served in turn %d", name, n)
					}
				}
			})
		})
	}
}

func TestR9_FewUsersOfANewOrgBehindThousands_WaitForTwentyTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 6000 {
			w.once(Request{Principal: fmt.Sprint("big", i), Group: "big"}, time.Hour)
		}
		sleep(time.Second + 5*time.Millisecond)
		came := w.now()
		for i := range 10 {
			w.once(Request{Principal: fmt.Sprint("small", i), Group: "small"}, time.Hour)
		}
		_, calls := w.end(3 * time.Minute)
		for i := range 10 {
			if n := turns(calls, came, fmt.Sprint("small", i)); n < 1 || n > 21 {
				t.Errorf("user %d was served in turn %d", i, n)
			}
		}
	})
}

func TestR9_GroupOfOnePrincipal_DoesNotTakeHalfOfTheRateFromThousands(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 3000 {
			w.once(Request{Principal: fmt.Sprint("big", i), Group: "big"}, time.Hour)
		}
		sleep(5 * time.Millisecond)
		for range 1000 {
			w.once(Request{Principal: "one", Group: "one"}, time.Hour)
		}
		_, calls := w.end(2 * time.Minute)
		n, big := 0, 0
		for _, c := range calls {
			if c.request.Principal == "one" {
				n++
			} else {
				big++
			}
			if big == 3000 {
				break
			}
		}
		if n > 3 {
			t.Errorf("%d requests of one principal were served before 3,000 others", n)
		}
		if len(calls) != 4000 {
			t.Errorf("%d of 4,000 were served", len(calls))
		}
	})
}

func TestR9_PrincipalWithManyRequests_IsNotStarvedByNewcomers(t *testing.T) {
	for _, tt := range []struct{ groups, aSecond int }{{1, 48}, {2, 48}, {50, 45}, {1_000_000, 40}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, usual, 1, allWell)
				for i := range 500 {
					w.once(Request{Principal: fmt.Sprint("crowd", i), Group: "big"}, time.Hour)
				}
				for range 5 {
					w.once(Request{Principal: "many", Group: "big"}, time.Hour)
				}
				w.regularly(func(i int) Request {
					return Request{Principal: fmt.Sprint("new", i), Group: fmt.Sprint(i % tt.groups)}
				}, time.Hour, time.Second/time.Duration(tt.aSecond)) // and the rate is 50
				_, calls := w.end(2 * time.Minute)
				served := 0
				for _, c := range calls {
					if c.request.Principal == "many" {
						served++
					}
				}
				if served != 5 {
					t.Errorf("%d of 5 requests were served", served)
				}
			})
		})
	}
}

func TestR9_RenewalAheadOfTime_StandsBehindWaitingCallers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 1500 {
			w.once(Request{Principal: fmt.Sprint("lease", i), Group: "key", Urgency: Ahead, Renewal: true, Promote: time.Now().Add(time.Hour)}, time.Hour)
		}
		sleep(time.Second + 5*time.Millisecond)
		for i := range 20 {
			came := w.now()
			name := fmt.Sprint("new", i)
			w.once(caller(name), time.Hour)
			sleep(500 * time.Millisecond)
			if n := turns(w.callsSoFar(), came, name); n != 1 {
				t.Errorf("the new user was served in turn %d", n)
			}
		}
		_, calls := w.end(time.Minute)
		if len(calls) != 1520 {
			t.Errorf("%d of 1,520 were served", len(calls))
		}
	})
}

func TestR9_RenewalAtItsPromoteTime_TakesTurnsWithNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 1000 {
			w.once(caller(fmt.Sprint("new", i)), time.Hour)
		}
		sleep(time.Millisecond)
		late, soon := time.Now().Add(15*time.Second), time.Now().Add(5*time.Second)
		w.once(Request{Principal: "late", Group: "key", Urgency: Ahead, Renewal: true, Promote: late}, time.Hour)
		w.once(Request{Principal: "soon", Group: "key", Urgency: Ahead, Renewal: true, Promote: soon}, time.Hour)
		w.once(Request{Principal: "never", Group: "key", Urgency: Ahead, Renewal: true}, time.Hour)
		_, calls := w.end(time.Minute)
		at := map[string]time.Duration{}
		for _, c := range calls {
			at[c.request.Principal] = c.at.Round(time.Second / 10)
		}
		if at["soon"] != 5*time.Second || at["late"] != 15*time.Second || at["never"] < 19*time.Second {
			t.Errorf("soon %v, late %v, never %v", at["soon"], at["late"], at["never"])
		}
	})
}

func TestR9_RenewalThatACallerWaitsFor_TakesTurnsWithNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 1000 {
			w.once(caller(fmt.Sprint("new", i)), time.Hour)
		}
		sleep(time.Millisecond)
		hurry := make(chan struct{})
		w.once(Request{Principal: "soon", Group: "key", Urgency: Ahead, Renewal: true, Hurry: hurry}, time.Hour)
		w.once(Request{Principal: "never", Group: "key", Urgency: Ahead, Renewal: true, Hurry: make(chan struct{})}, time.Hour)
		sleep(5 * time.Second)
		close(hurry)
		_, calls := w.end(time.Minute)
		at := map[string]time.Duration{}
		for _, c := range calls {
			at[c.request.Principal] = c.at.Round(time.Second / 10)
		}
		if at["soon"] != 5*time.Second || at["never"] < 19*time.Second {
			t.Errorf("soon %v, never %v", at["soon"], at["never"])
		}
	})
}

// TestR9_PrincipalsInUseBesideNewcomers_NoLeaseExpires has 3,000 users with tokens of
// 300 s while 10,000 newcomers come at once.
func TestR9_PrincipalsInUseBesideNewcomers_NoLeaseExpires(t *testing.T) {
	for _, group := range []string{"", "each its own"} {
		t.Run(group, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				const life, inUse = 300 * time.Second, 3000
				w := newWorld(t, usual, 1, allWell)
				ended := 0
				for i := range inUse {
					age := time.Duration(i) * (235 * time.Second) / inUse // renewals are spread over the lifetime
					w.users.Go(func() {
						from := w.now() - age
						for w.ctx.Err() == nil {
							due := from + life*3/4 + time.Duration(i%100)*life/2000
							_ = pause(w.ctx, due-w.now())
							r := Request{Principal: fmt.Sprint("used", i), Group: "key", Urgency: Ahead, Renewal: true, Promote: w.start.Add(from + life - 30*time.Second)}
							asked := w.now()
							w.fly(r, time.Hour)
							if w.ctx.Err() == nil && w.now() > from+life {
								w.mu.Lock()
								ended++
								w.mu.Unlock()
							}
							from = max(asked, w.now()-fast)
						}
					})
				}
				sleep(time.Minute)
				for i := range 10_000 {
					r := caller(fmt.Sprint("new", i))
					if group != "" {
						r.Group = fmt.Sprint(i)
					}
					w.once(r, time.Hour)
				}
				results, _ := w.end(6 * time.Minute)
				if ended > 0 {
					t.Errorf("%d leases expired before they were renewed", ended)
				}
				if n := len(of(results, 'n', 0, time.Hour)); n != 10_000 {
					t.Errorf("%d newcomers were served", n)
				}
			})
		})
	}
}

func TestR9_FirstRevocationBehindManyMints_WaitsAtMostOneSecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 2000 {
			w.once(caller(fmt.Sprint("u", i)), time.Hour)
		}
		sleep(time.Millisecond)
		revocation := Request{Principal: "many", Urgency: Revocation}
		for range 1000 {
			w.once(revocation, time.Hour)
		}
		sleep(5 * time.Second)
		for i := range 20 {
			w.once(Request{Principal: fmt.Sprint("signedout", i), Urgency: Revocation}, time.Hour)
		}
		results, calls := w.end(2 * time.Minute)
		for _, r := range of(results, 's', 0, time.Hour) {
			if r.took > time.Second+fast {
				t.Errorf("the first revocation of %s waited %v", r.principal, r.took)
			}
		}
		revoked := 0
		for _, c := range calls[:2000] {
			if c.request.Urgency == Revocation {
				revoked++
			}
		}
		if revoked < 980 || revoked > 1000 {
			t.Errorf("%d of the first 2,000 calls were revocations", revoked)
		}
	})
}

func TestR9_CallerWithALeaseThatIsAlive_TakesTurnsWithNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 1000 {
			w.once(caller(fmt.Sprint("new", i)), time.Hour)
		}
		sleep(time.Second)
		r := caller("renews")
		r.Renewal = true
		for range 500 {
			w.once(r, time.Hour)
		}
		_, calls := w.end(time.Minute)
		if n := turns(calls, time.Second, "renews"); n > 2 {
			t.Errorf("its first request was served in turn %d", n)
		}
		before := 0
		for _, c := range calls[:1000] {
			if c.request.Principal == "renews" {
				before++
			}
		}
		if before > 3 {
			t.Errorf("%d of its requests were served before 1,000 newcomers", before)
		}
	})
}

func TestR9_UnwantedRequest_UsesUpNoTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 1, Burst: 1})
		must(t, l, caller("first"))
		began := time.Now()
		errs := make(chan error, 100)
		for i := range 100 {
			r := caller(fmt.Sprint("left", i))
			r.Wanted = func() bool { return false }
			go func() {
				_, err := l.Acquire(t.Context(), r)
				errs <- err
			}()
		}
		synctest.Wait()
		must(t, l, caller("stays"))
		if waited := time.Since(began); waited > time.Second+time.Millisecond {
			t.Errorf("waited %v behind requests that nobody wants", waited)
		}
		for range 100 {
			if err := <-errs; !errors.Is(err, ErrUnwanted) {
				t.Errorf("an unwanted request: %v", err)
			}
		}
	})
}

func TestR13_NewcomersInAScarcity_GoNewestAndAtRandomInTurn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := seeded(usual, 1)
		exhaust(t, l)
		order := make(chan int, 100)
		for i := range 60 {
			go func() {
				_, err := l.Acquire(t.Context(), caller(fmt.Sprint("u", i)))
				if err == nil {
					order <- i
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		newest, served := 59, map[int]bool{}
		var turns []bool // whether it was the newest one's
		for len(order) > 0 {
			i := <-order
			turns = append(turns, i == newest)
			served[i] = true
			for served[newest] {
				newest--
			}
		}
		if len(turns) != 10 {
			t.Fatalf("%d turns in 7 s", len(turns))
		}
		for i := 2; i < len(turns); i++ {
			if turns[i] != turns[i-2] {
				t.Errorf("turns of the newest one: %v", turns)
			}
		}
		if turns[0] == turns[1] {
			t.Errorf("turns of the newest one: %v", turns)
		}
	})
}

func TestR9_FloodOfOnePrincipal_DoesNotBringRepeatsForward(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		for i := range 500 {
			w.once(Request{Principal: fmt.Sprint("crowd", i), Group: "big"}, time.Hour)
		}
		sleep(time.Second)
		for range 2 {
			w.once(Request{Principal: "many", Group: "small"}, time.Hour)
		}
		sleep(time.Second)
		for range 1000 {
			w.once(Request{Principal: "flood", Group: "big"}, time.Hour)
		}
		_, calls := w.end(time.Minute)
		var at []int
		for i, c := range calls {
			if c.request.Principal == "many" {
				at = append(at, i)
			}
		}
		if len(at) != 2 || at[0] > 62 || at[1] < 500 {
			t.Errorf("its two requests were served in turns %v", at)
		}
	})
}

func TestR9_RevocationsInAScarcity_TakeHalfOfTheTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for i := range 20 {
			must(t, l, caller(fmt.Sprint("served", i))).Done(nil)
		}
		exhaust(t, l)
		order := make(chan Urgency, 20)
		for i := range 20 {
			r := caller(fmt.Sprint("served", i))
			if i < 10 { // the revocations have waited for longer
				r.Urgency = Revocation
			}
			go func() {
				_, err := l.Acquire(t.Context(), r)
				if err == nil {
					order <- r.Urgency
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		if len(order) != 10 {
			t.Fatalf("%d turns in 7 s", len(order))
		}
		revoked := 0
		for len(order) > 0 {
			if <-order == Revocation {
				revoked++
			}
		}
		if revoked != 5 {
			t.Errorf("%d of 10 turns were revocations while callers waited", revoked)
		}
	})
}

func TestR13_PrincipalsThatFailedLongAgo_DoNotGoBeforeNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for _, f := range []*outcome.Failure{nil, {Class: outcome.Unexpected}} {
			for i := range 10 {
				must(t, l, caller(fmt.Sprint("b", i))).Done(f)
			}
		}
		sleep(memory)
		succeeding(t, l)
		exhaust(t, l)
		order := make(chan byte, 20)
		for i := range 20 {
			name := fmt.Sprint("b", i)
			if i >= 10 {
				name = fmt.Sprint("new", i)
			}
			go func() {
				_, err := l.Acquire(t.Context(), caller(name))
				if err == nil {
					order <- name[0]
				}
			}()
			synctest.Wait()
		}
		sleep(7 * time.Second) // 1.5 a second come back
		turns, newcomers := len(order), 0
		for len(order) > 0 {
			if <-order == 'n' {
				newcomers++
			}
		}
		if turns != 10 || newcomers < 5 {
			t.Errorf("%d of %d turns were those of newcomers", newcomers, turns)
		}
	})
}
