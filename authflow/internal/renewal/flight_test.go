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

func TestR10WhatEndsAFunctionEndsItsFlightAlone(t *testing.T) {
	for text, then := range map[string]func(){
		"panic: of the user's":      func() { panic("of the user's") },
		"panic: " + errDown.Error(): func() { panic(errDown) },
		"panic called with nil":     func() { panic(nil) },
		"ended its goroutine":       runtime.Goexit,
	} {
		in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
			s.then = func(_ context.Context, n int32, _ func(error)) (*Lease[int32], error) {
				if n != 3 {
					then()
				}
				return NewLease(n, time.Now(), time.Minute, 0, .75), nil
			}
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if l, err := k.Get(t.Context(), true); l != nil || err == nil || !strings.Contains(err.Error(), text) {
						t.Errorf("%v, %v, want %q", l, err, text)
					}
				})
			}
			wg.Wait()
			time.Sleep(10 * time.Second) // fake clock
			if _, err := k.Extra(t.Context()); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("Extra: %v, want %q", err, text)
			}
			time.Sleep(20 * time.Second) // fake clock
			want(t, "after the pause", 3, nil)(k.Get(t.Context(), true))
		})
	}
}

func TestAFlightLandsOnce(t *testing.T) {
	late := func(n int32) *Lease[int32] { return NewLease(100+n, time.Now(), time.Hour, 0, .75) }
	for name, then := range map[string]func(ctx context.Context, n int32, abandon func(error)) (*Lease[int32], error){
		"abandoned, and brings something later": func(ctx context.Context, n int32, abandon func(error)) (*Lease[int32], error) {
			abandon(errDown)
			if ctx.Err() == nil {
				t.Error("the context of an abandoned flight has not ended")
			}
			time.Sleep(time.Minute) // fake clock
			return late(n), nil
		},
		"abandoned, and fails later": func(_ context.Context, _ int32, abandon func(error)) (*Lease[int32], error) {
			abandon(errDown)
			time.Sleep(time.Minute) // fake clock
			return nil, errors.New("late")
		},
		"abandoned, and panics later": func(_ context.Context, _ int32, abandon func(error)) (*Lease[int32], error) {
			abandon(errDown)
			time.Sleep(time.Minute) // fake clock
			panic("late")
		},
		"abandoned twice": func(_ context.Context, n int32, abandon func(error)) (*Lease[int32], error) {
			abandon(errDown)
			abandon(errors.New("late"))
			return late(n), nil
		},
		"abandoned when it has returned": func(_ context.Context, _ int32, abandon func(error)) (*Lease[int32], error) {
			time.AfterFunc(time.Second, func() { abandon(errors.New("late")) })
			return nil, errDown
		},
	} {
		in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
			s.then = func(ctx context.Context, n int32, abandon func(error)) (*Lease[int32], error) {
				if n == 1 {
					return then(ctx, n, abandon)
				}
				return NewLease(n, time.Now(), time.Hour, 0, .75), nil
			}
			within(t, name, time.Second, func() { want(t, name, 0, errDown)(k.Get(t.Context(), true)) })
			time.Sleep(10*time.Second - 1) // fake clock
			want(t, name+": in the pause", 0, errDown)(k.Get(t.Context(), true))
			time.Sleep(time.Nanosecond) // fake clock
			want(t, name+": the next", 2, nil)(k.Get(t.Context(), true))
			time.Sleep(2 * time.Minute) // fake clock
			want(t, name+": after all", 2, nil)(k.Get(t.Context(), true))
		})
	}
}

func TestAFlightThatHangsDoesNotStopTheNext(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.then = func(_ context.Context, n int32, abandon func(error)) (*Lease[int32], error) {
			if n < 3 {
				abandon(errDown)
				time.Sleep(time.Hour) // fake clock
			}
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		want(t, "the first", 0, errDown)(k.Get(t.Context(), true))
		want(t, "the second", 0, errDown)(k.Next(t.Context(), nil, true))
		want(t, "the third", 3, nil)(k.Next(t.Context(), nil, true))
	})
}

