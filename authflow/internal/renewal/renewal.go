// Package renewal keeps one value fresh for all who need it: a [Keeper] fetches
// it when it is first wanted, again in the background before it ends, and hands
// the same one to everybody meanwhile. It knows nothing of what it keeps.
package renewal

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Forever is a lifetime without an end.
const Forever time.Duration = math.MaxInt64

// Lease is a value with its schedule. It never changes: whether it is fresh,
// due or dead follows from its age, which counts from when it was asked for.
type Lease[V any] struct {
	Value V
	Asked time.Time // when it was asked for

	wall      int64         // Asked by the wall clock, in nanoseconds
	due, dead time.Duration // ages
}

// NewLease returns a lease of v that was asked for at asked and lives for life,
// the last part of which, zone, is not used. It is due at the part at of its
// life, or, if it is older than that already, at that part of what is left, and
// no sooner than in a second.
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

// Age returns how old the lease is. Of the two clocks the one that ran further
// counts: the monotonic one stands still while a machine sleeps, the wall clock
// may be set back.
func (l *Lease[V]) Age(now time.Time) time.Duration {
	return max(now.Sub(l.Asked), time.Duration(now.UnixNano()-l.wall))
}

// Left returns how long the lease may still be used: Forever, or what remains,
// which is not above 0 once it is dead.
func (l *Lease[V]) Left(now time.Time) time.Duration {
	if l.dead == Forever {
		return Forever
	}
	return l.dead - l.Age(now)
}

// Source is what a Keeper fetches from.
type Source[V any] interface {
	// Fetch gets a value. It is called in a goroutine of the flight's own; a
	// panic becomes the flight's error. abandon ends the flight though Fetch has
	// not returned, as when it hangs; what it brings afterwards is not used.
	Fetch(ctx context.Context, abandon func(error)) (*Lease[V], error)
	// Pause returns how long nobody asks again after err, the latest of so many
	// failures in a row. It is called with the Keeper's lock held.
	Pause(err error, failures int) time.Duration
}

// Keeper keeps one lease in use. It must not be copied.
type Keeper[V any] struct {
	Source Source[V]

	state atomic.Pointer[state[V]]
	mu    sync.Mutex // held to change state, never while anything waits
}

// state is all that a Keeper knows. It is replaced as a whole.
type state[V any] struct {
	lease   *Lease[V]  // in use, or nil
	doubted bool       // it was refused, and serves only for want of another
	flight  *flight[V] // that fetches the next, or nil
	pause   *Pause     // what failed since the last success, or nil
	closed  error      // why there is no next, or nil
}

// flight is one acquisition, shared by all who wait for it.
type flight[V any] struct {
	cancel context.CancelFunc
	landed bool          // guarded by the Keeper's mu
	done   chan struct{} // closed when lease and err are set
	lease  *Lease[V]
	err    error
}

// flightOf marks the context of a Keeper's flight.
type flightOf[V any] struct{ *Keeper[V] }

// Pause is the time after failed flights in which none is started, and the
// error of those who would have waited for one.
type Pause struct {
	Until    time.Time
	Err      error // the latest failure
	failures int
}

func (p *Pause) Error() string { return p.Err.Error() }

// Unwrap returns the failure.
func (p *Pause) Unwrap() error { return p.Err }

func (p *Pause) over(now time.Time) bool { return p == nil || !now.Before(p.Until) }

// What goes wrong in the function that fetches.
var (
	ErrOwnFlight = errors.New("it waits for itself: the function that supplies the credential uses what it supplies")
	errGoexit    = errors.New("the function that supplies the credential ended its goroutine")
)

func (k *Keeper[V]) load() state[V] {
	if s := k.state.Load(); s != nil {
		return *s
	}
	return state[V]{}
}

// Peek returns the lease in use, which may be dead or refused, or nil, and why
// the Keeper was closed, or nil.
func (k *Keeper[V]) Peek() (*Lease[V], error) {
	s := k.load()
	return s.lease, s.closed
}

// Get returns a lease that is alive. While it is, Get takes no lock and nobody
// waits, not even for the renewal that Get starts when it is due. A lease that
// was refused is returned while its successor is on the way if sure is false,
// and if sure is true only where no successor can be had.
func (k *Keeper[V]) Get(ctx context.Context, sure bool) (*Lease[V], error) {
	if s := k.state.Load(); s != nil && s.lease != nil && !s.doubted {
		now := time.Now()
		age := s.lease.Age(now)
		if age < s.lease.dead {
			if age >= s.lease.due && s.flight == nil && s.pause.over(now) {
				k.ahead(ctx, s.lease)
			}
			return s.lease, nil
		}
	}
	return k.wait(ctx, nil, sure, false)
}

