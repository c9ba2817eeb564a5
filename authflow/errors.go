package authflow

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
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
	// ErrRateLimited: too many requests (429).
	ErrRateLimited = errors.New("rate limited")
	// ErrMaintenance: the cluster answered with its maintenance page.
	ErrMaintenance = errors.New("site in maintenance")
	// ErrUnexpectedRedirect: an auth call was answered with a redirect, or a
	// call of the API with one to a log-in page, as clusters behind single
	// sign-on do.
	ErrUnexpectedRedirect = errors.New("unexpected redirect")
	// ErrWrongOrigin: the request is not for the Cluster's server. It was not
	// sent and nothing was added to it.
	ErrWrongOrigin = errors.New("wrong origin")
	// ErrClosed: the Flow was closed or logged out.
	ErrClosed = errors.New("flow is closed")
)

// Error is what every failed operation of this package returns, wrapped or
// not; errors.As finds it. It matches the errors above with errors.Is, also one
// that you make, by its Status. It unwraps to its cause.
//
// Of a server's answer only the fields below are kept, with the secrets of the
// request replaced where the server repeats them.
type Error struct {
	// Op is what failed: an operationId of the spec, a function of this
	// package, or "request" for one of yours.
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
	// RetryAfter is how long it makes no sense to try again, because the server
	// asked to wait or this package does, after failures; 0 if nobody said so.
	RetryAfter time.Duration
	// Err is the cause, or a description where there is no other error; nil if
	// the server's answer says it all.
	Err error

	kind   error // which of the errors above, where the status does not say
	retry  bool  // another try may help, where the status does not say
	unsent bool  // the server surely did nothing
	cut    bool  // no answer came, and not for want of time
	inner  bool  // Err says what the fields say
	held   bool  // RetryAfter is our own pause
	tries  int   // of the acquisition that it ended

	soon time.Duration // a pause that is long enough, as the Cluster keeps the credential back; or 0
}

// maxRetryAfter is the longest Retry-After that is obeyed.
const maxRetryAfter = 5 * time.Minute

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("authflow: " + e.Op)
	if e.Field != "" {
		b.WriteString(": " + e.Field)
	}
	if !e.inner {
		if e.Status != 0 {
			fmt.Fprintf(&b, ": %d %s", e.Status, http.StatusText(e.Status))
		}
		if e.Code != 0 {
			fmt.Fprintf(&b, " (code %d)", e.Code)
		}
		if kind := e.about(); kind != nil && e.Field == "" {
			fmt.Fprintf(&b, ": %v", kind)
		}
		if e.Debug != "" {
			b.WriteString(": " + e.Debug)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + strings.ReplaceAll(e.Err.Error(), "authflow: ", ""))
	}
	if e.IncidentID != "" && !e.inner {
		b.WriteString(" (incident " + e.IncidentID + ")")
	}
	switch wait := e.RetryAfter.Round(time.Millisecond); {
	case e.held:
		fmt.Fprintf(&b, "; not tried again for %v", wait)
	case wait > 0 && !e.inner:
		fmt.Fprintf(&b, " (retry after %v)", wait)
	}
	return b.String()
}

// about returns which of the errors above e is about, or nil.
func (e *Error) about() error {
	if e.kind != nil || e.inner {
		return e.kind
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return ErrCredentialsRejected
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusTooManyRequests:
		return ErrRateLimited
	}
	return nil
}

// Is reports whether target is the error of this package that e is about.
func (e *Error) Is(target error) bool { kind := e.about(); return kind != nil && target == kind }

// Retryable reports whether the same may succeed later, after RetryAfter:
// after failures of the network, time-outs, 408, 409, 429, 5xx but 501, and in
// maintenance.
func (e *Error) Retryable() bool {
	switch s := e.Status; {
	case e.retry, s == 408, s == 409, s == 429, s >= 500 && s != 501:
		return true
	case s != 0 || e.kind != nil:
		return false
	}
	var inner *Error
	return errors.As(e.Err, &inner) && inner.Retryable() || e.Timeout()
}

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

// errLoggedOut is that of one that was logged out.
var errLoggedOut error = closedError("Logout")

