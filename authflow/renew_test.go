package authflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

func refused(status int) error   { return &Error{Op: "mint", Status: status} }
func transient(status int) error { return &Error{Op: "mint", Status: status, transient: true} }

func TestR1LifetimeIsCountedFromWhenItWasAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := time.Now()
		// A server whose clock is a day off states the same lifetime.
		for _, off := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
			created := sent.Add(off)
			l, err := newBearer(sent, Token{Value: "t", Created: created, Expires: created.Add(300 * time.Second)}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			for age, alive := range map[time.Duration]bool{0: true, 300*time.Second - 1: true, 300 * time.Second: false} {
				if got := l.alive(l.age(sent.Add(age))); got != alive {
					t.Errorf("server clock off by %v, age %v: alive %v", off, age, got)
				}
			}
		}
	})
}

func TestR1OfTwoClocksTheFasterCounts(t *testing.T) {
	sent := time.Now()
	l := newLease(sent, 300*time.Second)
	now := sent.Add(100 * time.Second)
	for name, c := range map[string]struct {
		step time.Duration // of the wall clock, while the lease is in use
		want time.Duration
	}{
		"no step":                        {0, 100 * time.Second},
		"the wall clock is set back":     {-time.Hour, 100 * time.Second},
		"the machine slept for an hour":  {time.Hour, time.Hour + 100*time.Second},
		"the wall clock is a day behind": {-24 * time.Hour, 100 * time.Second},
	} {
		// That the wall clock has moved on by step since the lease was asked
		// for is that it read so much less then.
		moved := newLease(sent, l.lifetime)
		moved.wall -= int64(c.step)
		if got := moved.age(now); got != c.want {
			t.Errorf("%s: age %v, want %v", name, got, c.want)
		}
	}
}

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

func TestR2DuePointsAreSpread(t *testing.T) {
	p := RenewalPolicy{}
	p.fill()
	dues := make(map[int64]bool)
	for range 1000 {
		l := newLease(time.Now(), 300*time.Second)
		l.schedule(&p, time.Now())
		due := time.Duration(l.due.Load())
		if due < 225*time.Second || due > 240*time.Second {
			t.Fatalf("due at %v of 300s", due)
		}
		dues[int64(due/time.Second)] = true
	}
	if len(dues) < 14 {
		t.Errorf("only %d different seconds of 15", len(dues))
	}
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

func TestR5TransientFailuresAreRetriedWithinTheFlight(t *testing.T) {
	for _, status := range []int{0, 429, 500, 502, 503, 504} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: 300 * time.Second, fail: transient(status)}
			k := newKeeper(m)
			time.AfterFunc(150*time.Millisecond, func() { m.set(func() { m.fail = nil }) })
			if v := value(t, k); v != "token-2" && v != "token-3" {
				t.Errorf("status %d: %s after %d calls", status, v, m.count())
			}
		})
	}
}

func TestR5RetriesAreSpacedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: transient(503)}
		k := newKeeper(m)
		if _, err := k.get(t.Context()); err == nil {
			t.Fatal("no error")
		}
		if len(m.calls) != 3 {
			t.Fatalf("%d calls", len(m.calls))
		}
		for i, bounds := range [][2]time.Duration{{100, 200}, {200, 400}} {
			gap := m.calls[i+1].Sub(m.calls[i])
			if gap < bounds[0]*time.Millisecond || gap > bounds[1]*time.Millisecond {
				t.Errorf("gap %d is %v", i, gap)
			}
		}
	})
}

