package limiter

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

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

func TestR9_FirstRevocationBehindManyMints_WaitsAtMostOneSecond(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		w.crowd("u", 2000, time.Hour)
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
