package authflow

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// newError makes an Error of a failed exchange. It is the only place that does.
func newError(f *outcome.Failure) *Error {
	e := &Error{
		Op: f.Op, Status: f.Status, Code: f.Code, Debug: f.Debug, IncidentID: f.IncidentID, TraceID: f.TraceID,
		RetryAfter: f.RetryAfter, Err: f.Err, class: f.Class, permanent: f.Permanent,
	}
	e.kind = kindOfFailure(f)
	if f.Foreign {
		// For the lockout, the password counts as rejected.
		e.class, e.maxBackoff = outcome.Unexpected, time.Minute
	}
	return e
}

// kindOfFailure returns which of the errors of this package a failure is about,
// where its class and status do not say so.
func kindOfFailure(f *outcome.Failure) error {
	var wrong *exchange.WrongOriginError
	var other *wrongPrincipalError
	wasFollowed := f.Status == 0 // by the RoundTripper, if the class is Unexpected
	isRedirect := wasFollowed || f.Status/100 == 3
	switch {
	case errors.As(f.Err, &wrong):
		return ErrWrongOrigin
	case errors.As(f.Err, &other):
		return ErrWrongPrincipal
	case f.Foreign:
		return ErrNotThoughtSpot
	case f.Class == outcome.Unexpected && isRedirect:
		return ErrUnexpectedRedirect
	}
	return kindOfPage(f.Page)
}

// kindOfPage returns ErrMaintenance for a maintenance page.
func kindOfPage(p outcome.Page) error {
	if p == outcome.Maintenance {
		return ErrMaintenance
	}
	return nil
}

// asError returns err as an Error of op.
func asError(op string, err error) *Error {
	switch e := err.(type) { //nolint:errorlint // whether it is wrapped is the question
	case *Error:
		if e.Op == "" {
			named := *e
			named.Op = op
			return &named
		}
		return e
	case *renewal.PauseError:
		paused := *asError(op, e.Unwrap())
		paused.RetryAfter, paused.heldBack = max(time.Until(e.Until), time.Until(paused.heldUntil), 1), true
		return &paused
	case *url.Error: // of our own http.Client, which repeats the address
		err = e.Err
	}
	var inner *Error
	if !errors.As(err, &inner) {
		return &Error{Op: op, Err: err}
	}
	outer := *inner
	outer.Op, outer.Field, outer.Err, outer.wraps, outer.heldBack = op, "", err, true, false
	outer.kind, outer.class, outer.permanent = inner.kindOf(), inner.outcome(), inner.permanent || !inner.Retryable()
	return &outer
}

// requestError returns the error of an http.Client that sent req as an Error. A failure
// of the network gets the class that it has in an auth call.
func requestError(req *http.Request, err error) *Error {
	e := asError(operationOf(req), err)
	var known *Error
	if !errors.As(err, &known) {
		e = newError(exchange.FailureOfError(e.Op, e.Err, false, exchange.RedactorFor(req)))
	}
	return e.retryIn(0)
}

// acquisitionError returns err as an Error of the acquisitions of f. A retryable
// one says how long the pause after it lasts.
func (f *Flow) acquisitionError(err error) *Error {
	return asError(f.method.op(), err).retryIn(f.keeper.Pause())
}

// minRetryAfter is how long a retryable error tells the caller to wait where
// neither the server nor a back-off of this package says how long.
const minRetryAfter = time.Second

// retryIn returns e with a RetryAfter of pause, or of minRetryAfter if that is
// longer, where e is retryable and has none (R4).
func (e *Error) retryIn(pause time.Duration) *Error {
	if !e.Retryable() || e.RetryAfter > 0 {
		return e
	}
	told := *e
	told.RetryAfter = max(pause, minRetryAfter)
	return &told
}

// queueError is the error of a request that the limiter or the lockout did not let
// through. The failure of another principal is told by its class and status alone (X3).
func (f *Flow) queueError(op string, err error) *Error {
	var blocked *lockout.BlockedError
	if errors.As(err, &blocked) {
		return heldBackError(op, blocked)
	}
	var queued *limiter.QueueError
	if !errors.As(err, &queued) {
		return asError(op, err)
	}
	e := &Error{Op: op, class: outcome.OutcomeUnknown}
	if queued.Failure != nil {
		e = newError(queued.Failure)
		e.Op = op
	}
	e.Err = queued
	return e.holdBack(queued.RetryAfter)
}

// holdBack returns e as the error of a request that is held back for d from now on.
func (e *Error) holdBack(d time.Duration) *Error {
	e.RetryAfter, e.heldUntil, e.heldBack = d, time.Now().Add(d), true
	return e
}

// heldBackError is the error of a request whose password or key the lockout holds back.
func heldBackError(op string, blocked *lockout.BlockedError) *Error {
	e := newError(blocked.Last)
	e.Op = op
	if blocked.OfPassword() {
		e.Err = &heldBackPasswordError{blocked, blocked.Last.Err}
	}
	return e.holdBack(blocked.RetryAfter)
}

// heldBackPasswordError says why a password is not sent.
type heldBackPasswordError struct {
	blocked *lockout.BlockedError
	cause   error // of the latest call with it; may be nil
}

// Error implements error.
func (e *heldBackPasswordError) Error() string {
	if e.cause == nil {
		return e.blocked.Reason()
	}
	return e.cause.Error() + ": " + e.blocked.Reason()
}

// Is reports whether target is ErrTooManyRejected, and the number of rejections is why.
func (e *heldBackPasswordError) Is(target error) bool {
	return target == ErrTooManyRejected && e.blocked.TooMany
}

// Unwrap returns the cause of the latest call.
func (e *heldBackPasswordError) Unwrap() error { return e.cause }
