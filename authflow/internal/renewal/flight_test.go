package renewal

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestR10_FunctionThatPanics_EndsItsFlightOnly(t *testing.T) {
	for text, then := range map[string]func(){
		"panic: of the user":        func() { panic("of the user") },
		"panic: " + errDown.Error(): func() { panic(errDown) },
		"panic called with nil":     func() { panic(nil) },
		"ended its goroutine":       runtime.Goexit,
	} {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
				if n != 3 {
					then()
				}
				return leaseOf(n, time.Now(), time.Minute), nil
			}
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if l, err := k.GetVerified(t.Context(), time.Now()); l != nil || err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("%v, %v, want %q", l, err, text)
					}
				})
			}
			wg.Wait()
			time.Sleep(10 * time.Second) // fake clock
			if _, err := k.Exclusive(t.Context()); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("Exclusive: %v, want %q", err, text)
			}
			time.Sleep(20 * time.Second) // fake clock
			want(t, "after the pause", 3, nil)(k.GetVerified(t.Context(), time.Now()))
		})
	}
}

// failing is a Source that panics wherever it can.
type failing struct{}

func (failing) Acquire(_ context.Context, fl *Flight[int32]) (*Lease[int32], error) {
	return nil, explode("a secret", fl)
}
func (failing) Completed(Completion[int32])      { panic("in Completed") }
func (failing) Backoff(error, int) time.Duration { panic("in Backoff") }

func explode(secret string, _ *Flight[int32]) error { panic("in Acquire: " + secret[:1]) }

// The stack says where, and not with what.
func TestR10_SourceThatPanicsEverywhere_HarmsItsCallersOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Keeper[int32, failing]{}
		_, err := k.Get(t.Context(), time.Now())
		var p *PanicError
		if !errors.As(err, &p) || p.Value != "in Completed" {
			t.Fatalf("%v", err)
		}
		_, err = k.Get(t.Context(), time.Now()) // in the pause after the first panic
		if !errors.As(err, &p) || p.Value != "in Acquire: a" {
			t.Fatalf("%v", err)
		}
		if len(p.Stack) < 2 || !strings.Contains(p.Stack[0], ".explode flight_test.go:") || !strings.Contains(p.Stack[1], ".Acquire flight_test.go:") {
			t.Errorf("stack %q", p.Stack)
		}
		if text := err.Error(); strings.ContainsAny(text, "\n") || strings.Contains(text, "0x") || strings.Contains(text, "guard") || !strings.Contains(text, "explode") {
			t.Errorf("%q", text)
		}
		time.Sleep(time.Second) // fake clock
		if _, err = k.Get(t.Context(), time.Now()); err == nil {
			t.Error("no error after the pause")
		}
	})
}

func TestR10_FunctionThatWaitsForItsOwnFlight_IsToldAtOnce(t *testing.T) {
	for name, use := range map[string]func(context.Context, *keeper) (*Lease[int32], error){
		"GetVerified": func(ctx context.Context, k *keeper) (*Lease[int32], error) {
			return k.GetVerified(ctx, time.Now())
		},
		"Get": func(ctx context.Context, k *keeper) (*Lease[int32], error) {
			return k.Get(ctx, time.Now())
		},
		"Replace": func(ctx context.Context, k *keeper) (*Lease[int32], error) {
			return k.Replace(ctx, nil)
		},
		"Renew": func(ctx context.Context, k *keeper) (*Lease[int32], error) {
			return k.Renew(ctx)
		},
		"Exclusive": func(ctx context.Context, k *keeper) (*Lease[int32], error) { return k.Exclusive(ctx) },
		"Get below another Keeper": func(ctx context.Context, k *keeper) (*Lease[int32], error) {
			between := &keeper{Source: &numbers{then: func(ctx context.Context, _ int32, _ *Flight[int32]) (*Lease[int32], error) {
				return k.GetVerified(ctx, time.Now())
			}}}
			return between.GetVerified(ctx, time.Now())
		},
	} {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			s.then = func(ctx context.Context, _ int32, _ *Flight[int32]) (*Lease[int32], error) {
				ctx, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				return use(ctx, k)
			}
			began := time.Now()
			want(t, name, 0, ErrOwnFlight)(k.GetVerified(t.Context(), time.Now()))
			if s.flights.Load() != 1 || time.Since(began) > 2*time.Second {
				t.Errorf("%s: %d flights in %v", name, s.flights.Load(), time.Since(began))
			}
			time.Sleep(10 * time.Second) // fake clock
			want(t, name+" in an exclusive flight", 0, ErrOwnFlight)(k.Exclusive(t.Context()))
		})
	}
}

func TestR10_Function_MayUseTheLiveLease(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		s.then = func(ctx context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			want(t, "the last one, in the function", 1, nil)(k.GetVerified(ctx, time.Now()))
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		want(t, "the next", 2, nil)(k.Replace(t.Context(), l))
	})
}

