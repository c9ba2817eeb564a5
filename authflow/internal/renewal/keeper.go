// Package renewal keeps one credential fresh for all callers that need it. A
// [Keeper] acquires it from its [Source] when it is first needed, and again
// before it expires; while it is alive, no caller waits.
//
// A credential that the server rejected stays in use, for callers that accept it,
// until another one arrives: a path that answers 401 to everybody does not take the
// other paths down. The Keeper remembers which credentials were rejected. If new
// ones are rejected too, it requests others less and less often.
package renewal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Source is what a Keeper acquires credentials from.
type Source[V any] interface {
	// Acquire gets a credential, in a goroutine of its own. The Keeper turns a panic
	// into its error.
	Acquire(ctx context.Context, fl *Flight[V]) (*Lease[V], error)
	// Completed is called for each flight before its waiters are woken, and for each
	// credential that arrives too late. It may use the Keeper. The waiters get its
	// panic as an error.
	Completed(Completion[V])
	// Backoff returns how long no flight begins after one that failed with err.
	// failures is how many flights in a row have failed, this one included. Backoff
	// must not use the Keeper.
	Backoff(err error, failures int) time.Duration
}

// Keeper keeps one lease in use. It is safe for concurrent use and must not be
// copied.
type Keeper[V any, S Source[V]] struct {
	Source S

	state atomic.Pointer[state[V]]
	mu    sync.Mutex // guards changes of the state and of each Flight; nothing waits under it
}

// PauseError is the error of the waiters of a flight that failed. It is also the
// error of callers during the pause in which no flight begins, because the last one
// failed or because the server rejected the last credentials.
type PauseError struct {
	error // the latest failure
	// Until is when the next flight may begin.
	Until    time.Time
	failures int // in a row
}

// Unwrap returns the latest failure.
func (p *PauseError) Unwrap() error { return p.error }

// The errors of a Keeper.
var (
	// ErrOwnFlight is the error of a function that waits for its own flight.
	ErrOwnFlight = errors.New("deadlock: the credential function called the Flow that it supplies")
	// ErrRejected is the error while the Keeper requests no new credentials, because
	// the last ones were rejected.
	ErrRejected = errors.New("the server rejected the last tokens it issued")

	errExited  = errors.New("the credential function ended its goroutine")
	errExpired = errors.New("the credential had already expired when it arrived")
	errNothing = errors.New("the credential function returned neither a credential nor an error")
	errLeft    = errors.New("the context of the caller has ended")
)

// Get returns a lease for a request that can be repeated: the one in use, even
// if the server rejected it somewhere, or else the next one. now is the time of
// the call: reading the clock costs as much as the rest of Get.
func (k *Keeper[V, S]) Get(ctx context.Context, now time.Time) (*Lease[V], error) {
	return k.get(ctx, request[V]{}, now)
}

// GetVerified returns a lease for a request that cannot be repeated: one that the
// server has not rejected, unless no other is available.
func (k *Keeper[V, S]) GetVerified(ctx context.Context, now time.Time) (*Lease[V], error) {
	return k.get(ctx, request[V]{verified: true}, now)
}

// Replace returns a lease other than old.
func (k *Keeper[V, S]) Replace(ctx context.Context, old *Lease[V]) (*Lease[V], error) {
	return k.acquire(ctx, request[V]{otherThan: old, verified: true})
}

// Renew acquires a new lease, also during a pause. A credential that was
// requested before Renew was called does not count: if one arrives, it is
// discarded, and another one requested.
func (k *Keeper[V, S]) Renew(ctx context.Context) (*Lease[V], error) {
	return k.acquire(ctx, request[V]{forced: true, since: time.Now()})
}

// Exclusive returns a lease that no other caller gets and that the Keeper does
// not keep.
func (k *Keeper[V, S]) Exclusive(ctx context.Context) (*Lease[V], error) {
	return k.acquire(ctx, request[V]{exclusive: true})
}

// Peek returns the lease in use, which may be rejected or expired, or nil, and
// why k was closed.
func (k *Keeper[V, S]) Peek() (*Lease[V], error) {
	s := k.load()
	if s.closed != nil {
		return nil, s.closed.why
	}
	return s.lease, nil
}