// Next returns another lease than old: the one that has taken its place, or the
// next one, which is asked for in a pause only with force.
func (k *Keeper[V]) Next(ctx context.Context, old *Lease[V], force bool) (*Lease[V], error) {
	return k.wait(ctx, old, true, force)
}

// Extra returns a lease that nobody else is given and the Keeper does not keep.
func (k *Keeper[V]) Extra(ctx context.Context) (*Lease[V], error) {
	k.mu.Lock()
	if s := k.load(); s.closed != nil || !s.pause.over(time.Now()) {
		k.mu.Unlock()
		if s.closed != nil {
			return nil, s.closed
		}
		return nil, s.pause
	}
	fl := k.start(ctx)
	k.mu.Unlock()
	defer fl.cancel() // nobody else waits for it
	return fl.join(ctx)
}

// wait joins the flight under way, or starts one, if the state does not answer.
func (k *Keeper[V]) wait(ctx context.Context, old *Lease[V], sure, force bool) (*Lease[V], error) {
	k.mu.Lock()
	s, now := k.load(), time.Now()
	alive := s.lease != nil && s.lease != old && s.lease.Left(now) > 0
	if s.closed != nil || alive && !s.doubted { // the latter: another flight has landed meanwhile
		k.mu.Unlock()
		return s.lease, s.closed
	}
	own := ctx.Value(flightOf[V]{k}) != nil
	if s.flight == nil && !own && ctx.Err() == nil && (force || s.pause.over(now)) {
		s.flight = k.start(ctx)
		k.state.Store(&s)
	}
	k.mu.Unlock()

	var l *Lease[V]
	var err error
	switch {
	case alive && !sure:
		return s.lease, nil
	case own:
		return nil, ErrOwnFlight
	case s.flight == nil && ctx.Err() == nil:
		err = s.pause
	default:
		l, err = s.flight.join(ctx)
	}
	if err != nil && alive && ctx.Err() == nil && k.load().closed == nil {
		return s.lease, nil // refused, but perhaps not everywhere
	}
	return l, err
}

// join waits for a flight, but no longer than ctx allows.
func (fl *flight[V]) join(ctx context.Context) (*Lease[V], error) {
	if ctx.Err() == nil {
		select {
		case <-fl.done:
			return fl.lease, fl.err
		case <-ctx.Done():
		}
	}
	return nil, fmt.Errorf("gave up waiting: %w", context.Cause(ctx))
}

// ahead starts the renewal of a lease that is due, unless another caller has.
func (k *Keeper[V]) ahead(ctx context.Context, l *Lease[V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.load(); s.lease == l && s.flight == nil && s.pause.over(time.Now()) {
		s.flight = k.start(ctx)
		k.state.Store(&s)
	}
}

// start begins a flight. It keeps the values of ctx and not its end, because it
// belongs to all who will wait for it. The caller holds mu.
func (k *Keeper[V]) start(ctx context.Context) *flight[V] {
	ctx, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), flightOf[V]{k}, true))
	fl := &flight[V]{cancel: cancel, done: make(chan struct{})}
	go func() {
		l, err := (*Lease[V])(nil), errGoexit
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
			k.land(fl, l, err)
		}()
		l, err = k.Source.Fetch(ctx, func(err error) { k.land(fl, nil, err) })
	}()
	return fl
}

// land ends a flight: by its function, by abandon or by Close, whoever is first.
func (k *Keeper[V]) land(fl *flight[V], l *Lease[V], err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if fl.landed {
		return
	}
	s := k.load()
	switch {
	case s.closed != nil:
		l, err = nil, s.closed
	case err != nil:
		p := &Pause{Err: err, failures: 1}
		if s.pause != nil {
			p.failures += s.pause.failures
		}
		p.Until = time.Now().Add(k.Source.Pause(err, p.failures))
		s.pause = p
	default:
		s.pause = nil
		if s.flight == fl {
			s.lease, s.doubted = l, false
		}
	}
	if s.flight == fl {
		s.flight = nil
	}
	k.state.Store(&s)
	fl.landed, fl.lease, fl.err = true, l, err
	close(fl.done)
	fl.cancel()
}

// Refuse notes that l does not work though it is alive, if it is the one in
// use. It serves on where nothing better can be had, but not if forget is true.
func (k *Keeper[V]) Refuse(l *Lease[V], forget bool) bool {
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

// Close ends the Keeper and the flight under way; those who wait and all who
// come later get why. It returns the lease that was in use, and false if the
// Keeper was closed before.
func (k *Keeper[V]) Close(why error) (*Lease[V], bool) {
	k.mu.Lock()
	s := k.load()
	if s.closed == nil {
		k.state.Store(&state[V]{closed: why})
	}
	k.mu.Unlock()
	if fl := s.flight; fl != nil {
		k.land(fl, nil, why)
	}
	return s.lease, s.closed == nil
}
