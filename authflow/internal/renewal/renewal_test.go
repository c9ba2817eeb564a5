package renewal

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// L1: nothing that a Keeper does leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDown, errEnd = errors.New("down"), errors.New("closed")

// source brings the numbers 1, 2, 3 as leases of a minute, each after a second;
// what differs is in then.
type source struct {
	then    func(ctx context.Context, n int32, abandon func(error)) (*Lease[int32], error)
	landed  func(ctx context.Context, old, new *Lease[int32], err error) // or nil
	fetches atomic.Int32
}

func (s *source) Fetch(ctx context.Context, abandon func(error), _ func() bool) (*Lease[int32], error) {
	n, asked := s.fetches.Add(1), time.Now()
	time.Sleep(time.Second) // fake clock
	if s.then != nil {
		return s.then(ctx, n, abandon)
	}
	return NewLease(n, asked, time.Minute, 0, .75), nil
}

// Pause lets each failure in a row last ten seconds longer than the one before.
func (s *source) Pause(_ error, failures int) time.Duration {
	return time.Duration(failures) * 10 * time.Second
}

func (s *source) Landed(ctx context.Context, old, new *Lease[int32], err error) {
	if ctx.Err() != nil { // it came too late
		return
	}
	if s.landed != nil {
		s.landed(ctx, old, new, err)
	}
}

// in runs a test in a bubble of its own, which panics if anything that the test
// has begun never ends (L1).
func in(t *testing.T, test func(t *testing.T, k *Keeper[int32, Source[int32]], s *source)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &source{}
		test(t, &Keeper[int32, Source[int32]]{Source: s}, s)
		time.Sleep(2 * time.Hour) // fake clock
	})
}

// down makes every fetch fail.
func (s *source) down() {
	s.then = func(context.Context, int32, func(error)) (*Lease[int32], error) { return nil, errDown }
}

// want checks what a call has brought: lease n, or err if n is 0.
func want(t *testing.T, what string, n int32, is error) func(*Lease[int32], error) {
	return func(l *Lease[int32], err error) {
		t.Helper()
		switch {
		case n == 0 && (l != nil || err == nil || !errors.Is(err, is)):
			t.Errorf("%s: %v, %v, want the error %q", what, l, err, is)
		case n > 0 && (l == nil || err != nil || l.Value != n):
			t.Errorf("%s: %v, %v, want lease %d", what, l, err, n)
		}
	}
}

// within checks how long f takes.
func within(t *testing.T, what string, d time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	if f(); time.Since(began) != d {
		t.Errorf("%s took %v, want %v", what, time.Since(began), d)
	}
}

func TestR2NobodyWaitsWhileTheLeaseIsAlive(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		began := time.Now()
		for _, c := range []struct {
			what       string
			at, waits  time.Duration
			n, fetches int32
		}{
			{"none yet", 0, time.Second, 1, 1},
			{"fresh", 45*time.Second - 1, 0, 1, 1},
			{"due: it serves while its successor is on the way", 45 * time.Second, 0, 1, 2},
			{"the successor is still on the way", 46*time.Second - 1, 0, 1, 2},
			{"the successor is there", 46 * time.Second, 0, 2, 2},
			{"due for long, and nobody has asked", 105*time.Second - 1, 0, 2, 3},
			{"dead", 105 * time.Second, time.Second - 1, 3, 3},
		} {
			time.Sleep(c.at - time.Since(began)) // fake clock
			synctest.Wait()
			within(t, c.what, c.waits, func() { want(t, c.what, c.n, nil)(k.Get(t.Context(), true)) })
			if synctest.Wait(); s.fetches.Load() != c.fetches {
				t.Errorf("%s: %d fetches, want %d", c.what, s.fetches.Load(), c.fetches)
			}
		}
	})
}

func TestR3ABackgroundRenewalThatFailsIsNotSeen(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		want(t, "the first", 1, nil)(k.Get(t.Context(), true))
		s.down()
		for range 59 {
			want(t, "while it is alive", 1, nil)(k.Get(t.Context(), true))
			time.Sleep(time.Second) // fake clock
		}
		// Due at 45 s: one failed at 46 s and the next, 10 s later, at 57 s.
		if got := s.fetches.Load(); got != 3 {
			t.Errorf("%d fetches, want 3", got)
		}
		want(t, "when it is dead", 0, errDown)(k.Get(t.Context(), true))
	})
}

func TestR4CallersWithoutALeaseShareOneFlight(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() { want(t, "one of many", 1, nil)(k.Get(t.Context(), i%2 == 0)) })
			wg.Go(func() { want(t, "one of many", 1, nil)(k.Next(t.Context(), nil, i%2 == 0)) })
		}
		within(t, "all", time.Second, wg.Wait)
		if got := s.fetches.Load(); got != 1 {
			t.Errorf("%d fetches", got)
		}
	})
}

