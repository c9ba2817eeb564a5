package limiter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// store is a rate that several limiters share, as a distant store keeps it.
type store struct {
	mu       sync.Mutex
	distance time.Duration // of a round trip
	rate     float64
	burst    int
	due      time.Time
	taken    int
	calls    int
	fails    func() error
	absurd   time.Duration // added to each wait
}

func (s *store) reserve(ctx context.Context, n int) (time.Duration, error) {
	err := pause(ctx, s.distance/2)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.fails != nil {
		err := s.fails()
		if err != nil {
			return 0, err
		}
	}
	now, each := time.Now(), time.Duration(float64(time.Second)/s.rate)
	s.due = latest(s.due, now.Add(-time.Duration(s.burst-1)*each))
	wait := s.due.Sub(now)
	s.due = s.due.Add(time.Duration(n) * each)
	s.taken += n
	s.mu.Unlock()
	err = pause(ctx, s.distance/2)
	s.mu.Lock()
	return wait + s.absurd, err
}

// counts returns how many turns were taken, in how many calls.
func (s *store) counts() (taken, calls int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken, s.calls
}

func (s *store) config() Config {
	c := usual
	c.Rate, c.Burst, c.Reserve = s.rate, s.burst, s.reserve
	return c
}

func TestK2_DistantStore_KeepsMostOfTheRate(t *testing.T) {
	for _, distance := range []time.Duration{0, time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond} {
		t.Run(distance.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := &store{distance: distance, rate: 50, burst: 10}
				var worlds []*world
				for i := range 3 {
					w := newWorld(t, s.config(), uint64(i), allWell)
					worlds = append(worlds, w)
					for j := range 200 {
						w.once(caller(fmt.Sprint("u", j)), time.Hour)
					}
				}
				sleep(8 * time.Second)
				total := 0
				for _, w := range worlds {
					total += len(w.callsSoFar())
				}
				if total < 8*50*8/10 {
					t.Errorf("%d calls in 8 s", total)
				}
				if total > 10+8*50 {
					t.Errorf("%d calls in 8 s are above the rate", total)
				}
				for _, w := range worlds {
					results, _ := w.end(time.Minute)
					if failed(results) > 0 || len(results) != 200 {
						t.Errorf("%d of %d failed", failed(results), len(results))
					}
				}
				taken, _ := s.counts()
				if lost := taken - 600; lost > 60 {
					t.Errorf("%d turns were lost", lost)
				}
			})
		})
	}
}

func TestK2_OneProcessOfThreeIsBusy_LosesFewTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{distance: 100 * time.Millisecond, rate: 50, burst: 10}
		w := newWorld(t, s.config(), 1, allWell)
		for i := range 200 {
			w.once(caller(fmt.Sprint("u", i)), time.Hour)
		}
		results, calls := w.end(time.Minute)
		last := calls[len(calls)-1].at
		if len(results) != 200 || last > 5*time.Second {
			t.Errorf("%d calls in %v", len(calls), last)
		}
		taken, reservations := s.counts()
		if taken > 205 {
			t.Errorf("%d turns taken for 200 calls", taken)
		}
		if reservations > 60 {
			t.Errorf("%d reservations", reservations)
		}
	})
}

func TestK2_StoreThatFails_LetsTheProcessKeepTheRateByItself(t *testing.T) {
	broken := errors.New("store is down")
	tests := []struct {
		name  string
		store *store
	}{
		{"an error", &store{fails: func() error { return broken }}},
		{"an absurd wait", &store{absurd: 10 * time.Minute}},
		{"an absurd wait of centuries", &store{absurd: 1<<62 - 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := tt.store
				s.rate, s.burst = 50, 10
				w := newWorld(t, s.config(), 1, allWell)
				for i := range 500 {
					w.once(caller(fmt.Sprint("u", i)), time.Hour)
				}
				sleep(5 * time.Second)
				if n := len(w.callsSoFar()); n < 255 || n > 262 {
					t.Errorf("%d calls in 5 s", n)
				}
				_, asked := s.counts()
				if asked > 4 {
					t.Errorf("the store was called %d times in 5 s", asked)
				}
				if w.l.Stats().Shared {
					t.Error("the rate counts as shared")
				}
				s.mu.Lock()
				s.fails, s.absurd = nil, 0
				s.mu.Unlock()
				sleep(4 * time.Second)
				if !w.l.Stats().Shared {
					t.Error("the store is not used again")
				}
				results, _ := w.end(time.Minute)
				if failed(results) > 0 || len(results) != 500 {
					t.Errorf("%d of %d failed", failed(results), len(results))
				}
			})
		})
	}
}

