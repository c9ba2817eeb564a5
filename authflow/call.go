package authflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
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
func (a *answer) what() string { return describe(a.header, a.body, a.out.redactor()) }

// call sends one auth request that carries its own credential, and l if there
// is one, and reads the answer. Whatever is not a 2xx answer in the API's own
// form is an *Error.
func (c *Cluster) call(op string, req *http.Request, l *lease) (_ *answer, err error) {
	c.identify(req)
	if l != nil {
		if attach(req, l); l.Value.several {
			req.Header.Set("X-Org-Selector", strconv.Itoa(int(l.Value.org)))
		}
	}
	out := &outgoing{req: req}
	defer func() {
		if p := recover(); p != nil { // in the RoundTripper, perhaps with all that it was given
			err = &Error{Op: op, Err: errors.New(out.redactor()(fmt.Sprintf("panic: %v", p)))}
		}
	}()
	sent := time.Now()
	resp, err := c.noRedirects(oneExchange{c.base}).Do(req)
	if err != nil {
		e := sendError(req.Context(), op, err)
		if text := out.redactor()(err.Error()); text != err.Error() {
			e.Err = errors.New(text) // without the cause, which would show it all the same
		}
		return nil, e
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(http.MaxBytesReader(nil, resp.Body, maxAnswer))
	if err != nil {
		e := failure(op, resp, nil, out.redactor())
		e.Err = fmt.Errorf("reading the answer, %s: %w", out.redactor()(mediaType(resp.Header)), err)
		var tooLarge *http.MaxBytesError
		e.retry = resp.StatusCode/100 == 2 && !errors.As(err, &tooLarge)
		return nil, e
	}
	if resp.StatusCode/100 != 2 || isHTML(resp.Header, body) {
		return nil, failure(op, resp, body, out.redactor())
	}
	return &answer{sent, resp.StatusCode, resp.Header, wire.Trim(body), out}, nil
}

// identify sets the headers that every auth call carries (I4).
func (c *Cluster) identify(req *http.Request) {
	req.Header.Set("Accept", "application/json")
	req.Header.Set("X-Requested-By", "ThoughtSpot")
	req.Header.Set("User-Agent", c.userAgent)
}

// noRedirects returns a client that hands redirects out as they are: to follow
// one could post credentials twice, or to somebody else (X1).
func (c *Cluster) noRedirects(rt http.RoundTripper) *http.Client {
	return &http.Client{Transport: rt, Timeout: c.timeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
}

// oneExchange holds a RoundTripper to one exchange: an answer whose request is
// not the one that it was given comes from one that follows redirects, and has
// shown our credentials to who knows whom (I6).
type oneExchange struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (o oneExchange) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(req)
	if err != nil || resp == nil {
		return resp, err
	}
	if strayed(req, resp) {
		if resp.Body != nil {
			_ = resp.Body.Close()
		}
		return nil, &Error{kind: ErrUnexpectedRedirect, Err: errors.New(
			"the RoundTripper of WithHTTPClient follows redirects by itself; put it above the Flow, not below")}
	}
	// http.Client would put the text of a Location that is no URL, in which a
	// server may repeat a secret, into an error, before it asks CheckRedirect.
	if _, bad := req.URL.Parse(resp.Header.Get("Location")); bad != nil {
		resp.Header.Del("Location")
	}
	return resp, nil
}

// strayed reports whether an answer is not to req but to another request.
func strayed(req *http.Request, resp *http.Response) bool {
	last := resp.Request
	return last != nil && last != req && (last.Response != req.Response || last.Method != req.Method || last.URL.String() != req.URL.String())
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
		e.kind, e.retry = ErrMaintenance, true
	case code/100 == 3:
		e.kind = ErrUnexpectedRedirect
		e.Err = fmt.Errorf("to %s; is the cluster behind single sign-on?", line(redact(target(resp, redact))))
	case code == http.StatusBadRequest && op == wayLogin.op():
		e.kind = ErrCredentialsRejected
	}
	if e.Err == nil && detail.Debug == "" && detail.Code == 0 {
		e.Err = fmt.Errorf("answered with %s", describe(resp.Header, body, redact))
	}
	return e
}

// describe says what came, without repeating it (X4).
func describe(h http.Header, body []byte, redact func(string) string) string {
	if len(body) == 0 {
		return "an empty body of " + redact(mediaType(h))
	}
	return fmt.Sprintf("%d bytes of %s", len(body), redact(mediaType(h)))
}

// unknownType stands for a Content-Type that is absent or none.
const unknownType = "unknown content"

func mediaType(h http.Header) string {
	v, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	if t, _, err := mime.ParseMediaType(v); err == nil && len(t) <= 80 && strings.EqualFold(t, strings.TrimSpace(v)) {
		return strings.TrimSpace(v) // as it was written: a secret is found in it by its letters
	}
	return unknownType
}

// isHTML reports whether a page came in the place of an answer.
func isHTML(h http.Header, body []byte) bool {
	body = wire.Trim(body)
	return strings.EqualFold(mediaType(h), "text/html") && !bytes.HasPrefix(body, []byte("{")) || bytes.HasPrefix(body, []byte("<"))
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
// providers are sent requests. What a server repeats in it is found before it is
// taken apart.
func target(resp *http.Response, redact func(string) string) string {
	u, err := url.Parse(redact(resp.Header.Get("Location")))
	if err == nil && resp.Request != nil && resp.Request.URL != nil {
		u = resp.Request.URL.ResolveReference(u)
	}
	if err != nil || u.Host == "" {
		return "nowhere"
	}
	return u.Scheme + "://" + u.Host + u.Path
}

// parseRetryAfter reads the header in either of its forms, seconds or a date.
// The date is counted from the answer's own, by the same clock.
func parseRetryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.ParseInt(v, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(max(0, n), maxAsked)) * time.Second
	}
	at, err := http.ParseTime(v)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(0, at.Sub(now)), maxAsked*time.Second)
}

// maxAsked is the longest Retry-After that is told, in seconds: a day.
const maxAsked = 24 * 60 * 60
