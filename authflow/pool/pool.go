package pool

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// ErrClosed is what Get returns after Close. It matches [authflow.ErrClosed].
var ErrClosed = fmt.Errorf("pool: closed: %w", authflow.ErrClosed)

// Pool keeps a flow for each key, made when it is first requested. It is safe
// for concurrent use and must not be copied.
type Pool[K comparable] struct {
	create func(context.Context, K) (*authflow.Flow, error)
	flows  *otter.Cache[K, *authflow.Flow]
	closed atomic.Bool

	created, failed, dropped, forgotten atomic.Uint64
}

// Option changes a Pool. [New] checks it.
type Option func(*settings)

type settings struct {
	max  int
	idle time.Duration
}

// WithMaxFlows bounds how many flows are kept. Optional; 100,000.
func WithMaxFlows(n int) Option { return func(s *settings) { s.max = n } }

// WithIdle sets how long a flow is kept that nobody requests. Optional; 24 h.
func WithIdle(d time.Duration) Option { return func(s *settings) { s.idle = d } }

// New returns a pool of the flows that create makes. create gets the context of
// a caller of Get and must not use the pool. It may be called for several keys at
// once, and so has to be safe for concurrent use. An option that cannot be is an
// error that matches [authflow.ErrInvalid] and names it.
func New[K comparable](create func(ctx context.Context, key K) (*authflow.Flow, error), opts ...Option) (*Pool[K], error) {
	s := settings{100_000, 24 * time.Hour}
	for _, o := range opts {
		if o != nil {
			o(&s)
		}
	}
	switch {
	case create == nil:
		return nil, fmt.Errorf("pool: create must not be nil: %w", authflow.ErrInvalid)
	case s.max < 1:
		return nil, fmt.Errorf("pool: WithMaxFlows must be at least 1: %w", authflow.ErrInvalid)
	case s.idle <= 0:
		return nil, fmt.Errorf("pool: WithIdle must be above 0: %w", authflow.ErrInvalid)
	}
	p := &Pool[K]{create: create}
	var err error
	p.flows, err = otter.New(&otter.Options[K, *authflow.Flow]{
		MaximumSize:      s.max,
		ExpiryCalculator: otter.ExpiryAccessing[K, *authflow.Flow](s.idle),
		OnDeletion: func(e otter.DeletionEvent[K, *authflow.Flow]) {
			if e.WasEvicted() {
				p.dropped.Add(1)
			}
		},
	})
	return p, err
}

// Get returns the flow of a key, which create makes if there is none. It waits
// for create no longer than ctx allows. The errors are those of create, of ctx,
// and [ErrClosed].
func (p *Pool[K]) Get(ctx context.Context, key K) (*authflow.Flow, error) {
	if p.closed.Load() {
		return nil, ErrClosed
	}
	if f, ok := p.flows.GetIfPresent(key); ok {
		return f, nil
	}
	f, err := p.flows.Get(ctx, key, otter.LoaderFunc[K, *authflow.Flow](p.load))
	if err == nil && p.closed.Load() { // Close may have looked before it was kept
		_ = f.Close()
		return nil, ErrClosed
	}
	return f, err
}

// load calls create, and counts.
func (p *Pool[K]) load(ctx context.Context, key K) (f *authflow.Flow, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("pool: create panicked: %v", v)
		}
		if err != nil {
			f = nil
			p.failed.Add(1)
			return
		}
		p.created.Add(1)
	}()
	if f, err = p.create(ctx, key); err == nil && f == nil {
		err = errors.New("pool: create returned no flow")
	}
	return f, err
}

// Forget logs the flow of a key out, because its user has left or has other
// rules now: its tokens are revoked, and whoever still uses it gets an error that
// matches [authflow.ErrClosed]. The next Get makes another flow. It waits as
// [authflow.Flow.Logout] does, and returns its error; nil if there is no flow.
func (p *Pool[K]) Forget(ctx context.Context, key K) error {
	f, ok := p.flows.Invalidate(key) // and with it what create is making
	if !ok {
		return nil
	}
	p.forgotten.Add(1)
	return f.Logout(ctx)
}

// Keys returns the keys that have a flow, in no order.
func (p *Pool[K]) Keys() iter.Seq[K] { return p.flows.Keys() }

// closers is how many flows Close logs out at once. Each waits in the
// rate-limit queue of the cluster, so that more would not be faster.
const closers = 64

// Close logs all flows out, for as long as ctx lasts, and lets no Get through
// any more. What it could not end is told in a [*CloseError]. A second Close does
// nothing.
func (p *Pool[K]) Close(ctx context.Context) error {
	if p.closed.Swap(true) {
		return nil
	}
	todo := make(chan *authflow.Flow)
	var mu sync.Mutex
	var failed CloseError
	var wg sync.WaitGroup
	for range closers {
		wg.Go(func() {
			for f := range todo {
				err := f.Logout(ctx)
				mu.Lock()
				failed.Flows++
				if err != nil && !errors.Is(err, authflow.ErrClosed) {
					failed.Failed++
					if failed.Err == nil {
						failed.Err = err
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, f := range p.flows.All() {
		todo <- f
	}
	close(todo)
	wg.Wait()
	p.flows.InvalidateAll()
	p.flows.StopAllGoroutines()
	if failed.Failed == 0 {
		return nil
	}
	return &failed
}

// CloseError says how many flows Close could not log out: their tokens live on
// until they expire.
type CloseError struct {
	Failed, Flows int   // of so many
	Err           error // the first failure
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("pool: %d of %d flows could not be logged out: %v", e.Failed, e.Flows, e.Err)
}

// Unwrap returns the first failure.
func (e *CloseError) Unwrap() error { return e.Err }

// Stats are counts since the pool was made, and the flows that it has.
type Stats struct {
	Flows     int    // kept now
	Created   uint64 // by create
	Failed    uint64 // calls of create
	Dropped   uint64 // for want of room, or idle
	Forgotten uint64 // by Forget
}

// Stats returns the counts, for metrics. They are not of one instant.
func (p *Pool[K]) Stats() Stats {
	return Stats{p.flows.EstimatedSize(), p.created.Load(), p.failed.Load(), p.dropped.Load(), p.forgotten.Load()}
}
