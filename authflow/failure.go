package authflow

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// newError makes an Error of a failed exchange. It is the only place that does.
func newError(f *outcome.Failure) *Error {
	e := &Error{
		Op: f.Op, Status: f.Status, Code: f.Code, Debug: f.Debug, IncidentID: f.IncidentID, TraceID: f.TraceID,
		RetryAfter: f.RetryAfter, Err: f.Err, class: f.Class, permanent: f.Permanent,
	}
	switch {
	case f.Page == outcome.Maintenance:
		e.kind = ErrMaintenance
	case f.Class == outcome.Unexpected && f.Status/100 == 3:
		e.kind = ErrUnexpectedRedirect
	}
	return e
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
		paused.RetryAfter, paused.heldBack = max(time.Until(e.Until), 1), true
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

// failed returns err, an error of this Flow's acquisition, as what the limiter
// and the lockout read of it; nil for a success.
func (e *Error) failure() *outcome.Failure {
	return &outcome.Failure{
		Class: e.outcome(), Op: e.Op, Status: e.Status, RetryAfter: e.RetryAfter,
		Permanent: e.permanent, Err: e.Err,
	}
}

// statusOf describes the response of a failure that another caller met, without
// what belongs to that caller: its operation, its user, its incident (X3).
func statusOf(f *outcome.Failure) string {
	if f.Status == 0 {
		return f.Class.String()
	}
	return http.StatusText(f.Status)
}
