package renewal

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestR3ARefusedLeaseServesWhereNoOtherCanBeHad(t *testing.T) {
	for _, c := range []struct {
		what         string
		sure, down   bool
		pause        bool // after an Extra that failed
		forget       bool
		n            int32
		err          error
		waits, after time.Duration // after: how long before it is refused
	}{
		{what: "unsure", n: 1},
		{what: "unsure, in a pause", pause: true, n: 1},
		{what: "unsure, forgotten", forget: true, n: 2, waits: time.Second},
		{what: "unsure, dead meanwhile", after: time.Minute, n: 2, waits: time.Second},
		{what: "sure", sure: true, n: 2, waits: time.Second},
		{what: "sure, none can be had", sure: true, down: true, n: 1, waits: time.Second},
		{what: "sure, in a pause", sure: true, down: true, pause: true, n: 1},
		{what: "sure, none can be had, dead meanwhile", sure: true, down: true, after: 59 * time.Second, err: errDown, waits: time.Second},
		{what: "sure, none can be had, forgotten", sure: true, down: true, forget: true, err: errDown, waits: time.Second},
		{what: "sure, in a pause, forgotten", sure: true, down: true, pause: true, forget: true, err: errDown},
	} {
		in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
			l, _ := k.Get(t.Context(), true)
			if c.down || c.pause {
				s.down()
			}
			if c.pause {
				want(t, "who makes the pause", 0, errDown)(k.Extra(t.Context()))
				s.fetches.Add(-1)
			}
			time.Sleep(c.after - l.Age(time.Now())) // fake clock
			if !k.Refuse(l, c.forget) {
				t.Errorf("%s: not in use", c.what)
			}
			within(t, c.what, c.waits, func() { want(t, c.what, c.n, c.err)(k.Get(t.Context(), c.sure)) })
			if synctest.Wait(); (s.fetches.Load() == 1) != c.pause {
				t.Errorf("%s: %d fetches", c.what, s.fetches.Load())
			}
			time.Sleep(time.Second) // fake clock
			synctest.Wait()
			if !c.down && !c.pause {
				want(t, c.what+", at last", 2, nil)(k.Get(t.Context(), false))
			}
		})
	}
}

func TestR3WhoLeavesIsNotGivenARefusedLease(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], _ *source) {
		l, _ := k.Get(t.Context(), true)
		k.Refuse(l, false)
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		for range 2 { // the second when ctx has ended
			want(t, "sure", 0, context.DeadlineExceeded)(k.Get(ctx, true))
		}
		want(t, "unsure", 1, nil)(k.Get(ctx, false))
	})
}

func TestR3ARefusedLeaseIsNotUsedIfItIsForgottenMeanwhile(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		l, _ := k.Get(t.Context(), true)
		s.down()
		k.Refuse(l, false)
		go func() { k.Refuse(l, true) }()
		want(t, "who waits for its successor", 0, errDown)(k.Get(t.Context(), true))
	})
}

func TestP1OnlyTheLeaseInUseIsRefused(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], _ *source) {
		first, _ := k.Get(t.Context(), true)
		if !k.Refuse(first, false) || k.Refuse(first, false) {
			t.Error("the first to say so is told, and nobody else")
		}
		want(t, "its successor", 2, nil)(k.Get(t.Context(), true))
		if k.Refuse(first, false) || k.Refuse(first, true) || k.Refuse(nil, true) {
			t.Error("refused a lease that is not in use")
		}
		within(t, "a call", 0, func() { want(t, "a call", 2, nil)(k.Get(t.Context(), true)) })
	})
}

func TestP4ManyRefusalsCostOneRenewal(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		l, _ := k.Get(t.Context(), true)
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 2 * time.Millisecond) // fake clock
				k.Refuse(l, false)
				want(t, "another", 2, nil)(k.Next(t.Context(), l, false))
			})
		}
		if wg.Wait(); s.fetches.Load() != 2 {
			t.Errorf("%d fetches, want 2", s.fetches.Load())
		}
	})
}