// Pause returns how long no flight begins, because the last one failed or because
// the server rejected the last credentials.
func (k *Keeper[V, S]) Pause() time.Duration {
	now := time.Now()
	p := k.load().pausing(now)
	if p == nil {
		return 0
	}
	return p.Until.Sub(now)
}

// Close closes k and ends its flights. It returns the last lease and reports
// whether k was open.
func (k *Keeper[V, S]) Close(why error) (*Lease[V], bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.load()
	if s.closed != nil {
		return nil, false
	}
	k.state.Store(&state[V]{closed: &closing{why}, past: s.past, history: s.history})
	for l := s.flights; l != nil; l = l.others {
		l.end(why)
	}
	return s.lease, true
}

// get answers a request from the state alone, if it can.
func (k *Keeper[V, S]) get(ctx context.Context, want request[V], now time.Time) (*Lease[V], error) {
	s := k.load()
	l := s.usable(&want, now)
	if l != nil && !s.wantsFlight(now) {
		return l, nil
	}
	return k.acquire(ctx, want)
}

// acquire waits for a lease that answers a request.
func (k *Keeper[V, S]) acquire(ctx context.Context, want request[V]) (*Lease[V], error) {
	for {
		l, fl, err := k.join(ctx, &want)
		if fl != nil {
			l, err = k.await(ctx, fl)
		}
		outdated := want.forced && l != nil && fl.requestedBefore(want.since, l)
		if !outdated && !errors.Is(err, errDiscarded) {
			return k.answer(ctx, &want, l, err)
		}
	}
}

// join returns the lease that answers a request, or the flight that the caller
// has to wait for. It begins a flight if there is none.
func (k *Keeper[V, S]) join(ctx context.Context, want *request[V]) (*Lease[V], *Flight[V], error) {
	ended, own := ctx.Err() != nil, ctx.Value(k) != nil // not under the lock: a context is the caller's code
	want.deadline, _ = ctx.Deadline()
	k.mu.Lock()
	defer k.mu.Unlock()
	s, now := k.load(), time.Now()
	l, fl, pause := s.usable(want, now), s.flight, s.pausing(now)
	want.inUse, want.waits = s.lease, l == nil
	if want.exclusive {
		fl = nil
	}
	var err error // why the caller can neither join a flight nor begin one
	switch {
	case s.closed != nil:
		err = s.closed.why
	case ended:
		err = errLeft
	case own:
		err = ErrOwnFlight
	case fl == nil && pause != nil && !want.forced:
		err = pause
	}
	switch {
	case l != nil && (err != nil || !s.wantsFlight(now)):
		return l, nil, nil
	case err != nil:
		return nil, nil, err
	case fl != nil:
		fl.join(want)
		return nil, fl, nil
	}
	fl = k.begin(ctx, want)
	if l != nil {
		return l, nil, nil // its renewal goes on without a caller
	}
	return nil, fl, nil
}

// await waits for a flight. A flight that has landed wins over a context that
// ends at the same moment.
func (k *Keeper[V, S]) await(ctx context.Context, fl *Flight[V]) (*Lease[V], error) {
	select {
	case <-fl.done:
	case <-ctx.Done():
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if fl.landed {
		return fl.lease, fl.err
	}
	fl.waiters--
	if fl.Exclusive {
		k.endUnused(fl)
	}
	return nil, errLeft
}

// answer returns what the caller gets.
func (k *Keeper[V, S]) answer(ctx context.Context, want *request[V], l *Lease[V], err error) (*Lease[V], error) {
	s := k.load()
	switch {
	case s.closed != nil:
		return nil, s.closed.why
	case err == nil:
		return l, nil
	case errors.Is(err, errLeft):
		return nil, gaveUp(ctx)
	}
	if last := s.lastResort(want, time.Now()); last != nil {
		return last, nil
	}
	return nil, err
}

// gaveUp is the error of a caller whose context has ended.
func gaveUp(ctx context.Context) error {
	ended, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, ended) {
		return fmt.Errorf("gave up waiting: %w", cause)
	}
	return fmt.Errorf("gave up waiting: %w: %w", ended, cause)
}