func TestR5RetryAfterIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: &Error{Op: "mint", Status: 429, transient: true, RetryAfter: 7 * time.Second}}
		k := newKeeper(m)
		_, err := k.get(t.Context())
		if err == nil || len(m.calls) != 3 || m.calls[1].Sub(m.calls[0]) != 7*time.Second {
			t.Fatalf("%v after calls at %v", err, m.calls)
		}
	})
	synctest.Test(t, func(t *testing.T) { // longer than a flight may take
		m := &mint{lifetime: time.Minute, fail: &Error{Op: "mint", Status: 503, transient: true, RetryAfter: 2 * time.Minute}}
		k := newKeeper(m)
		began := time.Now()
		if _, err := k.get(t.Context()); err == nil || time.Since(began) != 0 || m.count() != 1 {
			t.Fatalf("%v after %v and %d calls", err, time.Since(began), m.count())
		}
		m.set(func() { m.fail = nil })
		time.Sleep(2*time.Minute - 1) // fake clock
		if _, err := k.get(t.Context()); err == nil || m.count() != 1 {
			t.Fatalf("asked again before Retry-After: %v", err)
		}
		time.Sleep(time.Nanosecond) // fake clock
		value(t, k)
	})
}

func TestR6RefusalsAreRememberedForAGrowingTime(t *testing.T) {
	for _, status := range []int{400, 401, 403} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{fail: refused(status)}
			k := newKeeper(m)
			began := time.Now()
			var lasts []string
			for range 10_000 { // in a minute
				_, err := k.get(t.Context())
				var e *Error
				if !errors.As(err, &e) || e.Status != status {
					t.Fatalf("%v", err)
				}
				lasts = append(lasts, err.Error())
				time.Sleep(6 * time.Millisecond) // fake clock
			}
			var at []time.Duration
			for _, c := range m.calls {
				at = append(at, c.Sub(began).Round(time.Second))
			}
			want := []time.Duration{0, 1e9, 3e9, 7e9, 15e9, 31e9}
			if !slices.Equal(at, want) {
				t.Errorf("status %d: calls at %v", status, at)
			}
			if !strings.Contains(lasts[len(lasts)-1], "not tried again for") {
				t.Errorf("the last says %q", lasts[len(lasts)-1])
			}
			if _, err := k.wait(t.Context(), true); err == nil || m.count() != len(want) {
				t.Errorf("Renew in the cool-down called the server: %v", err)
			}
		})
	}
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

func TestR7LifetimesThatAreNone(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		token Token
		want  time.Duration // 0: an error
	}{
		"zero":     {Token{Value: "t", Created: now, Expires: now}, 0},
		"negative": {Token{Value: "t", Created: now, Expires: now.Add(-1)}, 0},
		"absent":   {Token{Value: "t"}, 42 * time.Second},
		"one only": {Token{Value: "t", Created: now}, 42 * time.Second},
		"no token": {Token{Created: now, Expires: now.Add(time.Minute)}, 0},
		"newline":  {Token{Value: "a\nb"}, 0},
	} {
		l, err := newBearer(now, c.token, 42*time.Second)
		switch {
		case c.want == 0 && err == nil:
			t.Errorf("%s: accepted", name)
		case c.want != 0 && (err != nil || l.lifetime != c.want):
			t.Errorf("%s: %v, %v", name, l, err)
		}
	}
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

func TestS2AClockThatWasAheadForAWhileKeepsNoSessionAlive(t *testing.T) {
	l := session(time.Now(), nil, false)
	l.touch(25 * time.Hour) // a use while the wall clock was a day ahead
	l.touch(time.Hour)      // it has been set right
	if l.alive(10 * time.Hour) {
		t.Error("alive after nine hours of rest")
	}
}

func TestErrorsTellWhatHappened(t *testing.T) {
	e := &Error{Op: "getFullAccessToken", Status: http.StatusUnauthorized, Code: 10097, Debug: "no such key",
		kind: ErrCredentialsRejected, RetryAfter: time.Second, IncidentID: "i-1", Err: errors.New("cause")}
	want := "authflow: getFullAccessToken: 401 Unauthorized (code 10097): credentials rejected: no such key: cause (retry after 1s) (incident i-1); note"
	if got := e.with("note").Error(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := invalid("login", "username", "must not be empty").Error(); got != "authflow: login: username: must not be empty" {
		t.Error(got)
	}
}
