package authflow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/rand/v2"
	"net/http/httptrace"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

// source is a Flow as the [renewal.Source] of its keeper.
type source Flow

// Acquire gets a credential: from the user's function, from the Store, or from
// the server.
func (s *source) Acquire(ctx context.Context, fl *flight) (*lease, error) {
	a := &acquisition{Flow: (*Flow)(s), flight: fl, timeLeft: s.cluster.policy.Timeout, storeTimeLeft: storeTime}
	ctx = withoutClientTrace{ctx}
	if s.method == methodTokensFrom {
		return a.repeat(ctx, a.callFunction)
	}
	if !a.usesStore() {
		return a.repeat(ctx, a.mint)
	}
	defer a.unlockStore()
	l, err := a.repeat(ctx, a.loadOrMint)
	if err != nil && a.expiring != nil && a.expiring.Remaining(time.Now()) > 0 {
		return a.expiring, nil
	}
	return l, err
}

// acquisition is the state of one flight while it makes its attempts.
//
// The time that a request spends in the rate-limit queue costs the acquisition
// nothing: an attempt's time begins when its turn comes. Everything else, the
// user's functions and the pauses between attempts included, comes out of
// timeLeft.
type acquisition struct {
	*Flow
	flight        *flight
	timeLeft      time.Duration // of Policy.Timeout
	storeTimeLeft time.Duration // for all operations of the Store together (K2)
	attempts      int
	secret        gen.Secret // the password or the secret key, once it is known
	previous      *Error     // of the attempt before

	entry    *storeEntry    // in the Store, once it was looked at
	lock     chan storeLock // of the entry, or nil
	expiring *lease         // found in the Store: due for renewal, used if no other can be had
}

// attemptResult is what an attempt that failed means for the next one.
type attemptResult struct {
	err   error
	again bool
	after time.Duration
}

// repeat makes attempts until one succeeds, or another one cannot help, or the
// time is up (R5).
func (a *acquisition) repeat(ctx context.Context, attempt func(context.Context) (*lease, attemptResult)) (*lease, error) {
	for {
		a.attempts++
		l, result := attempt(ctx)
		if result.err == nil {
			l.Value.attempts = uint8(min(a.attempts, math.MaxUint8))
			l.ID = a.idOf(&l.Value)
			return l, nil
		}
		failed := a.explain(asError(a.method.op(), result.err))
		if !result.again || !a.mayRepeat(failed) || !a.pause(ctx, result.after) {
			return nil, failed
		}
		a.previous = failed
	}
}

// mayRepeat reports whether the request may be sent again after a failure: one
// that appends rules only where the server surely did nothing (R11).
func (a *acquisition) mayRepeat(e *Error) bool {
	return a.rules != rulesAppended || e.outcome().NotApplied()
}

// pause waits before the next attempt, and reports whether there is time for it. A
// function that has used all of its time leaves maxEarly.
func (a *acquisition) pause(ctx context.Context, d time.Duration) bool {
	if d >= a.timeLeft-maxEarly {
		return false
	}
	a.timeLeft -= d
	return sleep(ctx, d)
}

// explain returns the error that callers are told: an attempt without a response
// says less than the failure before it (R4).
func (a *acquisition) explain(e *Error) *Error {
	told := *e
	if before := a.previous; before != nil && e.Status == 0 && before.Status != 0 && e.Err != nil {
		told = *before
		told.Err = fmt.Errorf("then %w", e.Err)
	}
	told.attempts = a.attempts
	return &told
}

// localResult is the result of an attempt that failed before the server was
// asked: the user's function failed.
func (a *acquisition) localResult(err error) attemptResult {
	e := *asError(a.method.op(), err)
	ofParent := e.wraps && a.parent() != nil // which has made its own attempts
	if !ofParent && !e.heldBack {
		e.RetryAfter = spread(e.RetryAfter)
	}
	again := e.Retryable() && !e.heldBack && !ofParent && a.mayAttemptAgain()
	return attemptResult{err: &e, again: again, after: backoff(a.attempts, e.RetryAfter)}
}

