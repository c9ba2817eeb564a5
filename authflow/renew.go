package authflow

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// keeper holds the lease in use and sees to it that there is one. Requests
// read current and nothing else while the lease is alive and not due; whoever
// finds it due starts its renewal in the background (R2), and whoever finds it
// dead waits for the one flight that fetches the next (R4).
type keeper struct {
	*settings
	op      string
	acquire func(context.Context) (*lease, error) // one call to the server

	current atomic.Pointer[lease]

	mu     sync.Mutex // never held while anything is sent or reported
	flight *flight    // the acquisition under way, or nil
	pause  pause      // what the last failure left behind
	closed *Error     // why there will be no other lease, or nil
}

// flight is one acquisition, shared by all who wait for it.
type flight struct {
	ctx    context.Context // its own, because it belongs to all who wait
	cancel context.CancelFunc
	done   chan struct{} // closed when lease and err are set
	lease  *lease
	err    *Error
}

// live returns the lease in use, or nil if there is none alive. It starts the
// renewal of a lease that is due, for which nobody waits, and takes no lock
// unless it is the one that starts it (I1).
func (k *keeper) live() *lease {
	l := k.current.Load()
	if l == nil {
		return nil
	}
	age := l.age(time.Now())
	if !l.alive(age) {
		return nil
	}
	if due := l.due.Load(); int64(age) >= due && l.due.CompareAndSwap(due, never) {
		k.renewAhead(l, age)
	}
	return l
}

// renewAhead starts the renewal of a lease that is due. Only the caller that
// claimed the lease's due age comes here.
func (k *keeper) renewAhead(l *lease, age time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed != nil || k.flight != nil || k.current.Load() != l {
		return
	}
	if left := time.Until(k.pause.until); left > 0 {
		l.due.Store(int64(age + left))
		return
	}
	k.start()
}

// get returns a lease that is alive. It waits for one if need be, but no longer
// than ctx allows; the acquisition then goes on for the others.
func (k *keeper) get(ctx context.Context) (*lease, error) {
	if l := k.live(); l != nil {
		return l, nil
	}
	return k.wait(ctx, false)
}

// wait joins the acquisition under way, or starts one; with force though the
// present lease is alive.
func (k *keeper) wait(ctx context.Context, force bool) (*lease, error) {
	if ctx.Err() != nil {
		return nil, k.gaveUp(ctx)
	}
	fl, l, err := k.join(force)
	if fl == nil {
		return l, err
	}
	select {
	case <-fl.done:
	case <-ctx.Done():
		return nil, k.gaveUp(ctx)
	case <-fl.ctx.Done():
		select {
		case <-fl.done: // it ended by itself
		default:
			return nil, k.gaveUp(fl.ctx) // its function pays no heed to the time limit
		}
	}
	if fl.err != nil {
		return nil, k.explain(fl.err)
	}
	return fl.lease, k.ended()
}

// join returns the flight to wait for, or what there is without one.
func (k *keeper) join(force bool) (*flight, *lease, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed != nil {
		return nil, nil, k.closed
	}
	now := time.Now()
	if l := k.current.Load(); !force && l != nil && l.alive(l.age(now)) {
		return nil, l, nil // another flight has landed meanwhile
	}
	if k.flight != nil {
		return k.flight, nil, nil
	}
	if left := k.pause.until.Sub(now); left > 0 {
		return nil, nil, k.explain(k.pause.err.with("not tried again for " + left.Round(time.Millisecond).String()))
	}
	return k.start(), nil, nil
}

// explain adds to a failure that there was a lease, which has expired.
func (k *keeper) explain(err *Error) *Error {
	if l := k.current.Load(); l != nil && !l.alive(l.age(time.Now())) {
		return err.with("the last one has expired")
	}
	return err
}

func (k *keeper) gaveUp(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &Error{Op: k.op, Err: fmt.Errorf("gave up waiting: %w", err)}
}

