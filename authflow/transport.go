package authflow

import (
	"io"
	"maps"
	"net/http"
	"time"
)

// How much of a refused response is read so that its connection can be used
// again (P5).
const (
	drainBytes = 64 << 10
	drainTime  = 250 * time.Millisecond
)

// doubtTime is how long a credential that is refused though it is new is kept
// all the same: a path that answers 401 to everybody must not cost a renewal
// for each request.
const doubtTime = time.Second

// transport is the http.RoundTripper of a Flow: it adds the credential to
// requests for the Flow's server, captures cookies, and sends a request again
// that met an expired credential. It sits below http.Client, so that every hop
// of a redirect passes through it and is judged by itself (I2).
type transport struct {
	f   *Flow
	out *outgoing // is told what is added; nil for ordinary requests
}

// RoundTrip implements http.RoundTripper. It does not change req.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	f := t.f
	base := f.base()
	if req.Response == nil && !f.origin.holds(req.URL) {
		closeBody(req)
		return nil, f.origin.refuse(req)
	}
	if f.origin.left(req) {
		if req.Body != nil && req.Body != http.NoBody {
			closeBody(req) // 307 and 308 repeat it, and it may hold a password
			return nil, f.origin.refuse(req)
		}
		resp, err := base.RoundTrip(stripped(req))
		if err == nil {
			resp.Request = req // which left follows
		}
		return resp, err
	}
	if f.keeper.callers(req) {
		if err := f.keeper.ended(); err != nil {
			closeBody(req)
			return nil, err
		}
		return base.RoundTrip(req) // and its answer is the caller's (I3)
	}
	l, err := f.keeper.get(req.Context())
	if err != nil {
		closeBody(req)
		return nil, err
	}

	resp, err := t.send(base, req, req.Body, l)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	refused := time.Now()
	if int64(l.age(refused)) < l.doubt.Load() {
		return resp, nil
	}
	f.keeper.invalidate(l)
	body, ok := replayBody(req)
	if !ok {
		return resp, nil
	}
	drain(resp.Body)
	if l, err = f.keeper.get(req.Context()); err != nil {
		if body != nil {
			_ = body.Close()
		}
		return nil, err
	}
	f.report(Event{Kind: Replayed, Op: f.keeper.op, Left: l.left(time.Now()), Reason: "the server answered 401"})
	resp, err = t.send(base, req, body, l)
	// One that was asked for before the refusal may have ended for the same
	// reason; one that is newer is as good as they get.
	if err == nil && resp.StatusCode == http.StatusUnauthorized && !l.sent.Before(refused) {
		l.doubt.Store(int64(l.age(time.Now()) + doubtTime))
	}
	return resp, err
}

// send sends a copy of req that carries l's credential.
func (t transport) send(base http.RoundTripper, req *http.Request, body io.ReadCloser, l *lease) (*http.Response, error) {
	out := *req
	out.Body = body
	out.Header = maps.Clone(req.Header)
	if out.Header == nil {
		out.Header = make(http.Header, 1)
	}
	l.attach(&out)
	if t.out != nil {
		t.out.note(&out)
	}
	resp, err := base.RoundTrip(&out)
	if err != nil {
		return nil, err
	}
	if resp.Body == nil {
		resp.Body = http.NoBody // http.Client, too, bears with such a base
	}
	if l.jar != nil {
		if cookies := resp.Cookies(); len(cookies) > 0 {
			l.jar.SetCookies(req.URL, cookies)
			t.f.report(Event{Kind: CookieCaptured, Op: t.f.keeper.op, Reason: "the server set a cookie"})
		}
	}
	resp.Request = req // the caller's, which carries no secret of ours
	return resp, nil
}

// replayBody returns a second copy of req's body, if it has one or needs none.
func replayBody(req *http.Request) (io.ReadCloser, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req.Body, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	return body, err == nil
}

// drain reads a bounded part of a response that nobody will read, and closes
// it.
func drain(body io.ReadCloser) {
	late := time.AfterFunc(drainTime, func() { _ = body.Close() })
	defer late.Stop()
	_, _ = io.CopyN(io.Discard, body, drainBytes)
	_ = body.Close()
}

// stripped returns a copy of req without credentials, for a hop that has left
// the origin. net/http keeps Authorization and Cookie for sub-domains and for
// other ports of a host.
func stripped(req *http.Request) *http.Request {
	out := *req
	out.Header = maps.Clone(req.Header)
	out.Header.Del("Authorization")
	out.Header.Del("Cookie")
	return &out
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// resumed is a transport whose first answer is there already, for http.Client
// to go on from.
type resumed struct {
	resp *http.Response
	err  error
	next http.RoundTripper
	done bool
}

// RoundTrip implements http.RoundTripper.
func (r *resumed) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.done {
		return r.next.RoundTrip(req)
	}
	r.done = true
	return r.resp, r.err
}
