package lockout_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// bubble runs a test on a fake clock.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// after lets the fake clock run.
func after(d time.Duration) {
	time.Sleep(d) // fake clock
}

// Outcomes of calls.
var (
	wrong      = &outcome.Failure{Class: outcome.Rejected, Status: 401}
	lost       = &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("connection reset")}
	notSent    = &outcome.Failure{Class: outcome.NotSent}
	overloaded = &outcome.Failure{Class: outcome.Overloaded, Status: 503}
	limited    = &outcome.Failure{Class: outcome.RateLimited, Status: 429}
)

// ready fails the test unless the call may be sent at once.
func ready(t *testing.T, ticket *lockout.Ticket) *lockout.Ticket {
	t.Helper()
	if wait, err := ticket.Eligible(time.Now()); wait != 0 || err != nil {
		t.Fatalf("must wait for %v, %v", wait, err)
	}
	return ticket
}

// start sends a call that may be sent at once.
func start(t *testing.T, ticket *lockout.Ticket) *lockout.Ticket {
	t.Helper()
	ready(t, ticket).Take(time.Now())
	if err := reserve(t.Context(), ticket); err != nil {
		t.Fatal(err)
	}
	return ticket
}

// reserve counts a call in the Ledger.
func reserve(ctx context.Context, ticket *lockout.Ticket) error {
	_, err := ticket.Reserve(ctx, 2*time.Second)
	return err
}

// play makes a call that may be sent at once, and ends it.
func play(t *testing.T, ticket *lockout.Ticket, f *outcome.Failure) {
	t.Helper()
	start(t, ticket).Done(f)
}

// blocked fails the test unless the call is blocked for d.
func blocked(t *testing.T, ticket *lockout.Ticket, d time.Duration) {
	t.Helper()
	_ = blockedBy(t, ticket, d)
}

// blockedBy is blocked, and returns the error.
func blockedBy(t *testing.T, ticket *lockout.Ticket, d time.Duration) *lockout.BlockedError {
	t.Helper()
	wait, err := ticket.Eligible(time.Now())
	var b *lockout.BlockedError
	if !errors.As(err, &b) {
		t.Fatalf("not blocked: wait %v, error %v", wait, err)
	}
	if b.RetryAfter != d || b.Last == nil {
		t.Fatalf("blocked for %v after %v, want %v", b.RetryAfter, b.Last, d)
	}
	return b
}

// waiting fails the test unless the call waits for another one.
func waiting(t *testing.T, ticket *lockout.Ticket) {
	t.Helper()
	if wait, err := ticket.Eligible(time.Now()); wait < time.Minute || err != nil {
		t.Fatalf("does not wait for the call in flight: %v, %v", wait, err)
	}
}

// memory is a Ledger of several processes. Faults are set by the test.
type memory struct {
	latency time.Duration

	mu      sync.Mutex
	records map[string]stored
	fault   error // of every operation
	silent  bool  // no operation returns before its context ends
	loads   int
	swaps   int
	longest int
	maxTTL  time.Duration
}

type stored struct {
	record []byte
	end    time.Time
}

func (m *memory) Load(ctx context.Context, user string) ([]byte, time.Duration, error) {
	if err := m.operate(ctx); err != nil {
		return nil, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads++
	s, left := m.at(user)
	return s, left, nil
}

func (m *memory) Swap(ctx context.Context, user string, old, record []byte, ttl time.Duration) error {
	if err := m.operate(ctx); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.swaps++
	m.longest, m.maxTTL = max(m.longest, len(record)), max(m.maxTTL, ttl)
	if s, _ := m.at(user); !bytes.Equal(s, old) {
		return lockout.ErrChanged
	}
	if m.records == nil {
		m.records = make(map[string]stored)
	}
	m.records[user] = stored{record: record, end: time.Now().Add(ttl)}
	return nil
}

func (m *memory) at(user string) ([]byte, time.Duration) {
	s, ok := m.records[user]
	if left := time.Until(s.end); ok && left > 0 {
		return s.record, left
	}
	return nil, 0
}

func (m *memory) operate(ctx context.Context) error {
	m.mu.Lock()
	fault, silent := m.fault, m.silent
	m.mu.Unlock()
	if silent {
		<-ctx.Done()
		return ctx.Err()
	}
	after(m.latency)
	return fault
}

// set changes the failure of the Ledger.
func (m *memory) set(fault error, silent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault, m.silent = fault, silent
}

// operations returns how often the Ledger was used since the last call.
func (m *memory) operations() (loads, swaps int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	loads, swaps = m.loads, m.swaps
	m.loads, m.swaps = 0, 0
	return loads, swaps
}

// process is one that shares a Ledger.
func process(m *memory) *lockout.Registry {
	return lockout.New(lockout.Config{Ledger: m, Hash: hash})
}

// hash is keyless: what it hides is not in these tests.
func hash(user, secret string) [32]byte {
	return sha256.Sum256([]byte(user + "\x00" + secret))
}

// flush waits until the outcomes are saved.
func flush(t *testing.T, r *lockout.Registry) {
	t.Helper()
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// attempt lets a process send a password once, if it may within its patience. It
// returns an error if it did not send it.
func attempt(ctx context.Context, ticket *lockout.Ticket, call func() *outcome.Failure) (*outcome.Failure, error) {
	for {
		wait, err := dispatch(ticket)
		if err != nil {
			return nil, err
		}
		if wait == 0 {
			break
		}
		after(50 * time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	if err := reserve(ctx, ticket); err != nil {
		ticket.Done(notSent)
		return nil, err
	}
	f := call()
	ticket.Done(f)
	return f, nil
}

// limiter stands for the lock that a limiter holds when it dispatches.
var limiter sync.Mutex

// dispatch takes a call if it may be sent.
func dispatch(ticket *lockout.Ticket) (time.Duration, error) {
	limiter.Lock()
	defer limiter.Unlock()
	wait, err := ticket.Eligible(time.Now())
	if wait == 0 && err == nil {
		ticket.Take(time.Now())
	}
	return wait, err
}

// expectThreeAnHour fails the test if more than 3 calls came within an hour.
func expectThreeAnHour(t *testing.T, sent []time.Time) {
	t.Helper()
	for i := 3; i < len(sent); i++ {
		if within := sent[i].Sub(sent[i-3]); within < time.Hour {
			t.Fatalf("4 calls within %v", within)
		}
	}
}

// replicas let n processes begin at once, and each goes on until its password is
// accepted or it has been rejected often enough.
func replicas(t *testing.T, list []*lockout.Registry, password string, patience time.Duration, call func() *outcome.Failure) (served, failed int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var wg sync.WaitGroup
	var ok, not atomic.Int64
	for _, r := range list {
		wg.Go(func() {
			f, err := attempt(ctx, r.Password("ann", password, lockout.Scheduled), call)
			if f == nil && err == nil {
				ok.Add(1)
			} else {
				not.Add(1)
			}
		})
	}
	wg.Wait()
	return int(ok.Load()), int(not.Load())
}

func fleet(m *memory, n int) []*lockout.Registry {
	list := make([]*lockout.Registry, n)
	for i := range list {
		list[i] = process(m)
	}
	return list
}

// fresh fails the test unless a new process may send the password, or may not.
func fresh(t *testing.T, m lockout.Ledger, password string, want bool) {
	t.Helper()
	ticket := lockout.New(lockout.Config{Ledger: m, Hash: hash}).Password("ann", password, lockout.Scheduled)
	ready(t, ticket).Take(time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := reserve(ctx, ticket)
	if (err == nil) != want {
		t.Errorf("a new process may send the password: %v, want %v", err, want)
	}
}
