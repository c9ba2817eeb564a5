package renewal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestR3_RejectedLease_ServesIfNoOtherIsAvailable(t *testing.T) {
	for _, c := range []struct {
		what           string
		verified, down bool
		pause          bool // after an Exclusive that failed
		expire         bool
		n              int32
		err            error
		waits, after   time.Duration // after: how long before it is rejected
	}{
		{what: "any", n: 1},
		{what: "any, in a pause", pause: true, n: 1},
		{what: "any, out of use", expire: true, n: 2, waits: time.Second},
		{what: "any, expired in the meantime", after: time.Minute, n: 2, waits: time.Second},
		{what: "verified", verified: true, n: 2, waits: time.Second},
		{what: "verified, none is available", verified: true, down: true, n: 1, waits: time.Second},
		{what: "verified, in a pause", verified: true, down: true, pause: true, n: 1},
		{what: "verified, none is available, expired in the meantime", verified: true, down: true, after: 59 * time.Second, err: errDown, waits: time.Second},
		{what: "verified, none is available, out of use", verified: true, down: true, expire: true, err: errDown, waits: time.Second},
		{what: "verified, in a pause, out of use", verified: true, down: true, pause: true, expire: true, err: errDown},
	} {
		in(t, func(t *testing.T, k *keeper, s *numbers) {
			l, _ := k.GetVerified(t.Context(), time.Now())
			if c.down || c.pause {
				s.down()
			}
			if c.pause {
				want(t, "the caller that begins the pause", 0, errDown)(k.Exclusive(t.Context()))
				s.flights.Add(-1)
			}
			time.Sleep(c.after - l.Age(time.Now())) // fake clock
			if c.expire {
				k.Expire(l)
			} else if k.Reject(l) != NewlyRejected {
				t.Errorf("%s: not in use", c.what)
			}
			get := k.Get
			if c.verified {
				get = k.GetVerified
			}
			within(t, c.what, c.waits, func() { want(t, c.what, c.n, c.err)(get(t.Context(), time.Now())) })
			if synctest.Wait(); (s.flights.Load() == 1) != c.pause {
				t.Errorf("%s: %d flights", c.what, s.flights.Load())
			}
			time.Sleep(time.Second) // fake clock
			synctest.Wait()
			if !c.down && !c.pause {
				want(t, c.what+", at last", 2, nil)(k.Get(t.Context(), time.Now()))
			}
		})
	}
}

func TestR3_CallerThatLeaves_GetsNoRejectedLease(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		k.Reject(l)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for range 2 { // the second when ctx has ended
			want(t, "verified", 0, context.DeadlineExceeded)(k.GetVerified(ctx, time.Now()))
		}
		want(t, "any", 1, nil)(k.Get(ctx, time.Now()))
	})
}

func TestR3_RejectedLease_ThatIsPutOutOfUse_ServesNobody(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		s.down()
		k.Reject(l)
		go func() { k.Expire(l) }()
		want(t, "the waiter for its successor", 0, errDown)(k.GetVerified(t.Context(), time.Now()))
	})
}

func TestP1_Reject_ConcernsTheLeaseInUseOnly(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		first, _ := k.GetVerified(t.Context(), time.Now())
		if k.Reject(first) != NewlyRejected || k.Reject(first) != Replaceable {
			t.Error("only the first rejection is new")
		}
		want(t, "its successor", 2, nil)(k.GetVerified(t.Context(), time.Now()))
		if k.Reject(first) != Replaceable || k.Expire(first) || k.Expire(nil) || k.Invalidate(first) || k.Invalidate(nil) {
			t.Error("a lease that is not in use was put out of use")
		}
		within(t, "a call", 0, func() { want(t, "a call", 2, nil)(k.GetVerified(t.Context(), time.Now())) })
	})
}

func TestP4_ManyRejections_CostOneRenewal(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		l, _ := k.GetVerified(t.Context(), time.Now())
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 2 * time.Millisecond) // fake clock
				k.Reject(l)
				want(t, "another", 2, nil)(k.Replace(t.Context(), l))
			})
		}
		if wg.Wait(); s.flights.Load() != 2 {
			t.Errorf("%d flights, want 2", s.flights.Load())
		}
	})
}

func TestR3_LeaseBeyondAGuessedEnd_ServesIfNoOtherIsAvailable(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			if n > 1 {
				return nil, errDown
			}
			return NewLease(n, time.Now(), Schedule{Lifetime: 10 * time.Second, RenewAt: 1, Limit: time.Minute}), nil
		}
		want(t, "the first", 1, nil)(k.GetVerified(t.Context(), time.Now()))
		time.Sleep(30 * time.Second) // fake clock
		within(t, "a flight that fails", time.Second, func() { want(t, "waits for a better one", 1, nil)(k.Get(t.Context(), time.Now())) })
		within(t, "a pause", 0, func() { want(t, "in the pause", 1, nil)(k.GetVerified(t.Context(), time.Now())) })
		l, _ := k.Peek()
		within(t, "a pause", 0, func() { want(t, "another one", 0, errDown)(k.Replace(t.Context(), l)) })
		time.Sleep(30 * time.Second) // fake clock
		want(t, "beyond its real end", 0, errDown)(k.Get(t.Context(), time.Now()))
	})
}
