package outcome

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"time"
)

// Secret is the kind of credential that a request carries.
type Secret uint8

// The kinds of credential.
const (
	None     Secret = iota // an ordinary request
	Password               // in the body
	Key                    // the secret key, in the body
	Bearer                 // a bearer token or session cookies
)

// Page is the kind of page in the body of a response that is not an API response.
type Page uint8

// The kinds of page.
const (
	NoPage      Page = iota
	HTML             // a page for people to read, such as a login page
	Maintenance      // the maintenance page of a cluster
)

// Failure describes an exchange that did not end in [OK].
type Failure struct {
	Class Class
	// Op is the operationId of the exchange, or "METHOD /path".
	Op string
	// Status is the HTTP status of the response; 0 if there was none.
	Status int
	// Code is the server's number for the failure; 0 if it gave none.
	Code int
	// Debug, IncidentID and TraceID are the server's text and numbers, redacted.
	Debug, IncidentID, TraceID string
	// RetryAfter is how long the server asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// Page is the kind of page that came in place of an API response.
	Page Page
	// Foreign: the response to a login was not one of ThoughtSpot. The host is
	// probably another one; see the package exchange.
	Foreign bool
	// Permanent: another attempt cannot help, whatever the class says, such as
	// after a failed certificate check.
	Permanent bool
	// Err is the cause, or a description; nil if the other fields say it all.
	Err error
}

// Retryable reports whether another attempt may succeed.
func (f *Failure) Retryable() bool { return f.Class.Retryable() && !f.Permanent }

// Of returns the class of a complete response to operation op, which carried a
// credential of kind secret.
//
// A response to a password that is not plainly about something else counts as
// Rejected: wrong passwords have been answered with 400, 401, 403 and 500
// (upstream behaviour seen live), and a wrong guess here locks accounts.
func Of(op string, secret Secret, status int, page Page) Class {
	switch {
	case page == Maintenance:
		return Overloaded
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return Rejected
	case status == http.StatusTooManyRequests:
		return RateLimited
	case overloaded(status):
		return Overloaded
	case status/100 == 3:
		return Unexpected
	case status/100 == 2 && page == NoPage:
		return OK
	case status/100 == 2:
		return Unexpected
	case status == http.StatusConflict && (secret != Password || op == customAccess):
		return Conflict
	case secret == Password && status >= 400:
		return Rejected
	case status/100 == 4, status == http.StatusNotImplemented:
		return Invalid
	}
	return Other
}

// customAccess is the operation whose 409 says that the credential was right: a
// concurrent change of the same variable (from 26.9).
const customAccess = "getCustomAccessToken"

func overloaded(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// OfError returns the class of an exchange that ended in err, without a complete
// response. connecting says that it ended while it waited for its connection, as
// net/http/httptrace tells (GetConn, but no GotConn): nothing was sent then.
// permanent reports that another attempt cannot help: a failed certificate
// check, a TLS alert, a host name that does not exist.
func OfError(err error, connecting bool) (class Class, permanent bool) {
	permanent = isPermanent(err)
	if permanent || connecting || isDialError(err) {
		return NotSent, permanent
	}
	return OutcomeUnknown, false
}

func isPermanent(err error) bool {
	var cert *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var dns *net.DNSError
	switch {
	case errors.As(err, &cert), errors.As(err, &record), errors.As(err, &authority), errors.Is(err, http.ErrSchemeMismatch):
		return true
	case errors.As(err, &dns):
		return dns.IsNotFound
	case errors.As(err, &alert):
		return true
	}
	return isRemoteAlert(err)
}

// isRemoteAlert reports whether the server ended the TLS session with an alert,
// as one does that demands a client certificate. crypto/tls tells it as a
// net.OpError of "remote error".
func isRemoteAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// isDialError reports whether err came from making the connection.
func isDialError(err error) bool {
	var op *net.OpError
	var dns *net.DNSError
	if errors.Is(err, context.Canceled) {
		return false
	}
	return errors.As(err, &op) && op.Op == "dial" || errors.As(err, &dns)
}
