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

// numbers is a Source of the numbers 1, 2, 3 as leases of a minute, each after a
// second; what differs is in then.
type numbers struct {
	then      func(ctx context.Context, n int32, fl *Flight[int32]) (*Lease[int32], error)
	completed func(Completion[int32]) // not called for late leases
	flights   atomic.Int32

	mu   sync.Mutex
	late []int32
}

type keeper = Keeper[int32, *numbers]

// Acquire implements Source.
func (s *numbers) Acquire(ctx context.Context, fl *Flight[int32]) (*Lease[int32], error) {
	n, asked := s.flights.Add(1), time.Now()
	time.Sleep(time.Second) // fake clock
	if s.then != nil {
		return s.then(ctx, n, fl)
	}
	return leaseOf(n, asked, time.Minute), nil
}

// Backoff lets each failure in a row last ten seconds longer than the one before.
func (s *numbers) Backoff(_ error, failures int) time.Duration {
	return time.Duration(failures) * 10 * time.Second
}

// Completed implements Source.
func (s *numbers) Completed(c Completion[int32]) {
	if c.Late {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.late = append(s.late, c.New.Value)
		return
	}
	if s.completed != nil {
		s.completed(c)
	}
}

// leaseOf returns a lease without a margin, which is due after three quarters of
// its lifetime.
func leaseOf(n int32, requested time.Time, lifetime time.Duration) *Lease[int32] {
	l := NewLease(n, requested, Schedule{Lifetime: lifetime, RenewAt: .75})
	l.ID = uint64(n) //nolint:gosec // a number from 1
	return l
}

// in runs a test in a bubble of its own, which panics if anything that the test
// has begun never ends (L1).
func in(t *testing.T, test func(t *testing.T, k *keeper, s *numbers)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &numbers{}
		test(t, &keeper{Source: s}, s)
		time.Sleep(2 * time.Hour) // fake clock
	})
}

// down makes every flight fail.
func (s *numbers) down() {
	s.then = func(context.Context, int32, *Flight[int32]) (*Lease[int32], error) { return nil, errDown }
}

// want checks what a call got: lease n, or err if n is 0.
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

// within checks how long f takes by the fake clock.
func within(t *testing.T, what string, d time.Duration, f func()) {
	t.Helper()
	began := time.Now()
	if f(); time.Since(began) != d {
		t.Errorf("%s took %v, want %v", what, time.Since(began), d)
	}
}
