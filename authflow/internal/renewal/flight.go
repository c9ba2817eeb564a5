package renewal

import (
	"context"
	"errors"
	"time"
)

// Flight is one acquisition. Callers that want a new lease at the same time share
// it.
type Flight[V any] struct {
	// Began is when the flight began.
	Began time.Time
	// Force says that the flight is for a Renew.
	Force bool
	// Exclusive says that the lease goes to one caller only.
	Exclusive bool
	// Renewing is the lease that was in use when the flight began, or nil.
	Renewing *Lease[V]

	keeper  flightKeeper[V]
	cancel  context.CancelFunc // ends the context of Acquire
	done    chan struct{}      // closed to wake the waiters
	awaited chan struct{}      // closed when the first caller waits

	// The lock of the Keeper guards these.
	waiters   int       // a renewal ahead of time counts as a waiter that never leaves
	notBefore time.Time // a credential that was requested earlier is discarded
	patience  time.Time // when a waiting caller has spent a quarter of its time; zero if no caller has a deadline
	forceNext bool      // the next flight is for a Renew, if this one is discarded
	protected bool      // a Renew does not make it discard its credential
	landed    bool      // lease and err are the result
	lease     *Lease[V]
	err       error
}

// flightKeeper is the Keeper of a flight, as the flight needs it.
type flightKeeper[V any] interface {
	cancelIfUnused(fl *Flight[V]) bool
	patienceOf(fl *Flight[V]) time.Time
}

// Completion is the end of a flight.
type Completion[V any] struct {
	*Flight[V]
	// Old is the lease that was in use before, or nil.
	Old *Lease[V]
	// New is the lease that the flight obtained, or nil.
	New *Lease[V]
	// Err is why there is no new lease: a PauseError.
	Err error
	// Late says that New is not used, because the flight had already ended or
	// because New was requested before an Invalidate or a Renew. It is still alive
	// at the server.
	Late bool
}

// errDiscarded is the result of a flight whose credential was discarded.
var errDiscarded = errors.New("the credential was requested too early")

// CancelIfUnused ends the flight if no caller waits for it any more, and reports
// whether the flight has ended.
func (fl *Flight[V]) CancelIfUnused() bool { return fl.keeper.cancelIfUnused(fl) }

// Awaited returns a channel that is closed as soon as a caller waits for the flight.
// A renewal ahead of time begins without one.
func (fl *Flight[V]) Awaited() <-chan struct{} { return fl.awaited }

// Patience returns when the first of the waiting callers has spent a quarter of the
// time that it had when it began to wait: with a deadline in 4 s, that is in 1 s. It
// returns the zero time if no caller with a deadline waits. A flight does not wait
// beyond it for a lock, for example, which only saves calls.
func (fl *Flight[V]) Patience() time.Time { return fl.keeper.patienceOf(fl) }

// join adds a waiter. A Renew makes the flight discard a credential that was
// requested before the Renew, unless the flight follows a discarded one: callers that
// renew faster than a flight takes would otherwise let no flight succeed.
func (fl *Flight[V]) join(want *request[V]) {
	fl.waiters++
	fl.noteWaiter(want.deadline)
	if want.forced && !fl.protected {
		fl.notBefore, fl.forceNext = want.since, true
	}
}

// noteWaiter notes that a caller waits until its deadline, which is zero if it has
// none. The caller of noteWaiter holds the lock.
func (fl *Flight[V]) noteWaiter(deadline time.Time) {
	fl.notePatience(deadline)
	select {
	case <-fl.awaited:
	default:
		close(fl.awaited)
	}
}

// notePatience notes the deadline of a caller that waits from now on.
func (fl *Flight[V]) notePatience(deadline time.Time) {
	if deadline.IsZero() {
		return
	}
	now := time.Now()
	patience := now.Add(deadline.Sub(now) / 4)
	if fl.patience.IsZero() || patience.Before(fl.patience) {
		fl.patience = patience
	}
}

// requestedBefore reports whether the credential of the flight was requested
// before t. A flight that began before t may have waited in a queue until after t,
// so its credential decides. A credential that is older than its flight comes from a
// Store, which the flight read when it began, so the flight decides.
func (fl *Flight[V]) requestedBefore(t time.Time, l *Lease[V]) bool {
	return fl.Began.Before(t) && l.RequestedAt.Before(t)
}

// begin starts a flight that keeps the values of ctx, but not its end. The caller
// holds the lock.
func (k *Keeper[V, S]) begin(ctx context.Context, want *request[V]) *Flight[V] {
	next := *k.load()
	fl := &Flight[V]{
		Began: time.Now(), Force: want.forced || next.forceNext && !want.exclusive, Exclusive: want.exclusive, Renewing: next.lease,
		keeper: k, done: make(chan struct{}), awaited: make(chan struct{}), waiters: 1, protected: next.discarded,
	}
	if want.waits {
		fl.noteWaiter(want.deadline)
	}
	ctx, fl.cancel = context.WithCancel(context.WithValue(context.WithoutCancel(ctx), k, true))
	next.flights = &flights[V]{fl, next.flights}
	if !fl.Exclusive {
		next.flight, next.forceNext = fl, false
	}
	k.state.Store(&next)
	go k.run(ctx, fl)
	return fl
}

