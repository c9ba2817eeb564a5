package authflow

import (
	"context"
	"fmt"
	"math"
	"time"

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
// nothing: an attempt's time begins when its turn comes. The calls, the user's
// functions and the pauses between attempts come out of timeLeft. The operations of
// the Store come out of storeTimeLeft, and the credential of the Flow below has time
// limits of its own.
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
	lockedAt time.Time      // when it was taken; zero if it was not
	expiring *lease         // found in the Store: due for renewal, used if there is no other
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
		if !result.again || !a.isRepeatable(failed) || !a.pause(ctx, result.after) {
			return nil, failed
		}
		a.previous = failed
	}
}

// isRepeatable reports whether the request may be sent again after a failure: one
// that appends rules only where the server surely did nothing (R11).
func (a *acquisition) isRepeatable(e *Error) bool {
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

// explain returns the error for the callers: an attempt without a response
// says less than the failure before it (R4).
func (a *acquisition) explain(e *Error) *Error {
	told := *e
	before := a.previous
	saysLess := e.Status == 0 && e.Err != nil
	if saysLess && before != nil && before.Status != 0 {
		told = *before
		told.Err = fmt.Errorf("then %w", e.Err)
	}
	told.attempts = a.attempts
	return &told
}

// localResult is the result of an attempt that failed before a call to the
// server: the user's function failed.
func (a *acquisition) localResult(err error) attemptResult {
	e := *asError(a.method.op(), err)
	ofParent := e.wraps && a.parent() != nil // which has made its own attempts
	if ofParent || e.heldBack {
		return attemptResult{err: &e}
	}
	e.RetryAfter = spread(e.RetryAfter)
	again := e.Retryable() && a.hasAttemptsLeft()
	return attemptResult{err: &e, again: again, after: backoff(a.attempts, e.RetryAfter)}
}

func (a *acquisition) hasAttemptsLeft() bool { return a.attempts < a.cluster.policy.MaxAttempts }

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