// start begins an acquisition, which ends with the policy's Timeout or with the
// Flow. The caller holds mu.
func (k *keeper) start() *flight {
	ctx, cancel := context.WithTimeout(context.Background(), k.policy.Timeout)
	k.flight = &flight{ctx: ctx, cancel: cancel, done: make(chan struct{})}
	go k.run(k.flight)
	return k.flight
}

// run carries an acquisition out, tells of it, and wakes those who wait, in
// this order.
func (k *keeper) run(fl *flight) {
	defer fl.cancel()
	began := time.Now()
	var l *lease
	tries, err := 0, &Error{Op: k.op, Err: errors.New("the function that supplies the credential has ended its goroutine")}
	// Deferred, so that a runtime.Goexit in that function leaves nobody waiting.
	defer func() { k.finish(fl, l, tries, err, began) }()
	l, tries, err = k.try(fl.ctx)
}

func (k *keeper) finish(fl *flight, l *lease, tries int, err *Error, began time.Time) {
	now := time.Now()
	event, wake := k.land(fl, l, err, now)
	event.Op, event.Duration, event.Attempt = k.op, now.Sub(began), tries
	k.report(event)
	if wake {
		close(fl.done)
	}
}

// try calls the server until it gives a lease, refuses one, or the policy's
// tries or the time are used up (R5).
func (k *keeper) try(ctx context.Context) (*lease, int, *Error) {
	for n := 1; ; n++ {
		l, cause := k.acquire(ctx)
		if cause == nil {
			return l, n, nil
		}
		err := asError(k.op, cause)
		if n >= k.policy.Tries || !err.transient || !sleep(ctx, max(backoff(n), err.RetryAfter)) {
			return nil, n, err
		}
	}
}

// land ends a flight: it publishes the new lease, or notes what failed. wake is
// false if close has woken those who wait.
func (k *keeper) land(fl *flight, l *lease, err *Error, now time.Time) (e Event, wake bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight != fl {
		return Event{Kind: RenewalFailed, Reason: "closed meanwhile", Err: k.closed}, false
	}
	k.flight = nil

	old := k.current.Load()
	oldAlive := old != nil && old.alive(old.age(now))
	if err == nil {
		l.inherit(old)
		l.schedule(&k.policy, now)
		k.current.Store(l)
		k.pause = pause{}
		fl.lease = l
		if oldAlive {
			return Event{Kind: Renewed, Left: l.left(now), Reason: "before the last one ends"}, true
		}
		return Event{Kind: Acquired, Left: l.left(now), Reason: "none in use"}, true
	}

	wait := k.pause.extend(err, now)
	fl.err = err
	if oldAlive {
		old.due.Store(int64(old.age(now) + wait)) // R3
		return Event{Kind: RenewalFailed, Left: old.left(now), Reason: "the last one stays in use", Err: err}, true
	}
	return Event{Kind: RenewalFailed, Reason: "none in use", Err: err}, true
}

// invalidate ends a lease that the server no longer accepts, if it is still
// the one in use (P1).
func (k *keeper) invalidate(l *lease) {
	if k.current.CompareAndSwap(l, nil) {
		k.report(Event{Kind: Invalidated, Op: k.op, Left: l.left(time.Now()), Reason: "the server answered 401"})
	}
}

// close ends the keeper and its flight and wakes those who wait. It returns
// the lease that was in use, and false if the keeper had ended before.
func (k *keeper) close(why *Error) (*lease, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed != nil {
		return nil, false
	}
	k.closed = why
	if fl := k.flight; fl != nil {
		k.flight = nil
		fl.err = why
		close(fl.done)
		fl.cancel()
	}
	return k.current.Swap(nil), true
}

// ended returns the error of a keeper that has ended, and nil before.
func (k *keeper) ended() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed == nil {
		return nil
	}
	return k.closed
}

// backoff returns the time between try n and the next: 200 ms, doubled each
// time, between half and all of it.
func backoff(n int) time.Duration {
	d := 200 * time.Millisecond << min(n-1, 10)
	return d/2 + rand.N(d/2)
}

// sleep waits for d and reports true, or false at once if ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= d {
		return false
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
