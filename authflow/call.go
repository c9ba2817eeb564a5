package authflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAnswer bounds what is read of the answer to an auth call, in bytes (X2).
const maxAnswer = 1 << 20

// answer is the whole answer to an auth call that succeeded.
type answer struct {
	sent   time.Time
	status int
	header http.Header
	body   []byte
	out    *outgoing
}

// what says what came, without repeating it (X4).
func (a *answer) what() string { return a.out.redactor()(describe(a.header, a.body)) }

// call sends one auth request through rt and reads the answer. Whatever is not
// a 2xx answer in the API's own form is an *Error.
func (s *settings) call(op string, rt http.RoundTripper, req *http.Request) (*answer, error) {
	s.identify(req)
	out := &outgoing{req: req}
	if t, ok := rt.(transport); ok {
		t.out = out
		rt = t
	}
	sent := time.Now()
	resp, err := s.noRedirects(rt).Do(req)
	if err != nil {
		e := asError(op, err)
		if text := out.redactor()(err.Error()); text != err.Error() {
			e.Err = errors.New(text) // without the cause, which would show it all the same
		}
		e.transient = e.Status == 0 && e.kind == nil && req.Context().Err() == nil
		return nil, e
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	if err != nil {
		e := failure(op, resp, nil, out.redactor())
		e.Err = fmt.Errorf("reading the answer, %s: %w", out.redactor()(mediaType(resp.Header)), err)
		var tooLarge *http.MaxBytesError
		e.transient = e.transient || resp.StatusCode/100 == 2 && !errors.As(err, &tooLarge)
		return nil, e
	}
	if resp.StatusCode/100 != 2 || isHTML(resp.Header, body) {
		return nil, failure(op, resp, body, out.redactor())
	}
	return &answer{sent, resp.StatusCode, resp.Header, body, out}, nil
}

// identify sets the headers that every auth call carries (I4).
func (s *settings) identify(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Requested-By", "ThoughtSpot")
	req.Header.Set("User-Agent", s.userAgent)
}

// noRedirects returns a client that hands redirects out as they are: to follow
// one could post credentials twice, or to somebody else (X1).
func (s *settings) noRedirects(rt http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: unmoved{rt},
		Timeout:   s.timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// unmoved drops a Location that is no URL: http.Client would put its text, in
// which a server may repeat a secret, into an error, before it asks
// CheckRedirect.
type unmoved struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (u unmoved) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := u.RoundTripper.RoundTrip(req)
	if err == nil {
		if _, bad := req.URL.Parse(resp.Header.Get("Location")); bad != nil {
			resp.Header.Del("Location")
		}
	}
	return resp, err
}

// failure makes an error of an answer that is not what the API promises. All
// that it takes from the answer goes through redact.
func failure(op string, resp *http.Response, body []byte, redact func(string) string) *Error {
	e := &Error{Op: op, Status: resp.StatusCode, RetryAfter: parseRetryAfter(resp.Header)}
	detail := decodeEnvelope(body)
	e.Code = detail.Code
	e.Debug = line(redact(detail.Debug))
	e.IncidentID = line(redact(detail.IncidentIDGUID))
	e.TraceID = line(redact(detail.TraceIDGUID))

	switch code := resp.StatusCode; {
	case isMaintenance(body):
		e.kind, e.transient = ErrMaintenance, true
	case code/100 == 3:
		e.kind = ErrUnexpectedRedirect
		e.Err = fmt.Errorf("to %s; is the cluster behind single sign-on?", line(redact(target(resp))))
	case code == http.StatusUnauthorized, code == http.StatusBadRequest && op == "login":
		e.kind = ErrCredentialsRejected
	case code == http.StatusForbidden:
		e.kind = ErrForbidden
	case code == http.StatusTooManyRequests:
		e.kind, e.transient = ErrRateLimited, true
	case code == 500, code == 502, code == 503, code == 504:
		e.transient = true
	}
	if e.Err == nil && detail.Debug == "" && detail.Code == 0 {
		e.Err = fmt.Errorf("answered with %s", redact(describe(resp.Header, body)))
	}
	return e
}

// describe says what came, without repeating it (X4).
func describe(h http.Header, body []byte) string {
	if len(body) == 0 {
		return "an empty body of " + mediaType(h)
	}
	return fmt.Sprintf("%d bytes of %s", len(body), mediaType(h))
}

func mediaType(h http.Header) string {
	v, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if t, _, err := mime.ParseMediaType(v); err == nil && len(t) <= 80 && strings.EqualFold(t, strings.TrimSpace(v)) {
		return strings.TrimSpace(v) // as it was written: a secret is found in it by its letters
	}
	return "unknown content"
}

// isHTML reports whether a page came in the place of an answer.
func isHTML(h http.Header, body []byte) bool {
	return strings.EqualFold(mediaType(h), "text/html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// isMaintenance recognises the page of a cluster in maintenance, which comes
// with any status.
func isMaintenance(body []byte) bool {
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return false
	}
	page := bytes.ToLower(body)
	return bytes.Contains(page, []byte("site maintenance")) || bytes.Contains(page, []byte("system maintenance"))
}

// target names where a redirect points, without its query, in which identity
// providers are sent requests.
func target(resp *http.Response) string {
	u, err := resp.Location()
	if err != nil {
		return "nowhere"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// parseRetryAfter reads the header in either of its forms, seconds or a date.
// The date is counted from the answer's own, by the same clock.
func parseRetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 32); err == nil {
		return max(0, time.Duration(n)*time.Second)
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, at.Sub(now))
}
