// Package renewal keeps one value, of which it knows nothing, fresh for all who
// need it: a [Keeper] fetches it when it is wanted, and again before it ends.
package renewal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Forever is a lifetime without an end.
const Forever time.Duration = 1<<63 - 1

// Lease is a value with its schedule, and never changes: whether it is fresh, due
// or dead follows from its age, which counts from when it was asked for.
type Lease[V any] struct {
	Value     V
	Asked     time.Time     // when it was asked for
	wall      int64         // Asked by the wall clock, in nanoseconds
	due, dead time.Duration // ages
}

// NewLease returns a lease of v that lives for life from asked, but for the last zone
// of it. It is due at the part at of its life, or, if it is older, of what is left.
func NewLease[V any](v V, asked time.Time, life, zone time.Duration, at float64) *Lease[V] {
	l := &Lease[V]{Value: v, Asked: asked, wall: asked.UnixNano(), due: Forever, dead: Forever}
	if life < Forever {
		l.due, l.dead = time.Duration(at*float64(life)), life-zone
		if age := l.Age(time.Now()); l.due <= age {
			l.due = age + max(time.Second, time.Duration(at*float64(life-age)))
		}
	}
	return l
}

// Age returns how old the lease is by the clock that has run further: the
// monotonic one stands still while a machine sleeps, the other may be set back.
func (l *Lease[V]) Age(now time.Time) time.Duration {
	return max(now.Sub(l.Asked), time.Duration(now.UnixNano()-l.wall))
}

// Left returns how long the lease may still be used, Forever, or 0 and less.
func (l *Lease[V]) Left(now time.Time) time.Duration {
	if l.dead < Forever {
		return l.dead - l.Age(now)
	}
	return Forever
}

// Source is what a Keeper fetches from.
type Source[V any] interface {
	// Fetch gets a value, in a goroutine of its own; a panic is its error. abandon ends a
	// flight that hangs, leave one that nobody waits for, and reports whether it has ended.
	Fetch(ctx context.Context, abandon func(error), leave func() bool) (*Lease[V], error)
	// Landed is told what a flight brought, and the lease in use before, or nil, before
	// waiters are woken; also of a lease that came too late, with an ended ctx.
	Landed(ctx context.Context, old, new *Lease[V], err error)
	// Pause, which must not use the Keeper, returns how long nobody asks again after err.
	Pause(err error, failures int) time.Duration
}

// Keeper keeps one lease in use. It must not be copied.
type Keeper[V any, S Source[V]] struct {
	Source  S
	state   atomic.Pointer[state[V]]
	mu      sync.Mutex          // held to change state and flights, never while anything waits
	flights map[*flight[V]]bool // under way; nil if none is
}

// state is all that a caller is answered from. It is replaced as a whole.
type state[V any] struct {
	lease   *Lease[V]   // in use, or nil
	doubted bool        // it was refused, and serves only for want of another
	failed  int32       // how many flights have failed in a row
	flight  *flight[V]  // that fetches the next, or nil
	pause   *PauseError // after the latest failure, or nil
	closed  error       // why there is no next, or nil
}

// flight is one acquisition, shared by all who wait for it.
type flight[V any] struct {
	ctx    context.Context // ends when lease and err are set, or nobody wants them any more
	cancel context.CancelFunc
	users  int // who wait; a renewal ahead of time is one that stays
	lease  *Lease[V]
	err    error
}

// PauseError is what callers get while no flight is started after one that failed.
type PauseError struct {
	error // the latest failure
	Until time.Time
}

func (p *PauseError) Unwrap() error           { return p.error }
func (p *PauseError) over(now time.Time) bool { return p == nil || !now.Before(p.Until) }

// ErrOwnFlight is what a function gets that waits for its own flight.
var ErrOwnFlight = errors.New("it waits for itself: the function that supplies the credential uses what it supplies")

func (k *Keeper[V, S]) load() state[V] {
	if s := k.state.Load(); s != nil {
		return *s
	}
	return state[V]{}
}

// serving returns the lease in use if it is good enough, and whether another is wanted.
func (s state[V]) serving(old *Lease[V], sure bool, now time.Time) (*Lease[V], bool) {
	if s.lease == nil || s.lease == old || s.doubted && sure || s.lease.Left(now) <= 0 {
		return nil, true
	}
	return s.lease, s.doubted || s.lease.Age(now) >= s.lease.due
}

// Peek returns the lease in use, dead, refused or nil, and why k was closed.
func (k *Keeper[V, S]) Peek() (*Lease[V], error) {
	s := k.load()
	return s.lease, s.closed
}

// Get returns a lease that is alive. While it is, Get takes no lock, and nobody waits for
// its renewal. One that was refused comes at once unless sure, or else for want of another.
func (k *Keeper[V, S]) Get(ctx context.Context, sure bool) (*Lease[V], error) {
	s, now := k.load(), time.Now()
	l, due := s.serving(nil, sure, now)
	if l == nil || due && s.flight == nil && s.pause.over(now) {
		return k.wait(ctx, nil, sure, false, false)
	}
	return l, nil
}

// Next returns another lease than old, and asks for it in a pause only with force.
func (k *Keeper[V, S]) Next(ctx context.Context, old *Lease[V], force bool) (*Lease[V], error) {
	return k.wait(ctx, old, true, force, false)
}

