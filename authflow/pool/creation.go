package pool

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// creation is one call of create, which all callers of Get for one key wait for.
// singleflight does not fit: its keys are strings.
type creation struct {
	within  *creation // the call of create that began this one, or nil
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{} // closed when the callers may go on
	waiters int

	// The callers that joined after all others had left call create again if it
	// fails, because its context was canceled.
	isAbandoned bool
	isDone      bool
	entry       *entry // or nil
	err         error
}

// errAgain is the error of a creation after which its callers begin another one.
var errAgain = errors.New("pool: the flow was forgotten while it was being created")

var (
	errExited   = errors.New("pool: create ended its goroutine")
	errNothing  = errors.New("pool: create returned neither a flow nor an error")
	errUnusable = fmt.Errorf("pool: create returned a flow that was closed before: %w", authflow.ErrClosed)
	errOwn      = errors.New("pool: deadlock: create called Get for the key that it creates")
)

// withinKey is the key of the mark in the context of create by which Get recognises
// a call from it.
type withinKey struct{}

func newCreation(ctx context.Context) *creation {
	c := &creation{done: make(chan struct{})}
	c.within, _ = ctx.Value(withinKey{}).(*creation)
	c.ctx, c.cancel = context.WithCancel(context.WithValue(context.WithoutCancel(ctx), withinKey{}, c))
	return c
}

// isWithin reports whether other is waiting for c.
func (c *creation) isWithin(other *creation) bool {
	for outer := c.within; outer != nil; outer = outer.within {
		if outer == other {
			return true
		}
	}
	return false
}

// join returns the flow of a key, or its creation, to which it adds the caller. It
// begins the creation if there is none.
func (p *Pool[K]) join(ctx context.Context, key K) (*authflow.Flow, *creation, error) {
	if ctx.Err() != nil {
		return nil, nil, gaveUp(ctx)
	}
	next := newCreation(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	f, err := p.find(key)
	if f != nil || err != nil {
		next.cancel()
		return f, nil, err
	}
	c, isThere := p.creations[key]
	switch {
	case !isThere:
		c = next
		p.creations[key] = c
		go p.run(key, c)
	case next.isWithin(c):
		next.cancel()
		return nil, nil, errOwn
	default:
		next.cancel()
	}
	c.waiters++
	return nil, c, nil
}

// await waits for a creation. One that is done wins over a context that ends at the
// same moment.
func (p *Pool[K]) await(ctx context.Context, c *creation) (*authflow.Flow, error) {
	select {
	case <-c.done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !c.isDone {
		c.waiters--
		if c.waiters == 0 {
			c.isAbandoned = true
			c.cancel()
		}
		return nil, gaveUp(ctx)
	}
	switch {
	case p.closed:
		return nil, ErrClosed
	case c.err != nil && c.isAbandoned:
		return nil, errAgain
	case c.err != nil:
		return nil, c.err
	case c.entry.flow == nil || c.entry.flow.Closed():
		return nil, errAgain
	}
	return c.entry.flow, nil
}

// gaveUp is the error of a caller whose context has ended.
func gaveUp(ctx context.Context) error {
	err := ctx.Err()
	cause := context.Cause(ctx)
	if !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return fmt.Errorf("pool: gave up waiting for create: %w", err)
}

// run calls create. It may end the goroutine, as t.FailNow does.
func (p *Pool[K]) run(key K, c *creation) {
	var f *authflow.Flow
	err := errExited
	defer func() { p.complete(key, c, f, err) }()
	hasReturned := false
	err = renewal.Guard(func() (err error) {
		f, err = p.create(c.ctx, key)
		hasReturned = true
		return err
	})
	switch {
	case !hasReturned:
		err = fmt.Errorf("pool: create panicked: %w", err)
	case err == nil:
		err = problem(f)
	}
}

// problem returns why a flow that create returned cannot be used, or nil.
func problem(f *authflow.Flow) error {
	switch {
	case f == nil:
		return errNothing
	case f.Closed():
		return errUnusable
	}
	return nil
}

// complete wakes the callers with the result of create. A flow that arrives after
// Forget or Close is logged out at once: create may have used it.
func (p *Pool[K]) complete(key K, c *creation, f *authflow.Flow, err error) {
	defer c.cancel()
	isTooLate := p.finish(key, c, f, err)
	if isTooLate && err == nil {
		late := debt[K]{key, f}
		if p.logOut(context.Background(), late) != nil { // Policy.Timeout bounds it; otherwise the flow stays owed
			p.trim([]debt[K]{late})
		}
	}
}

// finish keeps the result of create, and reports whether it came too late.
func (p *Pool[K]) finish(key K, c *creation, f *authflow.Flow, err error) (isTooLate bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case c.isDone && err == nil:
		p.owed.add(key, f)
		return true
	case c.isDone:
		return true
	case err == nil:
		p.counts.Created++
		c.entry = p.keep(key, f)
	default:
		p.counts.Failed++
	}
	p.end(key, c, err)
	return false
}

// end ends a creation and wakes its callers. The caller holds the lock.
func (p *Pool[K]) end(key K, c *creation, err error) {
	delete(p.creations, key)
	c.isDone, c.err = true, err
	close(c.done)
}

// discard ends the creation of a key, if there is one: what create returns is not
// used. The caller holds the lock.
func (p *Pool[K]) discard(key K) {
	c, isThere := p.creations[key]
	if isThere {
		p.end(key, c, errAgain)
		c.cancel()
	}
}