// asError returns err as an Error of op.
func asError(op string, err error) *Error {
	switch e := err.(type) { //nolint:errorlint // whether it is wrapped is the question
	case *Error:
		if e.Op == "" {
			c := *e
			c.Op = op
			return &c
		}
		return e
	case *renewal.PauseError:
		paused := asError(op, e.Unwrap()).paused(time.Until(e.Until))
		paused.retry = paused.retry || errors.Is(e, renewal.ErrRejected)
		return paused
	case *url.Error: // of our own http.Client: it repeats where we went
		err = e.Err
	}
	e := &Error{Op: op, Err: err}
	if inner := (*Error)(nil); errors.As(err, &inner) {
		c := *inner
		c.Op, c.Field, c.Err, c.inner, c.held = op, "", err, true, false
		c.kind, c.retry = inner.about(), inner.Retryable()
		e = &c
	}
	return e
}

// paused returns a copy of e that also says how long it holds.
func (e *Error) paused(left time.Duration) *Error {
	c := *e
	c.RetryAfter, c.held = max(left, 1), true
	return &c
}

// after returns a copy of e that knows how many tries there were.
func (e *Error) after(tries int) *Error {
	c := *e
	c.tries = tries
	return &c
}

// outage reports whether e is about the whole cluster: it cannot be reached, is
// down or in maintenance, or wants fewer calls. What only one call met is not,
// and a time-out may have been the call's own.
func (e *Error) outage() bool {
	switch e.Status {
	case 429, 502, 503, 504:
		return true
	case 0:
		return e.cut
	}
	return errors.Is(e, ErrMaintenance)
}

// unheard reports whether the server may have done what it was asked, but its
// answer did not come, not whole, or as a page.
func (e *Error) unheard() bool { return !e.unsent && (e.Status == 0 || e.Status < 400 && !e.outage()) }

// undone reports whether the server surely did nothing of what it was asked.
func (e *Error) undone() bool { return e.unsent || e.Status == 429 || e.Status == 409 }

// refusesPassword reports whether e may be the server's answer to a wrong
// password: any answer may but one that says that it was not looked at, or, as
// the conflict of a custom token, that it was right. It has been seen with 401
// and 400, with 403 for the lock that follows, and with 500.
func (e *Error) refusesPassword() bool {
	conflict := e.Status == 409 && e.Op == wayCustom.op()
	return e.Status >= 400 && e.Status != 408 && !conflict && !e.outage()
}

// sendError makes an error of what a RoundTripper returned. A failure that lies
// in how the server is addressed does not get better by itself.
func sendError(ctx context.Context, op string, err error) *Error {
	e := asError(op, err)
	if e.Status != 0 || e.kind != nil {
		return e
	}
	var dns *net.DNSError
	var dial *net.OpError
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var authority x509.UnknownAuthorityError
	dialing := errors.As(err, &dial) && dial.Op == "dial"
	cut := ctx.Err() == nil && (dialing || !e.Timeout())
	hopeless := errors.Is(err, renewal.ErrOwnFlight) || errors.As(err, &cert) || errors.As(err, &record) || errors.As(err, &authority) ||
		errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &dns) && dns.IsNotFound
	e.unsent = cut && (hopeless || errors.As(err, &dns) || dialing)
	e.retry, e.cut = ctx.Err() == nil && !hopeless, cut
	return e
}

// ErrorOf returns nil for the answer of a call that succeeded, and else an
// [*Error] with what the server says of the failure, in each of the shapes that
// its error bodies have. It reads up to 1 MiB of the body and puts it back.
// For an answer that came through a Flow it works also after the body was read
// and closed, as in the results of a generated client.
func ErrorOf(resp *http.Response) error {
	if resp == nil || resp.StatusCode/100 == 2 && !isHTML(resp.Header, nil) {
		return nil
	}
	body, ok := resp.Body.(*keptBody)
	if !ok {
		if body = (&keptBody{ReadCloser: http.NoBody}); resp.Body != nil {
			body.ReadCloser = resp.Body
		}
		if resp.Request != nil {
			body.hide = (&outgoing{req: resp.Request}).redactor
		}
		resp.Body = body
	}
	return failure("request", resp, body.all(), body.redact)
}