// spread returns a Retry-After as it is obeyed: at most five minutes, and up to a
// quarter longer, so that flows that were told the same do not return together.
// The limiter does the same for responses of the server.
func spread(d time.Duration) time.Duration {
	d = min(d, maxRetryAfter)
	return d + rand.N(d/4+1)
}

func (a *acquisition) mayAttemptAgain() bool { return a.attempts < a.cluster.policy.MaxAttempts }

// callFunction calls the function of TokensFrom.
func (a *acquisition) callFunction(ctx context.Context) (*lease, attemptResult) {
	var l *lease
	err := a.timed(ctx, a.timeLeft, func(ctx context.Context) (err error) {
		l, err = a.supplier.token.lease(ctx, a.Flow)
		return err
	})
	if err != nil {
		return nil, a.localResult(err)
	}
	return l, attemptResult{}
}

// timed calls fn with a context that ends after limit, and takes the time from
// timeLeft.
func (a *acquisition) timed(ctx context.Context, limit time.Duration, fn func(context.Context) error) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := fn(ctx)
	a.timeLeft -= time.Since(began)
	return err
}

// mint makes one attempt to get a credential from the server.
func (a *acquisition) mint(ctx context.Context) (*lease, attemptResult) {
	with, err := a.authenticate(ctx)
	if err != nil {
		return nil, a.localResult(err)
	}
	ticket := a.ticket()
	queued := time.Now()
	permit, err := a.cluster.limiter.Acquire(ctx, a.limiterRequest(ticket))
	if err != nil {
		return nil, attemptResult{err: a.queueError(a.method.op(), err)}
	}
	defer permit.Cancel() // these two do nothing if the call was sent
	defer a.done(ctx, ticket, &outcome.Failure{Class: outcome.NotSent})
	l := a.mintedMeanwhile(ctx, queued)
	if l != nil {
		return l, attemptResult{}
	}
	err = a.reserve(ctx, ticket)
	if err != nil {
		return nil, attemptResult{err: a.queueError(a.method.op(), err)}
	}
	l, failure := a.send(ctx, permit, with)
	a.done(ctx, ticket, failure)
	verdict := permit.Done(failure)
	if failure == nil {
		return l, attemptResult{}
	}
	e := newError(failure)
	e.RetryAfter = max(min(e.RetryAfter, maxRetryAfter), verdict.Held, blockedFor(ticket))
	if with != nil && failure.Class == outcome.Rejected && a.parent().reject(with) && a.mayAttemptAgain() {
		return nil, attemptResult{err: e, again: true, after: backoff(a.attempts, 0)} // with the parent's next credential
	}
	again := verdict.Again && mayResend(ticket, failure)
	return nil, attemptResult{err: e, again: again, after: verdict.After}
}

// mayResend reports whether the flight may send its secret again after a failure:
// a password that is not proven only where the server surely did not look at it
// (R6).
func mayResend(ticket *lockout.Ticket, failure *outcome.Failure) bool {
	return ticket == nil || failure.Class.NotApplied() || !ticket.Once()
}

// authenticate makes sure that the password or key is known, or returns the
// credential of the Flow below. A function of the user's is called once in a
// flight and has all of its time.
func (a *acquisition) authenticate(ctx context.Context) (with *lease, err error) {
	if p := a.parent(); p != nil {
		if err := p.checkRulesReach(a.method.op()); err != nil {
			return nil, err
		}
		with, err := p.verifiedLease(ctx) // has time limits of its own
		if err != nil {
			return nil, fmt.Errorf("%w", err) // an error of this Flow, about the other one
		}
		return with, nil
	}
	if a.secret != "" {
		return nil, nil
	}
	if !a.isSupplied() {
		a.secret, err = a.getSecret(ctx)
		return nil, err
	}
	return nil, a.timed(ctx, a.timeLeft, func(ctx context.Context) (err error) {
		a.secret, err = a.getSecret(ctx)
		return err
	})
}

// ticket returns the lockout's leave to send the password or key, or nil where
// the request carries the credential of another Flow.
func (a *acquisition) ticket() *lockout.Ticket {
	switch {
	case a.parent() != nil:
		return nil
	case a.byKey:
		return a.cluster.lockout.Key(string(a.secret), a.principal())
	}
	force := lockout.Scheduled
	if a.flight.Force {
		force = lockout.Forced
	}
	return a.cluster.lockout.Password(a.user(), string(a.secret), force)
}

