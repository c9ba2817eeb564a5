package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

// A Redactor withholds, in a text that comes from the server or from an error,
// the secrets of the request that led to it.
type Redactor func(text string) string

// RedactorFor returns the Redactor for the texts that a request, which may be nil,
// led to.
func RedactorFor(req *http.Request) Redactor {
	return func(text string) string { return redact.Text(req, text) }
}

// FailureOf returns the failure of operation op, which ended in a response that the
// API does not promise. The request carried a credential of kind secret; body is the
// whole body, or the part of it that is known. Every text of the response goes
// through redactor (X3).
func FailureOf(op string, secret outcome.Secret, resp *http.Response, body []byte, redactor Redactor) *outcome.Failure {
	page := pageOf(resp.Header, body)
	detail := decodeEnvelope(body)
	f := &outcome.Failure{
		Class:      outcome.Of(op, secret, resp.StatusCode, page),
		Op:         op,
		Status:     resp.StatusCode,
		Code:       redactCode(detail.Code, redactor),
		Debug:      redact.Line(redactor(detail.Debug)),
		IncidentID: redact.Line(redactor(detail.IncidentIDGUID)),
		TraceID:    redact.Line(redactor(detail.TraceIDGUID)),
		RetryAfter: retryAfter(resp.Header),
		Page:       page,
		Foreign:    isForeign(op, secret, resp.StatusCode, page, body),
		Permanent:  resp.StatusCode == http.StatusNotImplemented,
	}
	switch {
	case isRedirect(resp.StatusCode):
		f.Err = fmt.Errorf("to %s; is the cluster behind single sign-on?", target(resp, redactor))
	case page != outcome.Maintenance && detail.Debug == "" && detail.Code == 0:
		f.Err = fmt.Errorf("answered with %s", describe(resp.Header, body, redactor))
	}
	return f
}

// FailureOfError returns the failure of an exchange that ended in err, without a
// whole response. connecting is as for [outcome.OfError].
func FailureOfError(op string, err error, connecting bool, redactor Redactor) *outcome.Failure {
	f := &outcome.Failure{Op: op, Err: redactError(err, redactor)}
	f.Class, f.Permanent = outcome.OfError(err, connecting)
	var elsewhere *WrongOriginError // where Base followed a redirect
	if errors.Is(err, ErrFollowsRedirects) || errors.As(err, &elsewhere) {
		f.Class = outcome.Unexpected // and no reason to send the request once more
	}
	return f
}

// redactError withholds an error that repeats a secret, with its cause. The error of
// net/http, for example, repeats a line that came in place of a response.
func redactError(err error, redactor Redactor) error {
	text := redactor(err.Error())
	if text != err.Error() {
		return errors.New(text)
	}
	return err
}

// failureOfCut returns the failure of a response whose body ended early. Its status
// may still tell that the credential was rejected (R6).
func failureOfCut(op string, secret outcome.Secret, resp *http.Response, err error, redactor Redactor) *outcome.Failure {
	f := FailureOf(op, secret, resp, nil, redactor)
	f.Err = fmt.Errorf("reading the response, %s: %w", redactor(mediaType(resp.Header)), err)
	var tooLarge *http.MaxBytesError
	isTooLarge := errors.As(err, &tooLarge)
	switch {
	case f.Class != outcome.OK:
		return f
	case isTooLarge:
		f.Class = outcome.Unexpected
	default:
		f.Class = outcome.OutcomeUnknown
	}
	return f
}

// redactCode returns the server's number for a failure, or 0 if it repeats a
// secret, such as a password of digits.
func redactCode(code int, redactor Redactor) int {
	text := strconv.Itoa(code)
	if redactor(text) != text {
		return 0
	}
	return code
}

// describe names the length and type of a body, without repeating it (X4).
func describe(h http.Header, body []byte, redactor Redactor) string {
	if len(body) == 0 {
		return "an empty body of " + redactor(mediaType(h))
	}
	return fmt.Sprintf("%d bytes of %s", len(body), redactor(mediaType(h)))
}

// target returns where a redirect points, without its query. The whole address goes
// through the Redactor, because a secret may stretch over several of its parts.
func target(resp *http.Response, redactor Redactor) string {
	u, err := url.Parse(redactor(resp.Header.Get("Location")))
	if err != nil {
		return "nowhere"
	}
	if resp.Request != nil && resp.Request.URL != nil {
		u = resp.Request.URL.ResolveReference(u)
	}
	if u.Host == "" {
		return "nowhere"
	}
	return withoutQuery(u)
}

// isRedirect reports whether http.Client follows responses of a status.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
