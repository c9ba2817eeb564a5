package authflow

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// mint is a source of leases under the test's control. Its lock guards what
// the keeper's goroutines and the test share.
type mint struct {
	mu       sync.Mutex
	calls    []time.Time
	lifetime time.Duration
	latency  time.Duration
	fail     error
	open     chan struct{} // if not nil, calls wait until it is closed
}

func (m *mint) acquire(ctx context.Context) (*lease, error) {
	m.mu.Lock()
	sent := time.Now()
	m.calls = append(m.calls, sent)
	n, lifetime, latency, open := len(m.calls), m.lifetime, m.latency, m.open
	m.mu.Unlock()
	if open != nil {
		select {
		case <-open:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return nil, &Error{Op: "mint", Err: ctx.Err()}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return nil, m.fail
	}
	value := gen.Secret(fmt.Sprintf("token-%d", n))
	return newBearer(sent, Token{Value: value}, lifetime)
}

func (m *mint) set(change func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change()
}

func (m *mint) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.calls)
}

func newKeeper(m *mint, observe ...func(Event)) *keeper {
	s := &settings{}
	if len(observe) > 0 {
		s.observe = observe[0]
	}
	if err := s.apply("test", nil); err != nil {
		panic(err)
	}
	return &keeper{settings: s, op: "mint", acquire: m.acquire}
}

// value returns the token that a request would carry now.
func value(t *testing.T, k *keeper) string {
	t.Helper()
	l, err := k.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(l.token.Value)
}

func refused(status int) error { return &Error{Op: "mint", Status: status} }

func transient(status int) error { return &Error{Op: "mint", Status: status, transient: true} }

func TestR2RenewalIsAheadAndNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second}
		k := newKeeper(m)
		if v := value(t, k); v != "token-1" {
			t.Fatalf("first token is %s", v)
		}
		m.set(func() { m.latency = 2 * time.Second })
		time.Sleep(225*time.Second - 1) // fake clock
		if v := value(t, k); v != "token-1" || m.count() != 1 {
			t.Fatalf("renewed before 75 %% of the lifetime: %s after %d calls", v, m.count())
		}
		time.Sleep(15*time.Second + 1) // fake clock
		before := time.Now()
		if v := value(t, k); v != "token-1" {
			t.Fatalf("%s while the renewal is under way", v)
		}
		if waited := time.Since(before); waited != 0 {
			t.Fatalf("a caller waited %v for a renewal ahead", waited)
		}
		synctest.Wait()
		if m.count() != 2 {
			t.Fatalf("%d calls at 80 %% of the lifetime", m.count())
		}
		time.Sleep(2 * time.Second) // fake clock
		synctest.Wait()
		if v := value(t, k); v != "token-2" || m.count() != 2 {
			t.Fatalf("%s after %d calls", v, m.count())
		}
	})
}

func TestR3FailureAheadIsSeenByNobodyAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second}
		k := newKeeper(m)
		value(t, k)
		m.set(func() { m.fail = transient(503) })
		time.Sleep(240 * time.Second) // fake clock
		for range 58 {
			if v := value(t, k); v != "token-1" {
				t.Fatalf("%s", v)
			}
			time.Sleep(time.Second) // fake clock
		}
		synctest.Wait()
		calls := m.count() - 1
		if calls < 3*4 || calls > 30 {
			t.Errorf("%d calls in the minute of failures", calls)
		}
		time.Sleep(2 * time.Second) // fake clock
		_, err := k.get(t.Context())
		var e *Error
		if !errors.As(err, &e) || e.Status != 503 || !strings.Contains(err.Error(), "has expired") && !strings.Contains(err.Error(), "not tried again") {
			t.Errorf("after expiry: %v", err)
		}
		m.set(func() { m.fail = nil })
		time.Sleep(maxPauseOutage) // fake clock
		if v := value(t, k); v == "token-1" {
			t.Errorf("still %s", v)
		}
	})
}

func TestR4WaitersJoinOneFlightUnderTheirOwnContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: 300 * time.Second, open: make(chan struct{})}
		k := newKeeper(m)
		patient, hasty := make(chan error, 95), make(chan error, 5)
		for range 95 {
			go func() { _, err := k.get(t.Context()); patient <- err }()
		}
		for range 5 {
			go func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err := k.get(ctx)
				hasty <- err
			}()
		}
		for range 5 {
			if err := <-hasty; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("hasty: %v", err)
			}
		}
		close(m.open)
		for range 95 {
			if err := <-patient; err != nil {
				t.Errorf("patient: %v", err)
			}
		}
		if m.count() != 1 {
			t.Errorf("%d calls", m.count())
		}
	})
}

func TestR4TheFlightHasItsOwnTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Minute, open: make(chan struct{})}
		k := newKeeper(m)
		began := time.Now()
		_, err := k.get(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestR7ShortLivesWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Second}
		k := newKeeper(m)
		value(t, k)
		for range 300 {
			time.Sleep(100 * time.Millisecond) // fake clock
			before := time.Now()
			value(t, k)
			if d := time.Since(before); d != 0 {
				t.Fatalf("waited %v", d)
			}
			synctest.Wait()
		}
		if n := m.count(); n < 30 || n > 39 {
			t.Errorf("%d tokens in 30 s", n)
		}
	})
	// A token that is dead on arrival serves those who waited for it, once.
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Second, latency: 2 * time.Second}
		k := newKeeper(m)
		for n := 1; n <= 5; n++ {
			value(t, k)
			if m.count() != n {
				t.Fatalf("%d calls for %d uses", m.count(), n)
			}
		}
	})
}

func TestP1OnlyTheLeaseThatWasRefusedEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{lifetime: time.Minute}
		k := newKeeper(m)
		old, err := k.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		k.invalidate(old)
		if v := value(t, k); v != "token-2" {
			t.Fatal(v)
		}
		k.invalidate(old) // a late 401
		if v := value(t, k); v != "token-2" || m.count() != 2 {
			t.Errorf("%s after %d calls", v, m.count())
		}
	})
}

func TestL1CloseEndsAFlightAndWakesItsWaiters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{open: make(chan struct{})}
		var events []EventKind
		k := newKeeper(m, func(e Event) { events = append(events, e.Kind) })
		errs := make(chan error, 10)
		for range 10 {
			go func() { _, err := k.get(t.Context()); errs <- err }()
		}
		synctest.Wait()
		if _, ok := k.close(closedError("Close")); !ok {
			t.Error("was closed before")
		}
		for range 10 {
			if err := <-errs; !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		}
		if _, ok := k.close(closedError("Close")); ok {
			t.Error("closed twice")
		}
		if _, err := k.get(t.Context()); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		synctest.Wait() // the bubble fails if the flight's goroutine stays
		if !slices.Equal(events, []EventKind{RenewalFailed}) {
			t.Errorf("events %v", events)
		}
	})
}
