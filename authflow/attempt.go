package authflow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// mint makes one attempt to get a credential from the server.
func (a *acquisition) mint(ctx context.Context) (*lease, attemptResult) {
	with, err := a.authenticate(ctx)
	if err != nil {
		return nil, a.localResult(err)
	}
	ticket := a.ticket()
	permit, err := a.cluster.limiter.Acquire(ctx, a.limiterRequest(ticket))
	if err != nil {
		return nil, attemptResult{err: a.queueError(a.method.op(), err)}
	}
	defer permit.Cancel() // these two do nothing if the call was sent
	defer a.done(ctx, ticket, &outcome.Failure{Class: outcome.NotSent})
	l := a.mintedMeanwhile(ctx)
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
	blocked := blockedFor(ticket)
	e.RetryAfter, e.heldUntil = max(min(e.RetryAfter, maxRetryAfter), verdict.Held, blocked), time.Now().Add(blocked)
	if a.parentHasAnother(with, failure) {
		return nil, attemptResult{err: e, again: a.hasAttemptsLeft(), after: backoff(a.attempts, 0)}
	}
	again := verdict.Again && maySendSecretAgain(ticket, failure)
	return nil, attemptResult{err: e, again: again, after: verdict.After}
}

// parentHasAnother tells the Flow below that the server rejected its credential, if
// it did, and reports whether that Flow may have another one.
func (a *acquisition) parentHasAnother(with *lease, failure *outcome.Failure) bool {
	return with != nil && failure.Class == outcome.Rejected && a.parent().reject(with)
}

// maySendSecretAgain reports whether the flight may send its secret again after a failure:
// a password that is not proven only where the server surely did not look at it
// (R6).
func maySendSecretAgain(ticket *lockout.Ticket, failure *outcome.Failure) bool {
	return ticket == nil || failure.Class.NotApplied() || !ticket.Once()
}

// authenticate makes sure that the password or key is known, or returns the
// credential of the Flow below. The user's function is called once in a flight and
// has all of its time.
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
	old, now := a.flight.Renewing, time.Now()
	if a.flight.Exclusive || old == nil || old.Remaining(now) == renewal.Forever {
		return r
	}
	r.Renewal, r.Expires = true, now.Add(old.Remaining(now))
	select {
	case <-a.flight.Awaited(): // after a rejection, or by Renew, or with another MinTTL
	default:
		r.Urgency, r.Promote, r.Hurry = limiter.Ahead, urgentFrom(old), a.flight.Awaited()
		if ticket != nil {
			ticket.RenewAhead(lockout.Ahead{Until: r.Promote, Awaited: r.Hurry})
		}
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
// is 25 s to 40 s after the renewal began.
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

// done tells the lockout the outcome of a call, nil if it succeeded, and waits until
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
