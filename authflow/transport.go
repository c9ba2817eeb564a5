package authflow

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How much of a refused response is read so that its connection can be used
// again (P5).
const (
	drainBytes = 64 << 10
	drainTime  = 250 * time.Millisecond
)

// transport is a Flow as an http.RoundTripper: it adds the credential to
// requests, captures cookies, and sends a request again that met a dead
// credential. It sits below http.Client, so that every hop of a redirect passes
// through it and is judged by itself (I2).
type transport Flow

// CloseIdleConnections closes those of the RoundTripper below.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.cluster.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper. It does not change req.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	f, o := (*Flow)(t), &t.cluster.origin
	left := o.left(req)
	if left && (req.Response == nil || req.Body != nil && req.Body != http.NoBody) {
		// The latter: 307 and 308 repeat a body, and it may hold a password.
		closeBody(req)
		return nil, o.refuse(req)
	}
	if _, closed := f.keeper.Peek(); closed != nil {
		closeBody(req)
		return nil, closed
	}
	theirs, _ := f.authorization(req.Header)
	switch {
	case left:
		resp, err := f.cluster.base.RoundTrip(f.stripped(req))
		if err == nil && resp != nil {
			resp.Request = req // which left follows
		}
		return resp, err
	case theirs, o.logsIn(req): // the answer is the caller's, too (I3, P7)
		return f.cluster.base.RoundTrip(req)
	}
	body, again := req.Body, req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	l, err := f.lease(req.Context(), !again)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, sent, no, err := f.send(req, body, l)
	if err != nil {
		return nil, err
	}
	if no == nil || errors.Is(no, ErrMaintenance) || o.fromAPI(req) && !o.inAPI(req.URL) {
		return f.settle(resp, no)
	}
	refused, next, renew := time.Now(), l, true
	if s := l.Value.session; s != nil && s.cookies.Load().header != sent {
		renew = false // only the cookie was old (P1)
	} else if !f.refused(l) {
		return f.settle(resp, no)
	}
	if again && req.GetBody != nil {
		body, err = req.GetBody()
	}
	if !again || err != nil {
		return f.settle(resp, no)
	}
	drain(resp.Body) // before the renewal, which may go over the same connection
	if renew {
		if next, err = f.keeper.Next(req.Context(), l, false); err != nil {
			if body != nil {
				_ = body.Close()
			}
			return nil, asError(f.way.op(), err)
		}
	}
	f.report(Event{Kind: Replayed, Left: f.left(next), Reason: "the server refused the last one"})
	if resp, _, no, err = f.send(req, body, next); err != nil {
		return nil, err
	}
	if no == nil {
		f.doubt.Store(nil)
	} else if !errors.Is(no, ErrMaintenance) {
		f.refusedAgain(next, refused)
	}
	return f.settle(resp, no)
}

// send sends a copy of req that carries the credential of l. It returns the
// cookies that it carried, and what judge says of the answer.
func (f *Flow) send(req *http.Request, body io.ReadCloser, l *lease) (*http.Response, string, *Error, error) {
	out := *req
	out.Body = body
	if out.Header = maps.Clone(req.Header); out.Header == nil {
		out.Header = make(http.Header, 2)
	}
	unauthorize(out.Header)
	cookies := attach(&out, l)
	asked := time.Now()
	resp, err := f.cluster.base.RoundTrip(&out)
	switch {
	case err != nil:
		// net/http puts a line into it that came in place of an answer.
		if text := (&outgoing{&out}).redactor()(err.Error()); text != err.Error() {
			err = &Error{Op: "request", Err: errors.New(text)}
		}
		return nil, "", nil, err
	case resp == nil:
		return nil, "", nil, &Error{Op: "request", Err: fmt.Errorf("%T returned no answer and no error", f.cluster.base)}
	case resp.Body == nil:
		resp.Body = http.NoBody // http.Client, too, bears with such a base
	}
	if strayed(&out, resp) && !f.cluster.origin.holds(resp.Request) {
		drain(resp.Body)
		return nil, "", nil, f.cluster.origin.refuse(resp.Request)
	}
	resp.Request = req // the caller's, which carries no secret of ours
	if resp.StatusCode >= 400 {
		resp.Body = &keptBody{ReadCloser: resp.Body, hide: (&outgoing{&out}).redactor}
	}
	no := f.judge(req, resp, &out)
	if s := l.Value.session; s != nil && no == nil { // a refusal may set the cookie of a session that nobody is in
		s.used.Store(int64(l.Age(asked)))
		if s.set(resp.Header, req.URL.Path, l.Age(time.Now())) {
			f.report(Event{Kind: CookieCaptured, Reason: "the server set a cookie"})
		}
	}
	return resp, cookies, no, nil
}

