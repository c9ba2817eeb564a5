package renewal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestT2AnExtraLeaseIsGivenToNobodyElse(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		want(t, "an extra one", 1, nil)(k.Extra(t.Context()))
		want(t, "the one for all", 2, nil)(k.Get(t.Context(), true))
		var wg sync.WaitGroup
		var mu sync.Mutex
		given := map[int32]bool{}
		for range 100 {
			wg.Go(func() {
				l, err := k.Extra(t.Context())
				mu.Lock()
				defer mu.Unlock()
				if err != nil || given[l.Value] {
					t.Errorf("%v, %v: given before", l, err)
					return
				}
				given[l.Value] = true
			})
			wg.Go(func() { want(t, "the one for all", 2, nil)(k.Get(t.Context(), true)) })
		}
		wg.Wait()
		want(t, "the one for all", 2, nil)(k.Get(t.Context(), true))
		if len(given) != 100 || s.fetches.Load() != 102 {
			t.Errorf("%d leases by %d fetches", len(given), s.fetches.Load())
		}
	})
}

func TestAnExtraFlightIsJoinedByNobody(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], _ *source) {
		var wg sync.WaitGroup
		wg.Go(func() { want(t, "the extra one", 1, nil)(k.Extra(t.Context())) })
		synctest.Wait()
		want(t, "the one for all", 2, nil)(k.Get(t.Context(), true))
		wg.Wait()
	})
}

func TestAnExtraFlightTellsOfTheSource(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.then = func(_ context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			if n < 3 {
				return nil, errDown
			}
			time.Sleep(time.Second) // fake clock
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		want(t, "one that fails", 0, errDown)(k.Extra(t.Context()))
		within(t, "in the pause", 0, func() { want(t, "another", 0, errDown)(k.Get(t.Context(), true)) })
		time.Sleep(10 * time.Second) // fake clock
		go func() { _, _ = k.Get(t.Context(), true) }()
		synctest.Wait()
		// One that was under way when the pause began ends it by its success.
		want(t, "one that brings something", 3, nil)(k.Extra(t.Context()))
		want(t, "the one for all", 4, nil)(k.Get(t.Context(), true))
	})
}

func TestAnExtraFlightEndsWhenItsCallerLeavesAndHarmsNobody(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		var ended time.Time
		s.then = func(ctx context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			if n == 1 {
				<-ctx.Done()
				ended = time.Now()
				return nil, ctx.Err()
			}
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		want(t, "who leaves", 0, context.DeadlineExceeded)(k.Extra(ctx))
		if synctest.Wait(); !ended.Equal(time.Now()) {
			t.Error("the flight goes on without its caller")
		}
		want(t, "another, in no pause", 2, nil)(k.Get(t.Context(), true))
	})
}
