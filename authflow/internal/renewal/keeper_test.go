package renewal

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestR2_Get_OfALiveLease_DoesNotWait(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		began := time.Now()
		for _, c := range []struct {
			what       string
			at, waits  time.Duration
			n, flights int32
		}{
			{"none yet", 0, time.Second, 1, 1},
			{"fresh", 45*time.Second - 1, 0, 1, 1},
			{"due: it serves while its successor is on the way", 45 * time.Second, 0, 1, 2},
			{"the successor is still on the way", 46*time.Second - 1, 0, 1, 2},
			{"the successor is there", 46 * time.Second, 0, 2, 2},
			{"long due, without a caller", 105*time.Second - 1, 0, 2, 3},
			{"expired", 105 * time.Second, time.Second - 1, 3, 3},
		} {
			time.Sleep(c.at - time.Since(began)) // fake clock
			synctest.Wait()
			within(t, c.what, c.waits, func() { want(t, c.what, c.n, nil)(k.GetVerified(t.Context(), time.Now())) })
			if synctest.Wait(); s.flights.Load() != c.flights {
				t.Errorf("%s: %d flights, want %d", c.what, s.flights.Load(), c.flights)
			}
		}
	})
}

func TestR3_RenewalAheadOfTime_ThatFails_IsNotSeen(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		want(t, "the first", 1, nil)(k.GetVerified(t.Context(), time.Now()))
		s.down()
		for range 59 {
			want(t, "while it is alive", 1, nil)(k.GetVerified(t.Context(), time.Now()))
			time.Sleep(time.Second) // fake clock
		}
		// Due at 45 s: one failed at 46 s and the next, 10 s later, at 57 s.
		if got := s.flights.Load(); got != 3 {
			t.Errorf("%d flights, want 3", got)
		}
		want(t, "when it has expired", 0, errDown)(k.GetVerified(t.Context(), time.Now()))
	})
}

func TestR4_Callers_WithoutALease_ShareOneFlight(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { want(t, "one of many", 1, nil)(k.Get(t.Context(), time.Now())) })
			wg.Go(func() { want(t, "one of many", 1, nil)(k.Replace(t.Context(), nil)) })
		}
		within(t, "all", time.Second, wg.Wait)
		if got := s.flights.Load(); got != 1 {
			t.Errorf("%d flights", got)
		}
	})
}

func TestR4_Callers_OfOneFlight_WaitUnderTheirOwnContexts(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		first, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // the caller that began the flight
			within(t, "the first", 300*time.Millisecond, func() {
				want(t, "the first", 0, context.DeadlineExceeded)(k.GetVerified(first, time.Now()))
			})
		})
		synctest.Wait()
		wg.Go(func() {
			within(t, "the second", time.Second, func() { want(t, "the second", 1, nil)(k.GetVerified(t.Context(), time.Now())) })
		})
		wg.Wait()
		want(t, "one whose context has ended, with a lease", 1, nil)(k.GetVerified(first, time.Now()))
		want(t, "one whose context has ended, for another", 0, context.DeadlineExceeded)(k.Renew(first))
		want(t, "one whose context has ended, for an own one", 0, context.DeadlineExceeded)(k.Exclusive(first))
		if synctest.Wait(); s.flights.Load() != 1 {
			t.Errorf("%d flights, want none for a caller that has left", s.flights.Load()-1)
		}
	})
}

func TestR4_CallerThatGivesUp_IsToldTheCause(t *testing.T) {
	errBusy := errors.New("busy")
	in(t, func(t *testing.T, k *keeper, _ *numbers) {
		limited, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errBusy)
		defer cancel()
		left, leave := context.WithCancelCause(t.Context())
		leave(errBusy)
		plain, cancel2 := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel2()
		for _, c := range []struct {
			ctx  context.Context
			is   []error
			text string
		}{
			{limited, []error{context.DeadlineExceeded, errBusy}, "gave up waiting: context deadline exceeded: busy"},
			{left, []error{context.Canceled, errBusy}, "gave up waiting: context canceled: busy"},
			{plain, []error{context.DeadlineExceeded}, "gave up waiting: context deadline exceeded"},
		} {
			_, err := k.GetVerified(c.ctx, time.Now())
			for _, is := range c.is {
				want(t, c.text, 0, is)(nil, err)
			}
			if err.Error() != c.text {
				t.Errorf("%q, want %q", err, c.text)
			}
		}
	})
}

func TestR4_Flight_KeepsTheValuesOfAContextAndNotItsEnd(t *testing.T) {
	type trace struct{}
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		var values []any
		s.then = func(ctx context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			_, ends := ctx.Deadline()
			values = append(values, ctx.Value(trace{}), ends, ctx.Err())
			return leaseOf(n, time.Now(), time.Minute), nil
		}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), trace{}, "parent"), time.Millisecond)
		defer cancel()
		want(t, "the caller that began it", 0, context.DeadlineExceeded)(k.GetVerified(ctx, time.Now()))
		want(t, "the caller that waits for it", 1, nil)(k.GetVerified(t.Context(), time.Now()))
		if len(values) != 3 || values[0] != "parent" || values[1] != false || values[2] != nil {
			t.Errorf("value, deadline and end of the flight's context: %v", values)
		}
	})
}

func TestR3_Pause_AfterAFailure_IsBrokenByRenewOnly(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.down()
		for i := range 3 { // with each failure the pause is 10 s longer
			want(t, "the caller that finds out", 0, errDown)(k.GetVerified(t.Context(), time.Now()))
			pause := time.Duration(i+1) * 10 * time.Second
			for _, at := range []time.Duration{0, pause - 1} {
				time.Sleep(at) // fake clock
				within(t, "in the pause", 0, func() {
					want(t, "Get", 0, errDown)(k.Get(t.Context(), time.Now()))
					want(t, "Replace", 0, errDown)(k.Replace(t.Context(), nil))
					want(t, "Exclusive", 0, errDown)(k.Exclusive(t.Context()))
				})
			}
			var p *PauseError
			if _, err := k.GetVerified(t.Context(), time.Now()); !errors.As(err, &p) || time.Until(p.Until) != 1 || p.Error() != "down" {
				t.Errorf("%v does not say until when", err)
			}
			if synctest.Wait(); s.flights.Load() != int32(i+1) {
				t.Fatalf("%d flights, want %d", s.flights.Load(), i+1)
			}
			time.Sleep(time.Nanosecond) // fake clock
		}
		want(t, "the fourth", 0, errDown)(k.GetVerified(t.Context(), time.Now()))
		s.then = nil
		want(t, "with force", 5, nil)(k.Renew(t.Context()))
		s.down()
		l, _ := k.Peek()
		want(t, "the first failure after a success", 0, errDown)(k.Renew(t.Context()))
		time.Sleep(10 * time.Second) // fake clock
		s.then = nil
		want(t, "after a short pause", 7, nil)(k.Replace(t.Context(), l))
	})
}

func TestR7_CredentialThatHasExpiredOnArrival_IsAFailure(t *testing.T) {
	in(t, func(t *testing.T, k *keeper, s *numbers) {
		s.then = func(_ context.Context, n int32, _ *Flight[int32]) (*Lease[int32], error) {
			return leaseOf(n, time.Now().Add(-time.Second), time.Second), nil
		}
		for range 2 { // the second in the pause
			if l, err := k.GetVerified(t.Context(), time.Now()); l != nil || err == nil {
				t.Errorf("%v, %v", l, err)
			}
		}
		if got := s.flights.Load(); got != 1 {
			t.Errorf("%d flights, want 1 and a pause (R7)", got)
		}
	})
}