// judge returns why an answer is not one of the API to somebody who is signed
// in, or nil (P6). Outside of the API, only 401 says so. sent is req with the
// credential.
func (f *Flow) judge(req *http.Request, resp *http.Response, sent *http.Request) *Error {
	o := &f.cluster.origin
	failed := func(page []byte) *Error {
		drain(resp.Body)
		return failure("request", resp, page, (&outgoing{sent}).redactor())
	}
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized:
		return &Error{Status: code}
	case !o.fromAPI(req):
	case code/100 == 3 && resp.Header.Get("Location") != "":
		if to, err := resp.Location(); err != nil || !o.holds(&http.Request{URL: to}) || !o.inAPI(to) {
			return failed(nil)
		}
	case strings.EqualFold(mediaType(resp.Header), "text/html"):
		page, _ := io.ReadAll(io.LimitReader(resp.Body, drainBytes))
		if code/100 == 2 || isMaintenance(page) {
			return failed(page)
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(page), resp.Body), resp.Body}
	}
	return nil
}

// settle returns what the caller gets of an answer: the answer, or an error
// where it is a page in place of one. A redirect within the server is followed,
// and what comes of it judged.
func (f *Flow) settle(resp *http.Response, no *Error) (*http.Response, error) {
	if no == nil || no.Status == http.StatusUnauthorized {
		return resp, nil
	}
	if to, err := resp.Location(); err == nil && f.cluster.origin.holds(&http.Request{URL: to}) {
		return resp, nil
	}
	return nil, no
}

// doubt is what a Flow has learnt of credentials that were refused though they
// were new: another would hardly help, for a while (P3).
type doubt struct {
	of    *lease
	until time.Time
	step  time.Duration
}

// refused notes that the server turned a lease down, and reports whether
// another is worth asking for.
func (f *Flow) refused(l *lease) bool {
	if d := f.doubt.Load(); d != nil && d.of == l && time.Now().Before(d.until) {
		return false
	}
	if f.keeper.Refuse(l, false) {
		if f.way == wayTokensFrom {
			f.supplied.token.refuse(l.Value.header[0], f.cluster)
		}
		f.report(Event{Kind: Invalidated, Left: f.left(l), Reason: "the server refused it"})
	}
	return true
}

// refusedAgain notes that the request that was repeated with l was refused too.
// One that was asked for before the first refusal may have ended for the same
// reason; one that is newer is as good as they get.
func (f *Flow) refusedAgain(l *lease, first time.Time) {
	if l.Asked.Before(first) {
		f.keeper.Refuse(l, false)
		return
	}
	next := &doubt{of: l, step: time.Second}
	if d := f.doubt.Load(); d != nil {
		if d.of == l {
			return
		}
		next.step = min(2*d.step, time.Minute)
	}
	next.until = time.Now().Add(next.step)
	f.doubt.Store(next)
}

// authorization reports whether a request carries a bearer token or the like
// that its maker has put there: an Authorization header, in any spelling, that
// has a value and is not of an earlier Edit (I3). If not, it reports whether
// there is one of ours, or without a value.
func (f *Flow) authorization(h http.Header) (theirs, ours bool) {
	for name, values := range h {
		if isAuthorization(name) {
			ours = true
			theirs = theirs || slices.ContainsFunc(values, func(v string) bool { return v != "" && !f.issued(v) })
		}
	}
	return theirs, ours
}

// unauthorize removes the Authorization headers, in any spelling.
func unauthorize(h http.Header) {
	for name := range h {
		if isAuthorization(name) {
			delete(h, name)
		}
	}
}

func isAuthorization(name string) bool {
	return len(name) == len("Authorization") && strings.EqualFold(name, "Authorization")
}

// issued reports whether a header is of a token of this Flow, present or past.
func (f *Flow) issued(header string) bool {
	if l, _ := f.keeper.Peek(); l != nil && l.Value.header[0] == header {
		return true
	}
	past := f.past.Load()
	return past != nil && slices.Contains(past.issued, maphash.String(f.cluster.seed, header))
}

// stripped returns a copy of req without our credentials, for a hop that has
// left the origin: net/http keeps headers for sub-domains and for other ports of
// a host, and so does a cookie jar.
func (f *Flow) stripped(req *http.Request) *http.Request {
	out := *req
	out.Header = maps.Clone(req.Header)
	for name := range out.Header {
		if theirs, ours := f.authorization(http.Header{name: out.Header[name]}); ours && !theirs {
			delete(out.Header, name)
		}
	}
	l, _ := f.keeper.Peek()
	if theirs := out.Header["Cookie"]; l != nil && l.Value.session != nil && len(theirs) > 0 {
		ours := l.Value.session.cookies.Load().list
		out.Header.Del("Cookie")
		if rest := without(strings.Join(theirs, "; "), func(_, pair string) bool {
			return slices.ContainsFunc(ours, func(c cookie) bool { return c.text == pair })
		}); rest != "" {
			out.Header.Set("Cookie", rest)
		}
	}
	return &out
}

// drain reads a bounded part of a response that nobody will read, and closes it.
func drain(body io.ReadCloser) {
	late := time.AfterFunc(drainTime, func() { _ = body.Close() })
	defer late.Stop()
	_, _ = io.CopyN(io.Discard, body, drainBytes)
	_ = body.Close()
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
