package authflow

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// The kinds of error, for errors.Is.
var (
	// ErrInvalid: an argument was rejected before anything was sent. The error's
	// Field names it, if it has a name. [MinTTL] alone may be rejected after a new
	// token was requested, if that lives for less.
	ErrInvalid = errors.New("invalid argument")
	// ErrCredentialsRejected: the server rejected the password, secret key or
	// token (401; for a call with a password also 400, 500 and any other status that
	// is not plainly about something else, see ErrNotThoughtSpot).
	ErrCredentialsRejected = errors.New("credentials rejected")
	// ErrTooManyRejected: nothing was sent, because the server has rejected so many
	// passwords of the user that one more could lock the account. RetryAfter says when
	// one is sent again. Such an error matches ErrCredentialsRejected as well.
	ErrTooManyRejected = errors.New("too many passwords were rejected")
	// ErrNotThoughtSpot: the response to a login is a page, or 404, 405 or 501 without
	// an error of the API. The address is probably wrong.
	ErrNotThoughtSpot = errors.New("this host does not look like ThoughtSpot")
	// ErrForbidden: the server knows the user and says no (403): an inactive or
	// locked account, or trusted authentication that is switched off.
	ErrForbidden = errors.New("forbidden")
	// ErrRateLimited: too many requests (429).
	ErrRateLimited = errors.New("rate limited")
	// ErrMaintenance: the cluster responded with its maintenance page.
	ErrMaintenance = errors.New("site in maintenance")
	// ErrUnexpectedRedirect: an auth call was redirected, or an API request was
	// redirected to a login page, as on clusters behind single sign-on.
	ErrUnexpectedRedirect = errors.New("unexpected redirect")
	// ErrWrongOrigin: the request is not for the Cluster's server. It was not
	// sent, and nothing was added to it. Or the RoundTripper of WithHTTPClient, which
	// must not follow redirects, followed one to another server.
	ErrWrongOrigin = errors.New("wrong origin")
	// ErrWrongPrincipal: the server returned a token for another user or Org than the
	// requested one.
	ErrWrongPrincipal = errors.New("wrong user or Org")
	// ErrClosed: the Flow was closed or logged out.
	ErrClosed = errors.New("flow is closed")
)

// Error is the type of every error of this package, wrapped or not; errors.As
// finds it. Only a network error of an ordinary request is returned as the
// RoundTripper returned it. An Error matches the kinds above with errors.Is, and so
// does an Error of your own, by its Status. It unwraps to its cause.
//
// Of a server's response only the fields below are kept. A text of the server
// that repeats a secret of the request is withheld as a whole.
type Error struct {
	// Op is the operation that failed: an operationId of the spec, a function of
	// this package, or the method and path of an ordinary request.
	Op string
	// Field names the invalid argument; empty for all other errors.
	Field string
	// Status is the HTTP status of the response; 0 if there was none.
	Status int
	// Code is the server's number for the failure, such as 10002; 0 if it gave
	// none.
	Code int
	// Debug is the server's text.
	Debug string
	// IncidentID and TraceID identify the failure to the vendor's support.
	IncidentID, TraceID string
	// RetryAfter is how long to wait before retrying: the server's Retry-After,
	// or this package's own back-off. A Flow obeys a Retry-After of at most five
	// minutes, waits for up to a quarter longer, so that not all return together,
	// and says so here. Zero if unknown; above zero whenever an error of a Flow is
	// Retryable. The text of the error repeats it then, and for a rejected credential.
	RetryAfter time.Duration
	// Err is the cause, or a description; nil if the server's response says it
	// all.
	Err error

	class     outcome.Class // what the exchange came to; OK if Status tells
	permanent bool          // another attempt cannot help, whatever the class says
	kind      error         // one of the kinds above, where class and Status do not tell
	heldBack  bool          // nothing was sent: this package holds the request back
	heldUntil time.Time     // when it no longer does; the zero time if that is not known
	wraps     bool          // Err is another Error, which says what the fields say
	attempts  int           // of the acquisition that failed

	maxBackoff time.Duration // after an acquisition that failed; 0: as the class says
}

