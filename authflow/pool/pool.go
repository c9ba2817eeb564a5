package pool

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// ErrClosed is the error of Get after Close. It matches [authflow.ErrClosed].
var ErrClosed = fmt.Errorf("pool: closed: %w", authflow.ErrClosed)

// Pool keeps a flow for each key, which is created when it is first requested. It
// is safe for concurrent use and must not be copied. Between calls it has no
// goroutine and no timer.
type Pool[K comparable] struct {
	create  func(context.Context, K) (*authflow.Flow, error)
	idle    time.Duration
	began   time.Time
	closing chan struct{} // has a place for one Close

	// mu guards the rest. No call of create and no call to the server is made under it.
	mu        sync.Mutex
	flows     *simplelru.LRU[K, *entry] // in the order of their last use
	creations map[K]*creation
	owed      debts[K]
	closed    bool
	counts    Stats
}

// entry is a flow in the pool.
type entry struct {
	flow *authflow.Flow // nil after Forget and Close, for callers that waited for it
	used time.Duration  // when it was last returned by Get, since the pool began
}

// Option changes a Pool. [New] checks it.
type Option func(*settings)

type settings struct {
	maxFlows int
	idle     time.Duration
}

// WithMaxFlows sets how many flows are kept at most. When there is one more, the
// least recently used one is dropped. Optional; 100,000.
func WithMaxFlows(n int) Option { return func(s *settings) { s.maxFlows = n } }

// WithIdle sets how long a flow is kept after Get last returned it. Optional; 24 h.
func WithIdle(d time.Duration) Option { return func(s *settings) { s.idle = d } }

// New returns a pool of the flows that create returns. Get calls create in a
// goroutine of its own, for several keys at once, but for each key only once at a
// time, except that after Forget another call may begin while the last one is still
// running. ctx has the values of the context of one caller of Get. It is canceled
// when no caller waits any more, and by Forget and Close; create must return then.
//
// An invalid option is an error that matches [authflow.ErrInvalid] and names the
// option.
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
	case s.maxFlows < 1:
		return nil, fmt.Errorf("pool: WithMaxFlows must be at least 1: %w", authflow.ErrInvalid)
	case s.idle <= 0:
		return nil, fmt.Errorf("pool: WithIdle must be above 0: %w", authflow.ErrInvalid)
	}
	flows, err := simplelru.NewLRU[K, *entry](s.maxFlows, nil)
	if err != nil {
		return nil, fmt.Errorf("pool: WithMaxFlows: %w", err)
	}
	return &Pool[K]{
		create: create, idle: s.idle, began: time.Now(), closing: make(chan struct{}, 1),
		flows: flows, creations: make(map[K]*creation), owed: newDebts[K](),
	}, nil
}

// Get returns the flow of a key. If the pool has none, or if that flow was closed,
// Get calls create and waits until it returns, or until ctx ends. Callers that
// request the same key in the meantime wait for the same call. They all get its
// error or its panic as an error; the next Get calls create again. A caller that
// waits while Forget is called for the key gets a flow that was requested after it.
//
// The other errors are the error of ctx, [ErrClosed], and one that matches
// [authflow.ErrInvalid] for a key that is not equal to itself, such as NaN.
func (p *Pool[K]) Get(ctx context.Context, key K) (*authflow.Flow, error) {
	if !isEqual(key, key) {
		return nil, fmt.Errorf("pool: the key is not equal to itself: %w", authflow.ErrInvalid)
	}
	f, err := p.lookUp(key)
	if f != nil || err != nil {
		return f, err
	}
	for {
		f, c, err := p.join(ctx, key)
		if c != nil {
			f, err = p.await(ctx, c)
		}
		if !errors.Is(err, errAgain) {
			return f, err
		}
	}
}

func isEqual[K comparable](a, b K) bool { return a == b }

// lookUp returns the flow of a key, or nil if it has to be created.
func (p *Pool[K]) lookUp(key K) (*authflow.Flow, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(key)
}

// find is lookUp for a caller that holds the lock.
func (p *Pool[K]) find(key K) (*authflow.Flow, error) {
	if p.closed {
		return nil, ErrClosed
	}
	now := p.now()
	p.dropIdle(now, maxDropped)
	e, isThere := p.flows.Get(key)
	switch {
	case !isThere:
		return nil, nil
	case p.isIdle(e, now):
		p.flows.Remove(key)
		p.counts.Dropped++
		return nil, nil
	case e.flow.Closed():
		p.flows.Remove(key)
		p.counts.Replaced++
		p.owed.add(key, e.flow)
		p.owed.trim(key, e.flow) // Logout can end what Close left alive
		return nil, nil
	}
	e.used = now
	return e.flow, nil
}

// now returns the time since the pool began. A clock that is set does not change it.
func (p *Pool[K]) now() time.Duration { return time.Since(p.began) }

// maxDropped is how many idle flows one Get drops, so that no caller waits while
// the flows of a whole weekend are dropped.
const maxDropped = 100

func (p *Pool[K]) isIdle(e *entry, now time.Duration) bool { return now-e.used >= p.idle }

// dropIdle drops at most n idle flows. The caller holds the lock.
func (p *Pool[K]) dropIdle(now time.Duration, n int) {
	for range n {
		_, e, isThere := p.flows.GetOldest()
		if !isThere || !p.isIdle(e, now) {
			return
		}
		p.flows.RemoveOldest()
		p.counts.Dropped++
	}
}

// keep puts a new flow into the pool. The caller holds the lock.
func (p *Pool[K]) keep(key K, f *authflow.Flow) *entry {
	e := &entry{flow: f, used: p.now()}
	isOneDropped := p.flows.Add(key, e)
	if isOneDropped {
		p.counts.Dropped++
	}
	return e
}

// take removes the flow of a key from the pool, so that no caller gets it any more,
// and makes it one that is owed. It reports whether there was one. The caller holds
// the lock.
func (p *Pool[K]) take(key K) bool {
	e, isThere := p.flows.Peek(key)
	if !isThere {
		return false
	}
	p.flows.Remove(key)
	p.owed.add(key, e.flow)
	e.flow = nil
	return true
}

// Keys returns the keys that have a flow, the least recently used one first. It
// takes them when the iteration begins.
func (p *Pool[K]) Keys() iter.Seq[K] {
	return func(yield func(K) bool) {
		for _, key := range p.keys() {
			if !yield(key) {
				return
			}
		}
	}
}

func (p *Pool[K]) keys() []K {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropIdle(p.now(), p.flows.Len())
	return p.flows.Keys()
}