func TestS4_Close_EndsFlightsAndTellsWhy(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		kept, _ := k.GetVerified(t.Context(), time.Now())
		s.then = func(ctx context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			<-ctx.Done()
			if _, closed := k.Peek(); closed == nil {
				t.Error("a flight that Close has ended does not see that the Keeper is closed")
			}
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		k.Reject(kept)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "a waiter", 0, errEnd)(k.GetVerified(t.Context(), time.Now())) })
		wg.Go(func() { want(t, "a waiter for another", 0, errEnd)(k.Renew(t.Context())) })
		wg.Go(func() { want(t, "a waiter for an exclusive one", 0, errEnd)(k.Exclusive(t.Context())) })
		synctest.Wait()
		if l, first := k.Close(errEnd); l != kept || !first {
			t.Errorf("Close returned %v, %v", l, first)
		}
		if wg.Wait(); time.Since(began) != 0 {
			t.Errorf("they waited for %v more", time.Since(began))
		}
		if l, first := k.Close(errors.New("again")); l != nil || first {
			t.Errorf("the second Close returned %v, %v", l, first)
		}
		time.Sleep(time.Minute) // fake clock
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, ctx := range []context.Context{t.Context(), ended} {
			want(t, "GetVerified", 0, errEnd)(k.GetVerified(ctx, time.Now()))
			want(t, "Get", 0, errEnd)(k.Get(ctx, time.Now()))
			want(t, "Renew", 0, errEnd)(k.Renew(ctx))
			want(t, "Exclusive", 0, errEnd)(k.Exclusive(ctx))
		}
		if l, why := k.Peek(); l != nil || !errors.Is(why, errEnd) || k.Expire(kept) || s.flights.Load() != 3 {
			t.Errorf("after Close: %v, %v, %d flights", l, why, s.flights.Load())
		}
	})
}

// The test hangs if Get takes the lock.
func TestI1_Get_OfALiveLease_TakesNoLockAndAllocatesNothing(t *testing.T) {
	s := &numbers{}
	k := &keeper{Source: s}
	fresh, due := leaseOf(int32(1), time.Now(), time.Hour), leaseOf(int32(2), time.Now(), time.Hour)
	due.dueAt = 0
	pause := &PauseError{error: errDown, Until: time.Now().Add(time.Hour)}
	ctx := t.Context()
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, c := range map[string]struct {
		state state[int32]
		get   func(context.Context, time.Time) (*Lease[int32], error)
	}{
		"fresh":                          {state[int32]{lease: fresh}, k.GetVerified},
		"fresh, with a flight under way": {state[int32]{lease: fresh, flight: &Flight[int32]{}}, k.GetVerified},
		"due, with a flight under way":   {state[int32]{lease: due, flight: &Flight[int32]{}}, k.GetVerified},
		"due, in a pause":                {state[int32]{lease: due, pause: pause}, k.GetVerified},
		"rejected, in a pause":           {state[int32]{lease: fresh, rejected: true, pause: pause}, k.Get},
	} {
		k.state.Store(&c.state)
		if n := testing.AllocsPerRun(100, func() {
			if l, err := c.get(ctx, time.Now()); l != c.state.lease || err != nil {
				t.Fatalf("%s: %v, %v", name, l, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// instant returns a lease at once.
type instant struct{}

func (instant) Acquire(context.Context, *Flight[int32]) (*Lease[int32], error) {
	return leaseOf(int32(1), time.Now(), time.Hour), nil
}
func (instant) Completed(Completion[int32])      {}
func (instant) Backoff(error, int) time.Duration { return 0 }

// Not in a bubble: all goroutines of the process are looked at.
func TestL1_IdleKeeper_HasNoGoroutine(t *testing.T) {
	k := &Keeper[int32, instant]{}
	want(t, "a lease", 1, nil)(k.GetVerified(t.Context(), time.Now()))
	want(t, "an exclusive one", 1, nil)(k.Exclusive(t.Context()))
	goleak.VerifyNone(t)
	if fl := k.load().flights; fl != nil {
		t.Errorf("a flight is kept: %v", fl)
	}
}

func TestR9_Flight_KnowsWhetherACallerWaits(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var flights []*Flight[int32]
		s.then = func(_ context.Context, n int32, fl *Flight[int32]) (*Lease[int32], error) {
			select {
			case <-fl.Awaited():
				fl = nil
			default:
			}
			flights = append(flights, fl)
			time.Sleep(time.Minute) // fake clock
			return leaseOf(n, time.Now(), time.Hour), nil
		}
		first, err := k.Get(t.Context(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Exclusive(t.Context())
		if err == nil {
			_, err = k.Renew(t.Context())
		}
		if err == nil {
			_, err = k.Replace(t.Context(), first)
		}
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Minute)             // fake clock
		l, err := k.Get(t.Context(), time.Now()) // begins a renewal ahead of time
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second) // fake clock
		synctest.Wait()
		last := flights[len(flights)-1]
		for _, fl := range flights[:len(flights)-1] {
			if fl != nil {
				t.Error("a flight does not know that its caller waits")
			}
		}
		if last == nil {
			t.Fatal("a caller waits for the renewal ahead of time")
		}
		_, err = k.Replace(t.Context(), l)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-last.Awaited():
		default:
			t.Error("the flight does not know of the caller that joined")
		}
	})
}