// blockedFor returns how long the lockout holds back the password of a ticket,
// which may be nil, from now on.
func blockedFor(ticket *lockout.Ticket) time.Duration {
	if ticket == nil {
		return 0
	}
	var blocked *lockout.BlockedError
	_, err := ticket.Eligible(time.Now())
	if errors.As(err, &blocked) {
		return blocked.RetryAfter
	}
	return 0
}

// limiterRequest describes the attempt to the limiter.
func (a *acquisition) limiterRequest(ticket *lockout.Ticket) limiter.Request {
	r := limiter.Request{
		Principal: a.principal(), Group: a.fairnessGroup(), Urgency: limiter.Caller, Attempt: a.attempts,
		Wanted: func() bool { return !a.flight.CancelIfUnused() },
	}
	if ticket != nil {
		r.Ticket = ticket
	}
	old := a.flight.Renewing
	if a.flight.Exclusive || old == nil || old.Remaining(time.Now()) == renewal.Forever {
		return r
	}
	r.Renewal = true
	select {
	case <-a.flight.Awaited(): // after a rejection, or by Renew, or with another MinTTL
	default:
		r.Urgency, r.Promote, r.Hurry = limiter.Ahead, urgentFrom(old), a.flight.Awaited()
	}
	return r
}

// fairnessGroup names the secret and the Org of a request. The limiter lets groups
// take turns, so that a few users of one Org do not wait behind thousands of
// another.
func (a *acquisition) fairnessGroup() string {
	if !a.byKey {
		return "\x00" + a.org()
	}
	return strconv.FormatUint(maphash.String(a.cluster.seed, string(a.secret)), 36) + "\x00" + a.org()
}

// urgentFrom returns when a renewal ahead of time counts as a waiting caller:
// when its lease has 30 s or a tenth of its life left. With tokens of 300 s that
// is 15 s to 45 s after the renewal began.
func urgentFrom(l *lease) time.Time {
	now := time.Now()
	remaining := l.Remaining(now)
	return now.Add(remaining - max(30*time.Second, (remaining+l.Age(now))/10))
}

// reserve counts the send of a password in the Store, so that all processes
// together keep R6. It waits while another process sends an unproven password of the
// same user.
func (a *acquisition) reserve(ctx context.Context, ticket *lockout.Ticket) error {
	if ticket == nil {
		return nil
	}
	reserve := func(ctx context.Context) error {
		spent, err := ticket.Reserve(ctx, a.storeTimeLeft)
		a.storeTimeLeft -= spent
		return err
	}
	if a.cluster.store == nil {
		return reserve(ctx) // waits for nothing
	}
	return a.timed(ctx, a.timeLeft, reserve)
}

// done tells the lockout what came of a call, nil if it succeeded, and waits until
// the Store knows: a tool may end as soon as it has its token.
func (a *acquisition) done(ctx context.Context, ticket *lockout.Ticket, f *outcome.Failure) {
	if ticket == nil {
		return
	}
	ticket.Done(f)
	if a.cluster.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, a.storeTimeLeft)
	defer cancel()
	began := time.Now()
	ticket.Flush(ctx)
	a.storeTimeLeft -= time.Since(began)
}

// send makes the call and reads its response. The attempt has its share of the
// time that is left.
func (a *acquisition) send(ctx context.Context, permit *limiter.Permit, with *lease) (*lease, *outcome.Failure) {
	op := a.method.op()
	limit := a.timeLeft / time.Duration(max(1, a.cluster.policy.MaxAttempts-a.attempts+1))
	if until := permit.Deadline(); !until.IsZero() {
		limit = min(limit, time.Until(until))
	}
	req, err := a.request(a.secret)
	if err != nil {
		return nil, &outcome.Failure{Class: outcome.Invalid, Op: op, Err: err}
	}
	var r *response
	var failure *outcome.Failure
	_ = a.timed(ctx, limit, func(ctx context.Context) error {
		call := authCall{op: op, secret: a.secretKind(), credential: with, limit: limit, late: func(r *response) {
			a.arrivedLate(r, req.URL.Path, with)
		}}
		r, failure = call.send(ctx, a.cluster, req)
		return nil
	})
	if failure != nil {
		return nil, failure
	}
	return a.read(r, req.URL.Path, with)
}

