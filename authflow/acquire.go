package authflow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"net/http/httptrace"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// source is a Flow as what its keeper fetches from.
type source Flow

// Fetch acquires a credential: it tries until one comes, is refused, or the
// tries or the time are used up (R5). A function of the user's that hangs is
// left behind.
func (s *source) Fetch(ctx context.Context, abandon func(error), leave func() bool) (*lease, error) {
	f, p := (*Flow)(s), &s.cluster.policy
	if d, now := f.doubt.Load(), time.Now(); d != nil && d.gone && now.Before(d.until) && ctx.Value(insist{}) == nil {
		return nil, (&Error{Op: f.way.op(), Err: errors.New("what it has brought lately does not work"), retry: true}).paused(d.until.Sub(now))
	}
	ctx = untraced{ctx}
	budget := p.Timeout
	var failed *Error
	for n := 1; ; n++ {
		limit := budget / time.Duration(max(1, p.MaxAttempts-n+1))
		before := failed
		late := func(err *Error) *Error { return f.late(before, err, limit) }
		t := startClock(ctx, limit, func() { abandon(late(nil).after(n)) })
		t.leave = leave
		l, err := t.run(f.mint)
		spent := t.stop()
		if err == nil {
			l.Value.tries = uint8(min(n, math.MaxUint8))
			return l, nil
		}
		e := asError(f.way.op(), err)
		if spent >= limit {
			e = late(e)
		}
		failed, budget = e, budget-spent
		wait := backoff(n, e.RetryAfter)
		if n >= p.MaxAttempts || e.held || f.below(e) || !e.Retryable() || f.rules == rulesAppended && !e.undone() || wait >= budget || !sleep(ctx, wait) {
			return nil, e.after(n)
		}
		budget -= wait
	}
}

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

// Pause says how long nobody asks again.
func (s *source) Pause(err error, failures int) time.Duration {
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

// Landed keeps what has to be kept of an acquisition and reports it.
func (s *source) Landed(ctx context.Context, old, l *lease, err error) {
	f, e := (*Flow)(s), Event{Kind: Acquired, Reason: "none in use"}
	if ctx.Err() != nil { // nobody waits for it any more
		f.retire(l)
		return
	}
	began, _ := ctx.Value(&f.keeper).(time.Time)
	e.Duration = time.Since(began)
	alive := old != nil && old.Left(time.Now()) > 0
	switch {
	case err != nil:
		failed := asError(f.way.op(), err)
		if e.Kind, e.Err, e.Attempt = RenewalFailed, failed, failed.tries; alive {
			e.Remaining, e.Reason = f.left(old), "the last one stays in use"
		}
		f.report(e)
		return
	case ctx.Value(exclusive{f}) != nil:
		f.retire(l) // so that Logout ends it
		e.Reason = "for one caller alone"
	case alive:
		e.Kind, e.Reason = Renewed, "before the last one ends"
		fallthrough
	default:
		f.retire(old)
	}
	e.Remaining, e.Attempt = f.left(l), int(l.Value.tries)
	f.report(e)
}

// left is what events say of a lease: 0 if it has no end but by idleness or
// refusal.
func (f *Flow) left(l *lease) time.Duration {
	left := l.Left(time.Now())
	if left == renewal.Forever {
		return 0
	}
	return max(0, left)
}

// past is what a Flow remembers of credentials that are not in use any more.
// It is replaced as a whole.
type past struct {
	alive  []*lease // that Logout has to end
	issued []uint64 // hashes of the headers that Edit has put into requests
}

// What is remembered at the most.
const (
	maxIssued = 16
	maxAlive  = 1000
)

// retire remembers a lease that is not in use any more.
func (f *Flow) retire(l *lease) {
	if l == nil {
		return
	}
	now := time.Now()
	for {
		old := f.past.Load()
		next := &past{}
		if old != nil {
			next.alive = slices.DeleteFunc(slices.Clone(old.alive), func(o *lease) bool { return o == l || !f.lives(o, now) })
			next.alive = next.alive[max(0, len(next.alive)-maxAlive+1):]
			next.issued = slices.Clone(old.issued[max(0, len(old.issued)-maxIssued+1):])
		}
		if f.lives(l, now) && (l.Value.session != nil || l.Left(now) != renewal.Forever) { // which only ends by refusal
			next.alive = append(next.alive, l)
		}
		if l.Value.session == nil {
			next.issued = append(next.issued, maphash.String(f.cluster.seed, l.Value.header[0]))
		}
		if f.past.CompareAndSwap(old, next) {
			break
		}
	}
	if _, closed := f.keeper.Peek(); errors.Is(closed, errLoggedOut) { // which may have looked before
		ctx, cancel := context.WithTimeout(context.Background(), f.cluster.policy.Timeout)
		defer cancel()
		_ = f.end(ctx, l)
	}
}

// lives reports whether a credential can still be used at the server.
func (f *Flow) lives(l *lease, now time.Time) bool {
	return l.Left(now) > 0 && (l.Value.session == nil || l.Value.session.alive(l.Age(now), f.cluster.policy.SessionIdle))
}

// clock is the time that one try may take.
type clock struct {
	ctx          context.Context
	cancel       context.CancelFunc
	limit, grace *time.Timer
	total, left  time.Duration
	began        time.Time
	off          bool        // in offClock
	leave        func() bool // ends it if nobody waits any more
}

// graceTime is what a function has to return in when its context has ended.
const graceTime = time.Second

func startClock(ctx context.Context, limit time.Duration, abandon func()) *clock {
	t := &clock{total: limit, left: limit, began: time.Now()}
	t.ctx, t.cancel = context.WithCancel(ctx)
	t.limit = time.AfterFunc(limit, t.cancel)
	t.grace = time.AfterFunc(limit+graceTime, abandon)
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