func TestK2_StoreThatHangsAfterAFailure_DelaysNobody(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{rate: 50, burst: 10, fails: func() error { return errors.New("down") }}
		l := New(s.config())
		must(t, l, caller("x")).Done(nil)
		s.mu.Lock()
		s.distance = time.Hour
		s.mu.Unlock()
		sleep(10 * time.Second)
		began := time.Now()
		for i := range 10 {
			must(t, l, caller(fmt.Sprint("u", i))).Done(nil)
		}
		if time.Since(began) > 0 {
			t.Errorf("10 calls of the burst took %v", time.Since(began))
		}
		synctest.Wait()
		checkIdle(t, l)
	})
}

func TestK2_LowRate_LongWaitOfOtherProcessesIsNotAbsurd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{rate: 0.01, burst: 1}
		l := New(s.config())
		for range 5 { // other processes
			_, _ = s.reserve(t.Context(), 1)
		}
		began := time.Now()
		must(t, l, caller("x")).Done(nil)
		if took := time.Since(began); took < 500*time.Second || !l.Stats().Shared {
			t.Errorf("served after %v, shared %v", took, l.Stats().Shared)
		}
	})
}

func TestL1_ReservationUnderWay_EndsWhenNobodyWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{distance: time.Hour, rate: 50, burst: 10}
		l := New(s.config())
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := l.Acquire(ctx, caller("x"))
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
			synctest.Wait()
			checkIdle(t, l)
			if !l.Stats().Shared {
				t.Error("ending a reservation counts as a failure of the store")
			}
		}
		s.mu.Lock()
		s.distance = 0
		s.mu.Unlock()
		must(t, l, caller("x")).Done(nil)
	})
}

func TestR14_SharedRateAndADeadServer_GetsFewCallsAndTakesFewTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{distance: 20 * time.Millisecond, rate: 50, burst: 10}
		w := newWorld(t, s.config(), 1, func(*world, string) (*outcome.Failure, time.Duration) { return unavailable(), fast })
		for i := range 500 {
			w.again(caller(fmt.Sprint("u", i)), time.Hour, time.Second)
		}
		results, calls := w.end(100 * time.Second)
		checkDead(t, results, calls, 0, time.Hour)
		taken, _ := s.counts()
		if taken > len(calls)+30 {
			t.Errorf("%d turns taken for %d calls", taken, len(calls))
		}
	})
}

func TestK2_CancelledPermit_GivesItsReservedTurnBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{rate: 0.1, burst: 1}
		l := New(s.config())
		must(t, l, caller("x")).Cancel()
		began := time.Now()
		must(t, l, caller("x")).Done(nil)
		taken, _ := s.counts()
		if time.Since(began) > 0 || taken != 1 {
			t.Errorf("the next call after %v, %d turns taken", time.Since(began), taken)
		}
		sleep(time.Hour)
		must(t, l, caller("x")).Cancel()
		sleep(time.Hour) // the turn is too old then
		must(t, l, caller("x")).Done(nil)
		taken, _ = s.counts()
		if taken != 3 {
			t.Errorf("%d turns taken", taken)
		}
	})
}

func TestR9_RateLimitedPrincipalsBesideAStore_SlowTheProcess(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{rate: 100, burst: 30}
		l := New(s.config())
		limit(t, l, 3)
		sleep(time.Second) // the store has saved up its whole burst
		must(t, l, caller("x"))
		began := time.Now()
		for i := range 10 {
			must(t, l, caller(fmt.Sprint("x", i)))
		}
		if took := time.Since(began); took < 199*time.Millisecond || !l.Stats().Shared {
			t.Errorf("10 calls in %v, want half of the rate without a burst; shared %v", took, l.Stats().Shared)
		}
	})
}

func TestK2_CancelledPermit_ServesTheCallerThatWaitsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{rate: 0.1, burst: 1}
		l := New(s.config())
		p := must(t, l, caller("x"))
		w := start(t.Context(), l, caller("waits")) // its turn is reserved, in 10 s
		sleep(time.Second)
		p.Cancel()
		<-w.done
		if w.err != nil || w.took != time.Second {
			t.Errorf("%v after %v, although a turn was given back", w.err, w.took)
		}
	})
}

func TestK2_DistantStoreWithoutABurst_KeepsMostOfTheRate(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := &store{distance: 200 * time.Millisecond, rate: 50, burst: 1}
		w := newWorld(t, s.config(), 1, allWell)
		for i := range 200 {
			w.once(caller(fmt.Sprint("u", i)), time.Hour)
		}
		_, calls := w.end(time.Minute)
		if last := calls[len(calls)-1].at; len(calls) != 200 || last > 5*time.Second {
			t.Errorf("%d calls in %v", len(calls), last)
		}
	})
}