// maxRetryAfter is the longest Retry-After that is obeyed. A server that wants
// a longer pause, such as a day, is called again after five minutes.
const maxRetryAfter = 5 * time.Minute

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("authflow")
	if e.Op != "" {
		b.WriteString(": " + e.Op)
	}
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	if !e.wraps {
		e.describe(&b)
	}
	if e.Err != nil {
		b.WriteString(": " + strings.ReplaceAll(e.Err.Error(), "authflow: ", ""))
	}
	if e.wraps {
		return b.String()
	}
	if e.IncidentID != "" {
		b.WriteString(" (incident " + e.IncidentID + ")")
	}
	wait := e.RetryAfter.Round(time.Millisecond)
	if wait > 0 && e.mayPass() {
		fmt.Fprintf(&b, " (retry after %v)", wait)
	}
	return b.String()
}

// mayPass reports whether time may mend the failure: it is retryable, or the
// server rejected a credential, which others may set right, and which is not sent before
// RetryAfter is over (R6). A file that is missing stays so.
func (e *Error) mayPass() bool { return e.Retryable() || e.outcome() == outcome.Rejected }

// describe writes status, code, kind and the server's text.
func (e *Error) describe(b *strings.Builder) {
	if e.Status != 0 {
		fmt.Fprintf(b, ": %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Code != 0 {
		fmt.Fprintf(b, " (code %d)", e.Code)
	}
	if kind := e.kindOf(); kind != nil && e.Field == "" {
		fmt.Fprintf(b, ": %v", kind)
	}
	if e.Debug != "" {
		b.WriteString(": " + e.Debug)
	}
}

// kindOf returns which of the kinds above e is, or nil.
func (e *Error) kindOf() error {
	if e.kind != nil || e.wraps {
		return e.kind
	}
	switch e.outcome() {
	case outcome.Rejected:
		if e.Status == http.StatusForbidden {
			return ErrForbidden
		}
		return ErrCredentialsRejected
	case outcome.RateLimited:
		return ErrRateLimited
	}
	return nil
}

// Is reports whether target is the kind of e.
func (e *Error) Is(target error) bool {
	kind := e.kindOf()
	return kind != nil && target == kind
}

// outcome returns the class of e: the one it was made with, or else the class of
// its Status or of its cause.
func (e *Error) outcome() outcome.Class {
	switch {
	case e.class != outcome.OK:
		return e.class
	case e.Status != 0:
		return outcome.Of(e.Op, outcome.None, e.Status, outcome.NoPage)
	case isRejectedHere(e.kind):
		return outcome.Invalid
	}
	return classOf(e.Err)
}

// isRejectedHere reports whether kind says that this package rejected the request,
// and always will.
func isRejectedHere(kind error) bool {
	return errors.Is(kind, ErrInvalid) || errors.Is(kind, ErrWrongOrigin) || errors.Is(kind, ErrClosed)
}

// classOf returns the class of an error of the user's code: the one that its
// method Class names, OutcomeUnknown for a time-out, and otherwise Other.
func classOf(err error) outcome.Class {
	var classified interface{ Class() string }
	if errors.As(err, &classified) {
		class, _ := outcome.ByName(classified.Class())
		return class
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return outcome.OutcomeUnknown
	}
	return outcome.Other
}

// Class returns what the exchange with the server came to, as one word for
// metrics, exit codes and handlers:
//
//   - notSent: the request did not reach the server.
//   - outcomeUnknown: it was sent, and no complete response came back.
//   - rejected: the server rejected the credential: 401 and 403, and for a call with
//     a password any status from 400 that is not plainly about something else.
//   - overloaded: 408, 502, 503, 504, or the maintenance page.
//   - rateLimited: 429.
//   - conflict: 409; nothing was done.
//   - unexpected: a redirect or a page in place of a response.
//   - invalid: any other 4xx, 501, and whatever was rejected before anything was
//     sent: arguments, requests for another server, calls of a closed Flow.
//   - other: everything else, such as 500.
func (e *Error) Class() string { return e.outcome().String() }

// Retryable reports whether the same may succeed later, after RetryAfter.
func (e *Error) Retryable() bool {
	class := e.outcome()
	hasOnlyCause := e.class == outcome.OK && e.Status == 0
	saysNothing := hasOnlyCause && class == outcome.Other // an error of the user's code without a class
	return class.Retryable() && !saysNothing && !e.permanent
}

// Timeout reports whether the cause is a time-out, as in net.Error.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// invalid is the error for an argument that is rejected before the network.
func invalid(op, field, problem string) *Error {
	return &Error{Op: op, Field: field, Err: errors.New(problem), kind: ErrInvalid}
}

// closedError is the error of every call on a Flow that was closed by op.
func closedError(op string) *Error { return &Error{Op: op, kind: ErrClosed} }

// errLoggedOut is the error of every call on a Flow that was logged out.
var errLoggedOut error = closedError("Logout")
