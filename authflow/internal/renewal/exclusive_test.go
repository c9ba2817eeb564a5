package renewal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestT2_ExclusiveLease_IsGivenToOneCaller(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		want(t, "an exclusive one", 1, nil)(k.Exclusive(t.Context()))
		want(t, "the one for all", 2, nil)(k.GetVerified(t.Context(), time.Now()))
		var wg sync.WaitGroup
		var mu sync.Mutex
		given := map[int32]bool{}
		for range 100 {
			wg.Go(func() {
				l, err := k.Exclusive(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if err != nil || given[l.Value] {
					t.Errorf("%v, %v: given before", l, err)
					return
				}
				given[l.Value] = true
			})
			wg.Go(func() { want(t, "the one for all", 2, nil)(k.GetVerified(t.Context(), time.Now())) })
		}
		wg.Wait()
		want(t, "the one for all", 2, nil)(k.GetVerified(t.Context(), time.Now()))
		if len(given) != 100 || s.flights.Load() != 102 {
			t.Errorf("%d leases by %d flights", len(given), s.flights.Load())
		}
	})
}

func TestT2_ExclusiveFlight_IsJoinedByNoOtherCaller(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "the exclusive one", 1, nil)(k.Exclusive(t.Context())) })
		synctest.Wait()
		want(t, "the one for all", 2, nil)(k.GetVerified(t.Context(), time.Now()))
		wg.Wait()
	})
}

func TestR3_ExclusiveFlight_BeginsAndEndsAPause(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			if n < 3 {
				return nil, errDown
			}
			time.Sleep(time.Second) // fake clock
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		want(t, "one that fails", 0, errDown)(k.Exclusive(t.Context()))
		within(t, "in the pause", 0, func() { want(t, "another", 0, errDown)(k.GetVerified(t.Context(), time.Now())) })
		time.Sleep(10 * time.Second) // fake clock
		go func() { _, _ = k.GetVerified(t.Context(), time.Now()) }()
		synctest.Wait()
		// One that was under way when the pause began ends it by its success.
		want(t, "one that succeeds", 3, nil)(k.Exclusive(t.Context()))
		want(t, "the one for all", 4, nil)(k.GetVerified(t.Context(), time.Now()))
	})
}

func TestR4_ExclusiveFlight_EndsWhenItsCallerLeaves(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var ended time.Time
		s.then = func(ctx context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			if n == 1 {
				<-ctx.Done()
				ended = time.Now()
				return nil, ctx.Err()
			}
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		want(t, "the caller that leaves", 0, context.DeadlineExceeded)(k.Exclusive(ctx))
		if synctest.Wait(); !ended.Equal(time.Now()) {
			t.Error("the flight goes on without its caller")
		}
		want(t, "another, in no pause", 2, nil)(k.GetVerified(t.Context(), time.Now()))
	})
}
