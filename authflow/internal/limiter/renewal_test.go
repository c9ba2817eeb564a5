package limiter

import (
	"fmt"
	"testing"
	"time"
)

// arrivals returns when the last call of each principal reached the server, to a
// tenth of a second.
func arrivals(calls []call) map[string]time.Duration {
	at := map[string]time.Duration{}
	for _, c := range calls {
		at[c.request.Principal] = c.at.Round(time.Second / 10)
	}
	return at
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
		w.crowd("new", 1000, time.Hour)
		sleep(time.Millisecond)
		late, soon := time.Now().Add(15*time.Second), time.Now().Add(5*time.Second)
		w.once(Request{Principal: "late", Group: "key", Urgency: Ahead, Renewal: true, Promote: late}, time.Hour)
		w.once(Request{Principal: "soon", Group: "key", Urgency: Ahead, Renewal: true, Promote: soon}, time.Hour)
		w.once(Request{Principal: "never", Group: "key", Urgency: Ahead, Renewal: true}, time.Hour)
		_, calls := w.end(time.Minute)
		at := arrivals(calls)
		if at["soon"] != 5*time.Second || at["late"] != 15*time.Second || at["never"] < 19*time.Second {
			t.Errorf("soon %v, late %v, never %v", at["soon"], at["late"], at["never"])
		}
	})
}

func TestR9_RenewalThatACallerWaitsFor_TakesTurnsWithNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		w.crowd("new", 1000, time.Hour)
		sleep(time.Millisecond)
		hurry := make(chan struct{})
		w.once(Request{Principal: "soon", Group: "key", Urgency: Ahead, Renewal: true, Hurry: hurry}, time.Hour)
		w.once(Request{Principal: "never", Group: "key", Urgency: Ahead, Renewal: true, Hurry: make(chan struct{})}, time.Hour)
		sleep(5 * time.Second)
		close(hurry)
		_, calls := w.end(time.Minute)
		at := arrivals(calls)
		if at["soon"] != 5*time.Second || at["never"] < 19*time.Second {
			t.Errorf("soon %v, never %v", at["soon"], at["never"])
		}
	})
}

func TestR9_CallerWithALeaseThatIsAlive_TakesTurnsWithNewcomers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, allWell)
		w.crowd("new", 1000, time.Hour)
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

// TestR9_PrincipalsInUseBesideNewcomers_NoLeaseExpires has 3,000 users with tokens of
// 300 s while 10,000 newcomers come at once.
func TestR9_PrincipalsInUseBesideNewcomers_NoLeaseExpires(t *testing.T) {
	for i, group := range []string{"", "each its own"} {
		if !part(i, 2) {
			continue
		}
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
