package authflow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"net/http/httptrace"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// source is a Flow as the source of its keeper.
type source Flow

// Acquire acquires a credential. It tries until one arrives or is refused, or
// until the attempts or the time are used up (R5). It does not wait for a function
// of the user's that hangs.
func (s *source) Acquire(ctx context.Context, fl *flight) (*lease, error) {
	f, p := (*Flow)(s), &s.cluster.policy
	ctx = untraced{ctx}
	budget := p.Timeout
	var failed *Error
	for n := 1; ; n++ {
		limit := budget / time.Duration(max(1, p.MaxAttempts-n+1))
		before := failed
		late := func(err *Error) *Error { return f.late(before, err, limit) }
		t := startClock(ctx, limit, func() { fl.Timeout(late(nil).after(n)) })
		t.flight = fl
		l, err := t.run(f.mint)
		spent := t.stop()
		if err == nil {
			l.Value.tries = uint8(min(n, math.MaxUint8))
			l.ID = f.idOf(&l.Value)
			return l, nil
		}
		e := asError(f.way.op(), err)
		if spent >= limit {
			e = late(e)
		}
		failed, budget = e, budget-spent
		wait := backoff(n, e.RetryAfter)
		again := n < p.MaxAttempts && wait < budget && f.mayRepeat(e)
		if !again || !sleep(ctx, wait) {
			return nil, e.after(n)
		}
		budget -= wait
	}
}

// mayRepeat reports whether another attempt may succeed after e, and does no harm
// (R11).
func (f *Flow) mayRepeat(e *Error) bool {
	if e.held || f.below(e) || !e.Retryable() {
		return false
	}
	return f.rules != rulesAppended || e.undone()
}

// idOf returns the ID of a lease: a keyed hash of a token, or a random number for
// a session, whose cookies change.
func (f *Flow) idOf(c *credential) uint64 {
	if c.session != nil {
		return 1 + rand.Uint64N(math.MaxUint64)
	}
	return f.cluster.idOf(c.header[0])
}

// idOf returns the ID of the lease of a token by its Authorization header.
func (c *Cluster) idOf(header string) uint64 { return max(1, maphash.String(c.seed, header)) }

// untraced hides the net/http/httptrace hooks of the request that began a
// flight: they are to hear of that request only, and not when it is long over
// (L5).
type untraced struct{ context.Context }

// Value implements context.Context.
func (u untraced) Value(key any) any {
	v := u.Context.Value(key)
	if _, hooks := v.(*httptrace.ClientTrace); hooks {
		return nil
	}
	return v
}

// late is the error of a try that took too long. It tells what failed before,
// which says more.
func (f *Flow) late(before, err *Error, limit time.Duration) *Error {
	text := fmt.Sprintf("no answer within %v", limit.Round(time.Millisecond))
	switch {
	case before != nil && before.Err != nil:
		e := *before
		e.Err = fmt.Errorf("%w; then %s", e.Err, text)
		return &e
	case before != nil:
		e := *before
		e.Err = errors.New("then " + text)
		return &e
	case err != nil && err.Status != 0: // it came from a Flow below
		return err
	}
	return &Error{Op: f.way.op(), Err: fmt.Errorf("%s: %w", text, context.DeadlineExceeded), retry: true}
}

// below reports whether e is of the Flow that f is built on, which tries again
// and pauses by itself.
func (f *Flow) below(e *Error) bool { return e.inner && f.parent() != nil }

// Backoff returns how long no acquisition begins after one that failed.
func (s *source) Backoff(err error, failures int) time.Duration {
	e := asError(s.way.op(), err)
	switch { // what the Cluster knows, or another Flow, is asked again then
	case (*Flow)(s).below(e):
		return time.Second
	case e.held && (s.supplied != nil || s.cluster.secretKey != nil):
		return min(e.RetryAfter, time.Second) // or earlier, as the credential may have changed
	case e.held:
		return e.RetryAfter
	}
	limit := maxPause
	if e.Status == 400 || e.Status == 401 || e.Status == 403 {
		limit = time.Minute
	}
	if e.soon > 0 {
		limit = e.soon
	}
	pause := time.Second << min(failures-1, 10)
	return max(min(pause, limit), min(e.RetryAfter, maxRetryAfter))
}

// Completed keeps what has to be kept of an acquisition and reports it.
func (s *source) Completed(c renewal.Completion[credential]) {
	f := (*Flow)(s)
	if c.Late {
		f.trackForRevocation(c.New)
		return
	}
	e := Event{Kind: Acquired, Reason: "none in use", Duration: time.Since(c.Began)}
	alive := c.Old != nil && c.Old.Remaining(time.Now()) > 0
	switch {
	case c.Err != nil:
		failed := asError(f.way.op(), c.Err)
		e.Kind, e.Err, e.Attempt = RenewalFailed, failed, failed.tries
		if alive {
			e.Remaining, e.Reason = f.remaining(c.Old), "the last one stays in use"
		}
		f.report(e)
		return
	case c.Exclusive:
		f.trackForRevocation(c.New)
		e.Reason = "for one caller only"
	case alive:
		e.Kind, e.Reason = Renewed, "before the last one expires"
	}
	if !c.Exclusive {
		f.trackForRevocation(c.Old)
	}
	e.Remaining, e.Attempt = f.remaining(c.New), int(c.New.Value.tries)
	f.report(e)
}

// remaining is what events say of a lease: 0 if nothing but idleness or rejection
// ends it.
func (f *Flow) remaining(l *lease) time.Duration {
	left := l.Remaining(time.Now())
	if left == renewal.Forever {
		return 0
	}
	return max(0, left)
}

// clock is the time that one try may take.
type clock struct {
	ctx          context.Context
	cancel       context.CancelFunc
	limit, grace *time.Timer
	total, left  time.Duration
	began        time.Time
	off          bool    // in offClock
	flight       *flight // nil in Logout
}

// graceTime is what a function has to return in when its context has ended.
const graceTime = time.Second

func startClock(ctx context.Context, limit time.Duration, timeout func()) *clock {
	t := &clock{total: limit, left: limit, began: time.Now()}
	t.ctx, t.cancel = context.WithCancel(ctx)
	t.limit = time.AfterFunc(limit, t.cancel)
	t.grace = time.AfterFunc(limit+graceTime, timeout)
	return t
}

func (t *clock) run(f func(context.Context, *clock) (*lease, error)) (*lease, error) {
	defer t.stop() // also if it panics
	return f(t.ctx, t)
}

// offClock calls wait and does not count its time: how long a queue is, is
// nobody's fault. It may be called within wait.
func (t *clock) offClock(wait func() error) error {
	if t.off {
		return wait()
	}
	t.hold()
	t.off = true
	defer func() {
		t.off = false
		t.began = time.Now()
		t.limit.Reset(t.left)
		t.grace.Reset(t.left + graceTime)
	}()
	return wait()
}

func (t *clock) hold() {
	t.left -= time.Since(t.began)
	t.began = time.Now()
	t.limit.Stop()
	t.grace.Stop()
}

// stop ends the clock and returns what it has counted.
func (t *clock) stop() time.Duration {
	t.hold()
	t.cancel()
	return t.total - t.left
}

// backoff returns the time before the next try: 200 ms, doubled each time,
// between half and all of it, and if asked to wait longer somewhat above that.
func backoff(n int, after time.Duration) time.Duration {
	d := 200 * time.Millisecond << min(n-1, 10)
	d = d/2 + rand.N(d/2)
	if after > 0 {
		d = max(d, jitter(after))
	}
	return d
}

// sleep waits for d and reports true, or false at once if ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