func TestR4EachWaitsUnderItsOwnContext(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		first, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { // who began the flight
			within(t, "the first", 300*time.Millisecond, func() {
				want(t, "the first", 0, context.DeadlineExceeded)(k.Get(first, true))
			})
		})
		synctest.Wait()
		wg.Go(func() {
			within(t, "the second", time.Second, func() { want(t, "the second", 1, nil)(k.Get(t.Context(), true)) })
		})
		wg.Wait()
		want(t, "one whose context has ended, with a lease", 1, nil)(k.Get(first, true))
		l, _ := k.Peek()
		want(t, "one whose context has ended, for another", 0, context.DeadlineExceeded)(k.Next(first, l, true))
		want(t, "one whose context has ended, for an own one", 0, context.DeadlineExceeded)(k.Extra(first))
		if synctest.Wait(); s.fetches.Load() != 1 {
			t.Errorf("%d fetches, want none for one who has left", s.fetches.Load()-1)
		}
	})
}

func TestR4WhoGivesUpIsToldWhy(t *testing.T) {
	errBusy := errors.New("busy")
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], _ *source) {
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
			_, err := k.Get(c.ctx, true)
			for _, is := range c.is {
				want(t, c.text, 0, is)(nil, err)
			}
			if err.Error() != c.text {
				t.Errorf("%q, want %q", err, c.text)
			}
		}
	})
}

func TestR4AFlightKeepsTheValuesOfAContextAndNotItsEnd(t *testing.T) {
	type trace struct{}
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		var values []any
		s.then = func(ctx context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			_, ends := ctx.Deadline()
			values = append(values, ctx.Value(trace{}), ends, ctx.Err())
			return NewLease(n, time.Now(), time.Minute, 0, .75), nil
		}
		ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), trace{}, "parent"), time.Millisecond)
		defer cancel()
		want(t, "who began it", 0, context.DeadlineExceeded)(k.Get(ctx, true))
		want(t, "who waits for it", 1, nil)(k.Get(t.Context(), true))
		if len(values) != 3 || values[0] != "parent" || values[1] != false || values[2] != nil {
			t.Errorf("value, deadline and end of the flight's context: %v", values)
		}
	})
}

func TestNobodyAsksInAPauseButWithForce(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.down()
		for i := range 3 { // with each failure the pause is 10 s longer
			want(t, "who finds out", 0, errDown)(k.Get(t.Context(), true))
			pause := time.Duration(i+1) * 10 * time.Second
			for _, at := range []time.Duration{0, pause - 1} {
				time.Sleep(at) // fake clock
				within(t, "in the pause", 0, func() {
					want(t, "Get", 0, errDown)(k.Get(t.Context(), i%2 == 0))
					want(t, "Next", 0, errDown)(k.Next(t.Context(), nil, false))
					want(t, "Extra", 0, errDown)(k.Extra(t.Context()))
				})
			}
			var p *PauseError
			if _, err := k.Get(t.Context(), true); !errors.As(err, &p) || time.Until(p.Until) != 1 || p.Error() != "down" {
				t.Errorf("%v does not say until when", err)
			}
			if synctest.Wait(); s.fetches.Load() != int32(i+1) {
				t.Fatalf("%d fetches, want %d", s.fetches.Load(), i+1)
			}
			time.Sleep(time.Nanosecond) // fake clock
		}
		want(t, "the fourth", 0, errDown)(k.Get(t.Context(), true))
		s.then = nil
		want(t, "with force", 5, nil)(k.Next(t.Context(), nil, true))
		s.down()
		l, _ := k.Peek()
		want(t, "the first failure after a success", 0, errDown)(k.Next(t.Context(), l, true))
		time.Sleep(10 * time.Second) // fake clock
		s.then = nil
		want(t, "after a short pause", 7, nil)(k.Next(t.Context(), l, false))
	})
}

func TestWhatIsDeadWhenItComesIsAFailure(t *testing.T) {
	in(t, func(t *testing.T, k *Keeper[int32, Source[int32]], s *source) {
		s.then = func(_ context.Context, n int32, _ func(error)) (*Lease[int32], error) {
			return NewLease(n, time.Now().Add(-time.Second), time.Second, 0, .75), nil
		}
		for range 2 { // the second in the pause
			if l, err := k.Get(t.Context(), true); l != nil || err == nil {
				t.Errorf("%v, %v", l, err)
			}
		}
		if got := s.fetches.Load(); got != 1 {
			t.Errorf("%d fetches, want 1 and a pause (R7)", got)
		}
	})
}
