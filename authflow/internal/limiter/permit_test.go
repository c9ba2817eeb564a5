package limiter

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

func TestR5_AttemptsOfAFlight(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, l *Limiter)
		max     int
		f       *outcome.Failure
		want    int
	}{
		{"cold", nil, 3, unavailable(), 3},
		{"the default", nil, 0, unavailable(), 3},
		{"only the first", nil, 1, unavailable(), 1},
		{"more", nil, 5, unavailable(), 5},
		{"while others succeed", succeeding, 3, unavailable(), 6},
		{"while others are rejected", rejecting, 3, unavailable(), 6},
		{"one only, while others succeed", succeeding, 1, unavailable(), 1},
		{"of a suspect", failing, 3, unavailable(), 1},
		{"of a suspect while others succeed", func(t *testing.T, l *Limiter) { failing(t, l); succeeding(t, l) }, 3, unavailable(), 6},
		{"that are rejected", succeeding, 3, rejected(), 1},
		{"that cannot improve", succeeding, 3, &outcome.Failure{Class: outcome.NotSent, Permanent: true}, 1},
		{"in conflict", nil, 3, &outcome.Failure{Class: outcome.Conflict}, 6},
		{"a Retry-After each time", nil, 3, rateLimited(time.Second), 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				l := New(Config{Rate: 50, Burst: 10, MaxAttempts: tt.max})
				if tt.prepare != nil {
					tt.prepare(t, l)
				}
				r := caller("x")
				for r.Attempt = 1; r.Attempt < 20; r.Attempt++ {
					p := must(t, l, r)
					if tt.prepare != nil && r.Attempt > 1 && tt.want == 6 {
						succeeding(t, l)
					}
					if !p.Done(tt.f).Again {
						break
					}
				}
				if r.Attempt != tt.want {
					t.Errorf("%d attempts, want %d", r.Attempt, tt.want)
				}
			})
		})
	}
}

// succeeding lets another principal succeed.
func succeeding(t *testing.T, l *Limiter) { must(t, l, caller("other")).Done(nil) }

// rejecting lets another principal be rejected, which shows that the server works.
func rejecting(t *testing.T, l *Limiter) { must(t, l, caller("other")).Done(rejected()) }

// failing lets a flight of x fail.
func failing(t *testing.T, l *Limiter) {
	r := caller("x")
	for r.Attempt = 1; must(t, l, r).Done(unavailable()).Again; r.Attempt++ {
	}
	sleep(time.Minute)
}

func TestR5_WaitBetweenAttempts_DoublesWithJitter(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		for seed := range uint64(50) {
			l := seeded(usual, seed)
			r := caller("x")
			for r.Attempt = 1; r.Attempt < 3; r.Attempt++ {
				v := must(t, l, r).Done(unavailable())
				full := 200 * time.Millisecond << (r.Attempt - 1)
				if v.After < full/2 || v.After > full {
					t.Errorf("attempt %d: %v", r.Attempt, v.After)
				}
				seen[v.After] = true
			}
		}
		if len(seen) < 90 {
			t.Errorf("%d different waits of 100", len(seen))
		}
	})
}

func TestR5_RetryAfter_DelaysItsPrincipalAndNobodyElse(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		v := must(t, l, caller("x")).Done(rateLimited(10 * time.Second))
		if !v.Again || v.After < 10*time.Second || v.After > 12500*time.Millisecond {
			t.Fatalf("%+v", v)
		}
		began := time.Now()
		must(t, l, caller("other")).Done(nil)
		if time.Since(began) > 0 {
			t.Errorf("another principal waited %v", time.Since(began))
		}
		must(t, l, caller("x")).Done(nil)
		if waited := time.Since(began); waited < 10*time.Second || waited > 12500*time.Millisecond {
			t.Errorf("its next request waited %v", waited)
		}
		began = time.Now()
		must(t, l, caller("x")).Done(nil)
		if time.Since(began) > 0 {
			t.Errorf("waited %v after a success", time.Since(began))
		}
	})
}

func TestR5_LongRetryAfter_IsToldAtOnceToCallersThatWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.1, Burst: 1})
		p := must(t, l, caller("x"))
		w := start(t.Context(), l, caller("x"))
		sleep(time.Second)
		p.Done(rateLimited(time.Hour))
		if told := w.told(t); w.took != time.Second || told.RetryAfter < 4*time.Minute {
			t.Errorf("told %v after %v", told, w.took)
		}
	})
}

func TestR5_RetryAfterWhileThousandsFail_HoldsItsPrincipal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		for i := range maxFailing { // as many as are remembered
			must(t, l, caller(fmt.Sprint("failing", i))).Done(unavailable())
			succeeding(t, l)
		}
		must(t, l, caller("x")).Done(rateLimited(10 * time.Second))
		succeeding(t, l)
		began := time.Now()
		must(t, l, caller("x")).Done(nil)
		if waited := time.Since(began); waited < 10*time.Second {
			t.Errorf("its next request waited %v", waited)
		}
	})
}

func TestR5_AnotherAttempt_GoesBeforeFirstAttemptsOfItsPrincipal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, usual, 1, func(w *world, _ string) (*outcome.Failure, time.Duration) {
			if len(w.calls) == 0 {
				return unavailable(), fast
			}
			return nil, fast
		})
		for range 500 {
			w.once(caller("x"), time.Hour)
		}
		results, _ := w.end(time.Minute)
		for _, r := range results {
			if r.attempts > 1 && r.took > time.Second {
				t.Errorf("its second attempt was served after %v, behind requests that came later", r.took)
			}
		}
		if failed(results) > 0 || len(results) != 500 {
			t.Errorf("%d of %d failed", failed(results), len(results))
		}
	})
}