// run calls the Source. Its function may end the goroutine, as t.FailNow does.
func (k *Keeper[V, S]) run(ctx context.Context, fl *Flight[V]) {
	var l *Lease[V]
	err := errExited
	defer func() { k.complete(fl, l, err) }()
	err = Guard(func() (err error) {
		l, err = k.Source.Acquire(ctx, fl)
		return err
	})
}

// complete ends a flight, tells the Source, and then wakes the waiters.
func (k *Keeper[V, S]) complete(fl *Flight[V], l *Lease[V], err error) {
	c, hadEnded := k.land(fl, l, err)
	if hadEnded && l == nil {
		return
	}
	if !hadEnded {
		defer close(fl.done)
	}
	panicked := Guard(func() error {
		k.Source.Completed(c)
		return nil
	})
	if panicked != nil && !hadEnded {
		k.mu.Lock()
		defer k.mu.Unlock()
		fl.lease, fl.err = nil, panicked
	}
}

// land puts the result of a flight into the state. hadEnded says that the flight had
// already ended, because its last caller left or the Keeper was closed.
func (k *Keeper[V, S]) land(fl *Flight[V], l *Lease[V], err error) (c Completion[V], hadEnded bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := *k.load()
	defer func() { k.state.Store(&next) }()
	if fl.landed {
		next.remember(l)
		return Completion[V]{Flight: fl, New: l, Late: true}, true
	}
	if !fl.Exclusive {
		next.flight = nil
	}
	c = Completion[V]{Flight: fl, Old: next.lease, New: l, Err: problem(l, err)}
	fl.lease, fl.err = l, c.Err
	switch {
	case c.Err != nil:
		next.pause = k.pauseAfter(c.Err, next.pause)
		c.New, c.Err = nil, next.pause
		fl.lease, fl.err = nil, next.pause // the waiters learn when the next flight may begin
	case fl.requestedBefore(fl.notBefore, l):
		c.Late, fl.lease, fl.err = true, nil, errDiscarded
		next.pause, next.discarded = nil, next.discarded || !fl.Exclusive
		next.forceNext = next.forceNext || fl.forceNext
		next.remember(l)
	case fl.Exclusive:
		next.pause = nil
	default:
		next.remember(next.lease)
		next.lease, next.rejected, next.pause, next.discarded = l, false, nil, false
	}
	fl.land()
	next.flights = next.flights.without(fl)
	return c, false
}

// problem returns why the result of a flight is a failure, or nil.
func problem[V any](l *Lease[V], err error) error {
	switch {
	case err != nil:
		return err
	case l == nil:
		return errNothing
	case l.Remaining(time.Now()) <= 0:
		return errExpired
	}
	return nil
}

// pauseAfter returns the pause after a flight that failed, last being the one
// before it.
func (k *Keeper[V, S]) pauseAfter(err error, last *PauseError) *PauseError {
	p := &PauseError{error: err, failures: 1}
	if last != nil {
		p.failures = last.failures + 1
	}
	backoff := time.Second // if the Source panics
	_ = Guard(func() error {
		backoff = k.Source.Backoff(err, p.failures)
		return nil
	})
	p.Until = time.Now().Add(backoff)
	return p
}

// cancelIfUnused is [Flight.CancelIfUnused].
func (k *Keeper[V, S]) cancelIfUnused(fl *Flight[V]) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !fl.landed && fl.waiters == 0 {
		k.endUnused(fl)
	}
	return fl.landed
}

// patienceOf is [Flight.Patience].
func (k *Keeper[V, S]) patienceOf(fl *Flight[V]) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return fl.patience
}

// endUnused ends a flight that no caller waits for. The caller holds the lock.
func (k *Keeper[V, S]) endUnused(fl *Flight[V]) {
	next := *k.load()
	next.flights = next.flights.without(fl)
	if next.flight == fl {
		next.flight = nil
	}
	k.state.Store(&next)
	fl.end(errLeft)
}

// end ends the flight without a lease and wakes its waiters.
func (fl *Flight[V]) end(err error) {
	fl.err = err
	fl.land()
	close(fl.done)
}

// land makes what is set the result of the flight, and ends its function.
func (fl *Flight[V]) land() {
	fl.landed = true
	fl.cancel()
}

// flights is a list of flights that never changes.
type flights[V any] struct {
	*Flight[V]
	others *flights[V]
}

// without returns the list without a flight.
func (l *flights[V]) without(fl *Flight[V]) *flights[V] {
	switch {
	case l == nil:
		return nil
	case l.Flight == fl:
		return l.others
	}
	return &flights[V]{l.Flight, l.others.without(fl)}
}
