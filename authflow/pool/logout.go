package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Forget logs out the flow of a key, for example because its user has left or has
// other rules now: its tokens are revoked, and every later call of that flow
// returns an error that matches [authflow.ErrClosed]. The next Get creates another
// flow. The result of a call of create that is running now is not used.
//
// Forget logs out every flow that the pool had for the key and that may still have
// credentials: what earlier calls of Forget could not end, and flows that their
// users closed. It takes as long as [authflow.Flow.Logout], side by side, and no
// longer than ctx allows. If some credentials may still be alive, it returns a
// [*ForgetError]; call Forget again, and it continues with those. It returns nil if
// none is, or if the pool has no flow for the key. Flows that the pool has dropped
// are not known any more.
func (p *Pool[K]) Forget(ctx context.Context, key K) error {
	todo := p.forget(key)
	failures := p.logOutAll(ctx, todo)
	if len(failures) == 0 {
		return nil
	}
	var left alive
	for _, d := range todo {
		left.add(d.flow)
	}
	return &ForgetError{Credentials: left.credentials, Until: left.end(), Dropped: p.trim(todo), Err: failures[0]}
}

// forget returns what Forget has to log out.
func (p *Pool[K]) forget(key K) []debt[K] {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.discard(key)
	hadFlow := p.take(key)
	if hadFlow {
		p.counts.Forgotten++
	}
	return p.owed.of(key)
}

// trim keeps the bound of the debts, and returns how many flows it dropped.
func (p *Pool[K]) trim(todo []debt[K]) (dropped int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range todo {
		isDropped := !p.closed && p.owed.trim(d.key, d.flow)
		if isDropped {
			dropped++
		}
	}
	return dropped
}

// ForgetError says what Forget could not end.
type ForgetError struct {
	// Credentials is how many credentials may still be alive.
	Credentials int
	// Until is when the last of them has expired by itself; the zero Time if that is
	// not known.
	Until time.Time
	// Dropped is how many of the flows another Forget cannot continue with, because
	// 10,000 flows of other keys are waiting for a Forget already.
	Dropped int
	// Err is the first failure.
	Err error
}

// Error implements error.
func (e *ForgetError) Error() string {
	text := fmt.Sprintf("pool: %s: %v", aliveText(e.Credentials, e.Until), e.Err)
	if e.Dropped > 0 {
		text += fmt.Sprintf(" (%d of the flows did not fit into the pool: another Forget cannot end them)", e.Dropped)
	}
	return text
}

// Unwrap returns the first failure.
func (e *ForgetError) Unwrap() error { return e.Err }

// aliveText says how many credentials are alive, and until when.
func aliveText(credentials int, until time.Time) string {
	text := fmt.Sprintf("%d credentials may still be alive", credentials)
	if credentials == 1 {
		text = "1 credential may still be alive"
	}
	if !until.IsZero() {
		text += " until " + until.UTC().Format(time.RFC3339)
	}
	return text
}

// Close logs out all flows that the pool has and those that Forget could not end,
// side by side, for as long as ctx allows. From the moment of the call, Get returns
// [ErrClosed]. If some flows could not be logged out, Close returns a [*CloseError];
// call Close again, and it continues with those. It returns nil if no credential of
// a flow that the pool had is alive, except of flows that it had dropped before.
// Close waits for another Close that is in progress, and not for calls of create,
// whose contexts it cancels: what they return later is logged out at once.
func (p *Pool[K]) Close(ctx context.Context) error {
	todo := p.stop()
	select {
	case p.closing <- struct{}{}:
		defer func() { <-p.closing }()
		todo = p.stop()
	case <-ctx.Done(): // Logout ends quickly then
	}
	failures := p.logOutAll(ctx, todo)
	return p.closeError(len(todo), failures)
}

// stop lets no Get through any more and returns what Close has to log out.
func (p *Pool[K]) stop() []debt[K] {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, key := range slices.Collect(maps.Keys(p.creations)) {
		p.discard(key)
	}
	for _, key := range p.flows.Keys() {
		p.take(key)
	}
	return p.owed.all()
}

// closeError returns the error of a Close that had to log out a number of flows, or
// nil.
func (p *Pool[K]) closeError(flows int, failures []error) error {
	p.mu.Lock()
	left, lost := p.owed.all(), p.owed.lost.now()
	p.mu.Unlock()
	if len(failures)+lost.flows == 0 {
		return nil
	}
	alive := lost
	for _, d := range left {
		alive.add(d.flow)
	}
	return &CloseError{
		Failed: len(failures) + lost.flows, Flows: flows + lost.flows,
		Credentials: alive.credentials, Until: alive.end(),
		Err: cmp.Or(append(failures, errLost)...),
	}
}

var errLost = errors.New("too many flows were waiting for another Forget; the tokens of the others expire by themselves")

// CloseError says how many flows Close could not log out.
type CloseError struct {
	// Failed is how many of Flows could not be logged out.
	Failed, Flows int
	// Credentials is how many of their credentials may still be alive.
	Credentials int
	// Until is when the last of them has expired by itself; the zero Time if that is
	// not known.
	Until time.Time
	// Err is the first failure.
	Err error
}

// Error implements error.
func (e *CloseError) Error() string {
	return fmt.Sprintf("pool: %d of %d flows could not be logged out; %s: %v", e.Failed, e.Flows, aliveText(e.Credentials, e.Until), e.Err)
}

// Unwrap returns the first failure.
func (e *CloseError) Unwrap() error { return e.Err }

// logouts is how many flows are logged out at a time. Their calls wait in the
// rate-limit queue of the Cluster, so that more would not be faster.
const logouts = 64

// logOutAll logs flows out side by side and returns the failures.
func (p *Pool[K]) logOutAll(ctx context.Context, todo []debt[K]) []error {
	var (
		mu       sync.Mutex
		failures []error
		workers  sync.WaitGroup
	)
	queue := make(chan debt[K])
	for range min(logouts, len(todo)) {
		workers.Go(func() {
			for d := range queue {
				err := p.logOut(ctx, d)
				if err != nil {
					mu.Lock()
					failures = append(failures, err)
					mu.Unlock()
				}
			}
		})
	}
	for _, d := range todo {
		queue <- d
	}
	close(queue)
	workers.Wait()
	return failures
}

// logOut logs a flow out. If that fails, the flow stays owed.
func (p *Pool[K]) logOut(ctx context.Context, d debt[K]) error {
	err := d.flow.Logout(ctx)
	credentials, _ := d.flow.Outstanding()
	if err == nil || credentials == 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.owed.settle(d.key, d.flow)
	}
	return err
}