func TestR10AFunctionThatWaitsForItsOwnFlightIsToldAtOnce(t *testing.T) {
	for name, use := range map[string]func(context.Context, *Keeper[int32, Source[int32]]) (*Lease[int32], error){
		"Get": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) {
			return k.Get(ctx, true)
		},
		"Get unsure": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) {
			return k.Get(ctx, false)
		},
		"Next": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) {
			return k.Next(ctx, nil, false)
		},
		"Next force": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) {
			return k.Next(ctx, nil, true)
		},
		"Extra": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) { return k.Extra(ctx) },
		"Get below another Keeper": func(ctx context.Context, k *Keeper[int32, Source[int32]]) (*Lease[int32], error) {
			between := &Keeper[int32, Source[int32]]{Source: &source{then: func(ctx context.Context, _ int32, _ func(error)) (*Lease[int32], error) {
				return k.Get(ctx, true)
			}}}
			return between.Get(ctx, true)
		},
	} {
		in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
			s.then = func(ctx context.Context, _ int32, _ func(error)) (*Lease[int32], error) {
				ctx, cancel := context.WithTimeout(ctx, time.Hour)
				defer cancel()
				return use(ctx, k)
			}
			began := time.Now()
			want(t, name, 0, ErrOwnFlight)(k.Get(t.Context(), true))
			if s.fetches.Load() != 1 || time.Since(began) > 2*time.Second {
				t.Errorf("%s: %d fetches in %v", name, s.fetches.Load(), time.Since(began))
			}
			time.Sleep(10 * time.Second) // fake clock
			want(t, name+" in an extra flight", 0, ErrOwnFlight)(k.Extra(t.Context()))
		})
	}
}

func TestR10AFunctionMayUseWhatIsAlive(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		l, _ := k.Get(t.Context(), true)
		s.then = func(ctx context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			want(t, "the last one, in the function", 1, nil)(k.Get(ctx, true))
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		want(t, "the next", 2, nil)(k.Next(t.Context(), l, false))
	})
}

func TestCloseEndsFlightsAndTellsWhy(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		kept, _ := k.Get(t.Context(), true)
		s.then = func(ctx context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			<-ctx.Done()
			if _, closed := k.Peek(); closed == nil {
				t.Error("a flight that Close has ended does not see that the Keeper is closed")
			}
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		k.Refuse(kept, false)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "who waits, sure", 0, errEnd)(k.Get(t.Context(), true)) })
		wg.Go(func() { want(t, "who waits for another", 0, errEnd)(k.Next(t.Context(), kept, true)) })
		wg.Go(func() { want(t, "who waits for an extra one", 0, errEnd)(k.Extra(t.Context())) })
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
			want(t, "Get", 0, errEnd)(k.Get(ctx, true))
			want(t, "Get unsure", 0, errEnd)(k.Get(ctx, false))
			want(t, "Next", 0, errEnd)(k.Next(ctx, kept, true))
			want(t, "Extra", 0, errEnd)(k.Extra(ctx))
		}
		if l, why := k.Peek(); l != nil || !errors.Is(why, errEnd) || k.Refuse(kept, true) || s.fetches.Load() != 3 {
			t.Errorf("after Close: %v, %v, %d fetches", l, why, s.fetches.Load())
		}
	})
}

// It would not return if it took the lock.
func TestI1ALiveLeaseCostsNoLockAndNoAllocation(t *testing.T) {
	s := &source{}
	k := &Keeper[int32, Source[int32]]{Source: s}
	fresh, due := NewLease(int32(1), time.Now(), time.Hour, 0, .75), NewLease(int32(2), time.Now(), time.Hour, 0, .75)
	due.due = 0
	pause := &PauseError{errDown, time.Now().Add(time.Hour)}
	ctx := t.Context()
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, c := range map[string]struct {
		state state[int32]
		sure  bool
	}{
		"fresh":                          {state[int32]{lease: fresh}, true},
		"fresh, with a flight under way": {state[int32]{lease: fresh, flight: &flight[int32]{}}, true},
		"due, with a flight under way":   {state[int32]{lease: due, flight: &flight[int32]{}}, true},
		"due, in a pause":                {state[int32]{lease: due, pause: pause}, true},
		"refused, unsure, in a pause":    {state[int32]{lease: fresh, doubted: true, pause: pause}, false},
	} {
		k.state.Store(&c.state)
		if n := testing.AllocsPerRun(100, func() {
			if l, err := k.Get(ctx, c.sure); l != c.state.lease || err != nil {
				t.Fatalf("%s: %v, %v", name, l, err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// instant brings a lease at once.
type instant struct{}

func (instant) Fetch(context.Context, func(error), func() bool) (*Lease[int32], error) {
	return NewLease(int32(1), time.Now(), time.Hour, 0, .75), nil
}
func (instant) Pause(error, int) time.Duration { return 0 }

// Not in a bubble: all goroutines of the process are looked at.
func TestL1NothingLivesWhileAKeeperIsIdle(t *testing.T) {
	k := &Keeper[int32, Source[int32]]{Source: instant{}}
	want(t, "a lease", 1, nil)(k.Get(t.Context(), true))
	want(t, "an extra one", 1, nil)(k.Extra(t.Context()))
	goleak.VerifyNone(t)
	if len(k.flights) != 0 {
		t.Errorf("%d flights are kept", len(k.flights))
	}
}

func (instant) Landed(context.Context, *Lease[int32], *Lease[int32], error) {}