// Extra returns a lease that nobody else is given and the Keeper does not keep.
func (k *Keeper[V, S]) Extra(ctx context.Context) (*Lease[V], error) {
	return k.wait(ctx, nil, true, false, true)
}

// wait joins the flight under way, or starts one, if the state does not answer.
func (k *Keeper[V, S]) wait(ctx context.Context, old *Lease[V], sure, force, alone bool) (*Lease[V], error) {
	err, own := ctx.Err(), ctx.Value(k) != nil // code of the caller's, which may panic
	k.mu.Lock()
	s, now := k.load(), time.Now()
	if alone { // as if there were nothing yet
		s.lease, s.flight = nil, nil
	}
	l, due := s.serving(old, sure, now)
	switch {
	case !due || l != nil && s.flight != nil || err != nil || s.closed != nil:
	case own:
		err = ErrOwnFlight
	case s.flight != nil:
		s.flight.users++
	case !force && !s.pause.over(now):
		err = s.pause
	default:
		if s.flight = k.start(ctx); !alone {
			k.state.Store(&s)
		}
	}
	if k.mu.Unlock(); l != nil {
		return l, nil
	}
	if fl := s.flight; fl != nil && err == nil {
		select {
		case <-fl.ctx.Done():
			l, err = fl.lease, fl.err
		case <-ctx.Done():
			err = ctx.Err()
			k.mu.Lock()
			if fl.users--; alone {
				fl.cancel()
			}
			k.mu.Unlock()
		}
	}
	later, cause := k.load(), context.Cause(ctx)
	last, _ := later.serving(old, false, time.Now())
	switch {
	case later.closed != nil:
		return nil, later.closed
	case err == nil:
		return l, nil
	case cause != nil && !errors.Is(cause, ctx.Err()):
		return nil, fmt.Errorf("gave up waiting: %w: %w", ctx.Err(), cause)
	case cause != nil:
		return nil, fmt.Errorf("gave up waiting: %w", cause)
	case last != nil && last == s.lease:
		return last, nil // refused, but perhaps not everywhere
	}
	return nil, err
}

// start begins a flight for all who will wait: with the values of ctx, and with its
// beginning as that of k, but without the end. The caller holds mu.
func (k *Keeper[V, S]) start(ctx context.Context) *flight[V] {
	fl := &flight[V]{users: 1}
	fl.ctx, fl.cancel = context.WithCancel(context.WithValue(context.WithoutCancel(ctx), k, time.Now()))
	if k.flights == nil {
		k.flights = make(map[*flight[V]]bool)
	}
	k.flights[fl] = true
	go func() {
		l, err := (*Lease[V])(nil), errors.New("the function that supplies the credential ended its goroutine")
		defer func() { k.land(fl, l, err) }()
		defer catch(&err)
		l, err = k.Source.Fetch(fl.ctx, func(err error) { k.land(fl, nil, err) }, func() bool { return k.leave(fl) })
	}()
	return fl
}

// leave ends a flight that nobody waits for; who comes now begins another.
func (k *Keeper[V, S]) leave(fl *flight[V]) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.load(); fl.users == 0 && s.flight == fl {
		fl.cancel()
		s.flight = nil
		k.state.Store(&s)
	}
	return fl.ctx.Err() != nil
}

func catch(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v", p)
	}
}

// land ends a flight, unless it has ended, as by Close; that says nothing of the source.
func (k *Keeper[V, S]) land(fl *flight[V], l *Lease[V], err error) {
	k.mu.Lock()
	wanted := k.flights[fl] && fl.ctx.Err() == nil
	if delete(k.flights, fl); len(k.flights) == 0 {
		k.flights = nil
	}
	if !wanted {
		if k.mu.Unlock(); l != nil {
			k.Source.Landed(fl.ctx, nil, l, nil)
		}
		return
	}
	s, old, now := k.load(), k.load().lease, time.Now()
	if err == nil && l.Left(now) <= 0 {
		l, err = nil, errors.New("the credential had ended when it came")
	}
	shared := s.flight == fl
	if shared {
		s.flight = nil
	}
	if err != nil {
		s.failed++
		s.pause = &PauseError{err, now.Add(k.Source.Pause(err, int(s.failed)))}
	} else if s.failed, s.pause = 0, nil; shared {
		s.lease, s.doubted = l, false
	}
	k.state.Store(&s)
	fl.lease, fl.err = l, err
	k.mu.Unlock()
	defer fl.cancel() // wakes those who wait, a panic of Landed being their error
	defer catch(&fl.err)
	k.Source.Landed(fl.ctx, old, l, err)
}

// Refuse notes that l, if in use, does not work. It serves for want of another unless forget.
func (k *Keeper[V, S]) Refuse(l *Lease[V], forget bool) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.load()
	if l == nil || s.lease != l || s.doubted && !forget {
		return false
	}
	if s.doubted = true; forget {
		s.lease = nil
	}
	k.state.Store(&s)
	return true
}

// Close ends k and its flights with why. It returns the last lease, and if k was open.
func (k *Keeper[V, S]) Close(why error) (*Lease[V], bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.load()
	if s.closed == nil {
		k.state.Store(&state[V]{closed: why})
		for fl := range k.flights {
			fl.cancel()
		}
	}
	return s.lease, s.closed == nil
}