// arrivedLate keeps the credential of a response that arrived after its attempt was
// given up, for Logout: it is alive at the server.
func (a *acquisition) arrivedLate(r *response, path string, with *lease) {
	l, failure := a.read(r, path, with)
	if failure == nil {
		l.ID = a.idOf(&l.Value)
		a.trackForRevocation(l)
	}
}

// Backoff says how long the Flow acquires nothing after failures in a row.
func (s *source) Backoff(err error, failures int) time.Duration {
	e := asError(s.method.op(), err)
	if e.wraps && (*Flow)(s).parent() != nil {
		return time.Second // the Flow below has a back-off of its own
	}
	if e.heldBack && (*Flow)(s).isSupplied() {
		return min(e.RetryAfter, time.Second)
	}
	if e.heldBack {
		return e.RetryAfter
	}
	if e.outcome() == outcome.Rejected && (*Flow)(s).isSupplied() {
		return time.Second // the lockout holds back a password that must not be sent
	}
	longest := maxBackoff
	switch class := e.outcome(); {
	case e.maxBackoff > 0:
		longest = e.maxBackoff
	case class == outcome.Rejected, class == outcome.Invalid:
		longest = time.Minute
	}
	return max(min(time.Second<<min(failures-1, 10), longest), e.RetryAfter)
}

// maxBackoff is the longest time between two acquisitions of a Flow while the
// server is down, so that the first success comes within 10 s of its return
// (R14).
const maxBackoff = 8 * time.Second

// Completed keeps what has to be kept of an acquisition and reports it.
func (s *source) Completed(c renewal.Completion[credential]) {
	f := (*Flow)(s)
	if c.Late { // no caller waits for it, or it was requested before an Invalidate or a Renew
		f.trackForRevocation(c.New)
		return
	}
	e := Event{Kind: Acquired, Reason: "no credential was in use", Duration: time.Since(c.Began)}
	alive := c.Old != nil && c.Old.Remaining(time.Now()) > 0
	switch {
	case c.Err != nil:
		failed := asError(f.method.op(), c.Err)
		e.Kind, e.Err, e.Attempt = RenewalFailed, failed, failed.attempts
		e.Reason = "no credential was acquired"
		if alive {
			e.Remaining, e.Reason = f.remaining(c.Old), "the credential in use stays in use"
		}
		f.report(e)
		return
	case c.Exclusive:
		f.trackForRevocation(c.New)
		e.Reason = "exclusive to one caller"
	case alive:
		f.trackForRevocation(c.Old)
		e.Kind, e.Reason = Renewed, "ahead of its expiry"
	default:
		f.trackForRevocation(c.Old)
	}
	e.Remaining, e.Attempt = f.remaining(c.New), int(c.New.Value.attempts)
	f.report(e)
}

// remaining is what events say of a lease: 0 if it has no end but by idleness or
// rejection.
func (f *Flow) remaining(l *lease) time.Duration {
	d := l.Remaining(time.Now())
	if d == renewal.Forever {
		return 0
	}
	return max(0, d)
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

// withoutClientTrace hides the net/http/httptrace hooks of the request that began
// a flight: they are to hear of that request only, and not when it is long over
// (L5).
type withoutClientTrace struct{ context.Context }

// Value implements context.Context.
func (c withoutClientTrace) Value(key any) any {
	v := c.Context.Value(key)
	if _, hooks := v.(*httptrace.ClientTrace); hooks {
		return nil
	}
	return v
}

// backoff returns the time before the next attempt: 200 ms, doubled each time,
// between half and all of it, and at least after.
func backoff(attempt int, after time.Duration) time.Duration {
	d := 200 * time.Millisecond << min(attempt-1, 10)
	return max(d/2+rand.N(d/2), after)
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