func TestR5_LongRetryAfter_IsToldAtOnceAndHoldsAtMostFiveMinutes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		p := must(t, l, caller("x"))
		waiting := make(chan error, 1)
		p2 := must(t, l, caller("x"))
		v := p.Done(rateLimited(time.Hour))
		p2.Cancel()
		if v.Again {
			t.Errorf("%+v", v)
		}
		for range 2 {
			began := time.Now()
			go func() { _, err := l.Acquire(t.Context(), caller("x")); waiting <- err }()
			err := <-waiting
			var told *QueueError
			_ = errors.As(err, &told)
			if told == nil || told.Failure.RetryAfter != time.Hour || told.RetryAfter < 4*time.Minute || time.Since(began) > 0 {
				t.Fatalf("%+v after %v", told, time.Since(began))
			}
			must(t, l, caller("other")).Done(nil)
		}
		sleep(375 * time.Second)
		must(t, l, caller("x")).Done(nil)
	})
}

func TestR13_Suspect_HasOneCallUnderWayAndABackoffThatGrows(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		failing(t, l)
		waits := []time.Duration{2, 4, 8, 8, 8}
		for _, want := range waits {
			succeeding(t, l)
			p := must(t, l, caller("x"))
			began := time.Now()
			next := make(chan time.Duration, 1)
			go func() {
				p, err := l.Acquire(t.Context(), caller("x"))
				if err == nil {
					p.Cancel()
				}
				next <- time.Since(began)
			}()
			sleep(500 * time.Millisecond)
			p.Done(unavailable())
			succeeding(t, l)
			want *= time.Second
			if got := <-next; got < want*3/4 || got > want {
				t.Errorf("the next call after %v, want about %v", got, want)
			}
		}
	})
}

func TestR14_CallOfASuspectThatHangs_DoesNotHoldTheNextForLong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		failing(t, l)
		succeeding(t, l)
		must(t, l, caller("x"))
		began := time.Now()
		must(t, l, caller("x")).Done(nil)
		if time.Since(began) != longestBackoff {
			t.Errorf("the next call after %v", time.Since(began))
		}
	})
}

func TestR13_FailuresOfCallsThatWereUnderWay_CountOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		var permits []*Permit
		for range 10 {
			permits = append(permits, must(t, l, caller("x")))
		}
		sleep(time.Second)
		for range 3 {
			permits = permits[1:]
			permits[0].Done(unavailable())
		}
		for _, p := range permits {
			p.Done(unavailable())
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		if n := l.principals.find("x").backoffs; n != 1 {
			t.Errorf("%d back-offs", n)
		}
	})
}

func TestR13_FailuresAreForgotten_AfterFiveMinutes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		failing(t, l)
		if !l.principals.find("x").isSuspect(time.Now()) {
			t.Fatal("not a suspect after its flight failed")
		}
		sleep(memory)
		must(t, l, caller("other")).Done(nil)
		if len(l.principals.byName) > 0 {
			t.Errorf("%d principals are remembered", len(l.principals.byName))
		}
	})
}

func TestL2_DoneTwice_CountsOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(usual)
		p := must(t, l, caller("x"))
		first := p.Done(unavailable())
		p.Cancel()
		if second := p.Done(nil); second != first || !first.Again {
			t.Errorf("first %+v, then %+v", first, second)
		}
		s := l.Stats()
		if s.Outcomes[Caller][outcome.Overloaded] != 1 || s.Outcomes[Caller][outcome.OK] != 0 || s.Budget > fullBudget-1 {
			t.Errorf("%+v", s)
		}
		if n := l.principals.find("x").inFlight; n != 0 {
			t.Errorf("%d calls under way", n)
		}
	})
}

func TestL2_Cancel_GivesTheTurnBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.1, Burst: 1})
		p := must(t, l, caller("x"))
		began := time.Now()
		p.Cancel()
		p.Cancel()
		if v := p.Done(unavailable()); v.Again {
			t.Errorf("%+v", v)
		}
		must(t, l, caller("y"))
		if time.Since(began) > 0 {
			t.Errorf("the next call waited %v", time.Since(began))
		}
		must(t, l, caller("z"))
		if waited := time.Since(began); waited < 10*time.Second {
			t.Errorf("the turn was given back twice: %v", waited)
		}
		if s := l.Stats(); s.Budget > fullBudget || s.Failure != outcome.OK {
			t.Errorf("%+v", s)
		}
	})
}

func TestR13_PermitsThatAreGivenBack_DelayNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(unlimited)
		began := time.Now()
		for i := range 2 * fullBudget {
			must(t, l, caller(fmt.Sprint("u", i))).Cancel()
		}
		must(t, l, caller("x"))
		if waited := time.Since(began); waited > 0 {
			t.Errorf("the next call waited %v, although none was sent before", waited)
		}
	})
}

func TestR4_ContextThatEndsInTheQueue_SaysWhereAndWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		l := New(Config{Rate: 0.001, Burst: 1})
		must(t, l, caller("first"))
		for i := range 3 {
			go func() { _, _ = l.Acquire(t.Context(), caller(fmt.Sprint(i))) }()
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := l.Acquire(ctx, caller("x"))
		const want = "gave up in the rate-limit queue, behind 3 other requests: context deadline exceeded"
		if err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
		_, err = l.Acquire(ctx, caller("x")) // which has ended before
		if err == nil || err.Error() != want {
			t.Errorf("%v", err)
		}
		if n := l.length(); n != 3 {
			t.Errorf("%d wait", n)
		}
	})
}
