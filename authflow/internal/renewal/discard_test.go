package renewal

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A caller that puts a credential out of use, or renews it, knows something that
// a credential requested before may not reflect, such as a change of rights.
func TestP1_CredentialRequestedBeforeIt_IsDiscarded(t *testing.T) {
	for what, c := range map[string]struct {
		use   func(context.Context, *keeper, *Lease[int32]) // half a second after flight 2 began
		which int32                                         // lease the waiters get
	}{
		"Invalidate": {func(_ context.Context, k *keeper, l *Lease[int32]) { k.Invalidate(l) }, 3},
		"Expire":     {func(_ context.Context, k *keeper, l *Lease[int32]) { k.Expire(l) }, 3},
		"Renew": {func(ctx context.Context, k *keeper, _ *Lease[int32]) {
			go func() { _, _ = k.Renew(ctx) }()
		}, 3},
		"Reject, which says nothing of others": {func(_ context.Context, k *keeper, l *Lease[int32]) { k.Reject(l) }, 2},
		"Renew that gives up": {func(ctx context.Context, k *keeper, _ *Lease[int32]) {
			ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
			go func() {
				defer cancel()
				_, _ = k.Renew(ctx)
			}()
		}, 3},
	} {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			l, _ := k.GetVerified(t.Context(), time.Now())
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() { want(t, what+": a waiter", c.which, nil)(k.Replace(t.Context(), l)) })
			}
			time.Sleep(500 * time.Millisecond) // fake clock
			c.use(t.Context(), k, l)
			wg.Wait()
			synctest.Wait()
			want(t, what+": afterwards", c.which, nil)(k.GetVerified(t.Context(), time.Now()))
			if s.flights.Load() != c.which || c.which == 3 && !slices.Equal(s.late, []int32{2}) {
				t.Errorf("%s: %d flights, late %v", what, s.flights.Load(), s.late)
			}
			if !k.Issued(1) || !k.Issued(2) || k.Issued(9) {
				t.Errorf("%s: a credential is not recognized", what)
			}
		})
	}
}

// It does not matter which of the callers begins the next flight.
func TestP1_FlightThatFollowsARenew_IsForced(t *testing.T) {
	for range 50 {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			var forced []bool
			s.then = func(_ context.Context, n int32, fl *Flight[int32]) (*Lease[int32], error) {
				forced = append(forced, fl.Force)
				return leaseOf(n, fl.Began, time.Minute), nil
			}
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { want(t, "a waiter", 2, nil)(k.GetVerified(t.Context(), time.Now())) })
			}
			time.Sleep(500 * time.Millisecond) // fake clock
			wg.Go(func() { want(t, "Renew", 2, nil)(k.Renew(t.Context())) })
			wg.Wait()
			l, _ := k.Peek()
			want(t, "a later one", 3, nil)(k.Replace(t.Context(), l))
			if !slices.Equal(forced, []bool{false, true, false}) {
				t.Errorf("forced: %v", forced)
			}
		})
	}
}

// A flight that waits in a queue for longer than that gets a credential that is new enough.
func TestP1_CredentialRequestedAfterARenewOfAnEarlierFlight_IsUsed(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			asked := time.Now()
			time.Sleep(time.Second) // fake clock
			return leaseOf(n, asked, time.Minute), nil
		}
		go func() { _, _ = k.GetVerified(t.Context(), time.Now()) }()
		time.Sleep(500 * time.Millisecond) // fake clock
		within(t, "Renew", 1500*time.Millisecond, func() { want(t, "Renew", 1, nil)(k.Renew(t.Context())) })
		if s.flights.Load() != 1 {
			t.Errorf("%d flights", s.flights.Load())
		}
	})
}

// Callers that renew one after the other, faster than a flight takes, are all
// served, and so are the others.
func TestR4_Renew_InAStream_StarvesNobody(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 300 * time.Millisecond) // fake clock
				called := time.Now()
				l, err := k.Renew(t.Context())
				took := time.Since(called)
				if err != nil || l.RequestedAt.Before(called) || took > 4*time.Second {
					t.Errorf("Renew: %v after %v", err, took)
				}
			})
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 301 * time.Millisecond) // fake clock
				called := time.Now()
				_, err := k.GetVerified(t.Context(), time.Now())
				took := time.Since(called)
				if err != nil || took > 3*time.Second {
					t.Errorf("GetVerified: %v after %v", err, took)
				}
			})
		}
		wg.Wait()
		if s.flights.Load() > 35 {
			t.Errorf("%d flights in 30 s, of a second each", s.flights.Load())
		}
	})
}

// The exclusive lease of a caller does not come from before either.
func TestP1_ExclusiveLeaseRequestedBeforeInvalidate_IsDiscarded(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "the caller", 3, nil)(k.Exclusive(t.Context())) })
		time.Sleep(500 * time.Millisecond) // fake clock
		k.Invalidate(l)
		wg.Wait()
		if !slices.Equal(s.late, []int32{2}) {
			t.Errorf("late: %v", s.late)
		}
	})
}

// Otherwise a caller would throw away, at the end of its time, what is there.
func TestR4_FlightThatLands_WinsOverAContextThatEnds(t *testing.T) {
	for what, call := range map[string]func(*keeper, context.Context) (*Lease[int32], error){
		"for all":   func(k *keeper, ctx context.Context) (*Lease[int32], error) { return k.GetVerified(ctx, time.Now()) },
		"exclusive": (*keeper).Exclusive, "forced": (*keeper).Renew,
	} {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			for _, down := range []bool{false, true} {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.completed = func(Completion[int32]) {
					cancel()
					synctest.Wait() // the waiter sees that
				}
				if !down {
					want(t, what, 1, nil)(call(k, ctx))
					continue
				}
				k.Expire(k.load().lease)
				s.down()
				want(t, what+", which fails", 0, errDown)(call(k, ctx))
			}
		})
	}
}
