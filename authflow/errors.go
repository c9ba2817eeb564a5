package authflow

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What an error of this package is about, for errors.Is.
var (
	// ErrInvalid: something was refused before anything was sent. The error's
	// Field names the argument, if it was one.
	ErrInvalid = errors.New("invalid argument")
	// ErrCredentialsRejected: the server does not accept the password, secret
	// key or token (401, and for a log-in also 400).
	ErrCredentialsRejected = errors.New("credentials rejected")
	// ErrForbidden: the server knows who asks and refuses (403): an inactive
	// or locked account, trusted authentication switched off.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests (429). RetryAfter says when to come
	// back, if the server did.
	ErrRateLimited = errors.New("rate limited")
	// ErrMaintenance: the cluster answered with its maintenance page.
	ErrMaintenance = errors.New("site in maintenance")
	// ErrUnexpectedRedirect: an auth call was answered with a redirect, as
	// clusters behind single sign-on do. It was not followed.
	ErrUnexpectedRedirect = errors.New("unexpected redirect")
	// ErrWrongOrigin: the request is not for the Flow's server. It was not
	// sent and nothing was added to it.
	ErrWrongOrigin = errors.New("wrong origin")
	// ErrClosed: the Flow was closed or logged out.
	ErrClosed = errors.New("flow is closed")
)

// Error is what every failed operation of this package returns, wrapped or
// not; errors.As finds it. It matches the sentinel errors above with
// errors.Is, and unwraps to its cause.
//
// Of a server's answer only the fields below are kept, with the secrets of the
// request replaced where the server repeats them.
type Error struct {
	// Op is what failed: an operationId of the spec, a function of this
	// package, or the method and path of a call of Flow.API.
	Op string
	// Field names the refused argument; empty for all other errors.
	Field string
	// Status is the HTTP status of the answer; 0 if there was none.
	Status int
	// Code is the server's number for the failure, such as 10002; 0 if the
	// answer had none.
	Code int
	// Debug is the server's text.
	Debug string
	// IncidentID and TraceID identify the failure to the vendor's support.
	IncidentID, TraceID string
	// RetryAfter is how long the server asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// Err is the cause, or a description where there is no other error; nil if
	// the server's answer says it all.
	Err error

	kind      error // the sentinel that it matches, or nil
	transient bool  // another try may succeed
	inner     bool  // Err is of another Flow, and says what the fields say
	notes     []string
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("authflow: ")
	b.WriteString(e.Op)
	if e.Field != "" {
		fmt.Fprintf(&b, ": %s", e.Field)
	}
	if !e.inner {
		e.answer(&b)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.RetryAfter > 0 && !e.inner {
		fmt.Fprintf(&b, " (retry after %v)", e.RetryAfter)
	}
	if e.IncidentID != "" && !e.inner {
		fmt.Fprintf(&b, " (incident %s)", e.IncidentID)
	}
	for _, n := range e.notes {
		b.WriteString("; ")
		b.WriteString(n)
	}
	return b.String()
}

// answer writes what the server answered.
func (e *Error) answer(b *strings.Builder) {
	if e.Status != 0 {
		fmt.Fprintf(b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Code != 0 {
		fmt.Fprintf(b, " (code %d)", e.Code)
	}
	if e.kind != nil && e.Field == "" {
		fmt.Fprintf(b, ": %v", e.kind)
	}
	if e.Debug != "" {
		fmt.Fprintf(b, ": %s", e.Debug)
	}
}

// Is reports whether target is the sentinel error that e is about.
func (e *Error) Is(target error) bool { return e.kind != nil && target == e.kind }

// Timeout reports whether the cause is a time-out, as in net.Error.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// invalid is the error for an argument refused before the network.
func invalid(op, field, problem string) *Error {
	return &Error{Op: op, Field: field, Err: errors.New(problem), kind: ErrInvalid}
}

// closedError is the error of every call on a Flow that has ended.
func closedError(how string) *Error {
	return &Error{Op: how, kind: ErrClosed}
}

// asError returns err as an Error of op.
func asError(op string, err error) *Error {
	var inner *Error
	found := errors.As(err, &inner)
	if found && error(inner) == err { //nolint:errorlint // whether it is wrapped is the question
		return inner
	}
	e := &Error{Op: op, Err: err}
	if found { // from the Flow that this one is built on
		e.inner = true
		e.Status, e.Code, e.RetryAfter, e.kind = inner.Status, inner.Code, inner.RetryAfter, inner.kind
		e.Debug, e.IncidentID, e.TraceID = inner.Debug, inner.IncidentID, inner.TraceID
	}
	return e
}

// with returns a copy of e that also says note.
func (e *Error) with(note string) *Error {
	c := *e
	c.notes = append(slices.Clip(e.notes), note)
	return &c
}

// refusal reports whether the server turned the credentials down (R6).
func (e *Error) refusal() bool {
	switch e.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return true
	}
	return false
}
