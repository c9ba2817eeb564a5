package exchange

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// A Redactor withholds, in a text that comes from the server or from an error,
// the secrets of the request that led to it.
type Redactor func(text string) string

// FailureOf says what the response to operation op is, if it is not what the API
// promises. op carried a credential of kind secret; body is the whole body, or as
// much as is known of it. Everything that is taken from the response goes through
// redact (X3).
func FailureOf(op string, secret outcome.Secret, resp *http.Response, body []byte, redact Redactor) *outcome.Failure {
	page := PageOf(resp.Header, body)
	detail := decodeEnvelope(body)
	f := &outcome.Failure{
		Class:      outcome.Of(op, secret, resp.StatusCode, page),
		Op:         op,
		Status:     resp.StatusCode,
		Code:       redactCode(detail.Code, redact),
		Debug:      Line(redact(detail.Debug)),
		IncidentID: Line(redact(detail.IncidentIDGUID)),
		TraceID:    Line(redact(detail.TraceIDGUID)),
		RetryAfter: RetryAfter(resp.Header),
		Page:       page,
		Permanent:  resp.StatusCode == http.StatusNotImplemented,
	}
	switch {
	case isRedirect(resp.StatusCode):
		f.Err = fmt.Errorf("to %s; is the cluster behind single sign-on?", target(resp, redact))
	case page != outcome.Maintenance && detail.Debug == "" && detail.Code == 0:
		f.Err = fmt.Errorf("answered with %s", Describe(resp.Header, body, redact))
	}
	return f
}

// FailureOfError says what an exchange is that ended in err, without a whole
// response. connecting is as for [outcome.OfError].
func FailureOfError(op string, err error, connecting bool, redact Redactor) *outcome.Failure {
	f := &outcome.Failure{Op: op, Err: err}
	f.Class, f.Permanent = outcome.OfError(err, connecting)
	if errors.Is(err, ErrFollowsRedirects) {
		f.Class = outcome.Unexpected // and no reason to show the credential once more
	}
	text := redact(err.Error())
	if text != err.Error() {
		f.Err = errors.New(text) // without the cause, which would show the secret
	}
	return f
}

// failureOfCut says what a response is whose body ended early. Its status may
// still tell that the credential was rejected (R6).
func failureOfCut(op string, secret outcome.Secret, resp *http.Response, err error, redact Redactor) *outcome.Failure {
	f := FailureOf(op, secret, resp, nil, redact)
	f.Err = fmt.Errorf("reading the response, %s: %w", redact(mediaType(resp.Header)), err)
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
func redactCode(code int, redact Redactor) int {
	text := strconv.Itoa(code)
	if redact(text) != text {
		return 0
	}
	return code
}

// Describe says what came, without repeating it (X4).
func Describe(h http.Header, body []byte, redact Redactor) string {
	if len(body) == 0 {
		return "an empty body of " + redact(mediaType(h))
	}
	return fmt.Sprintf("%d bytes of %s", len(body), redact(mediaType(h)))
}

// target names where a redirect points, without its query. A secret that the
// server repeats is looked for before the address is taken apart.
func target(resp *http.Response, redact Redactor) string {
	u, err := url.Parse(redact(resp.Header.Get("Location")))
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
