package authflow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
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
	if u := req.URL.User; theirs && u != nil && req.Response != nil { // by net/http, of a Location
		password, _ := u.Password()
		basic := &http.Request{Header: make(http.Header)}
		basic.SetBasicAuth(u.Username(), password)
		theirs = req.Header.Get("Authorization") != basic.Header.Get("Authorization")
	}
	switch {
	case left:
		return f.exchange(req, f.stripped(req))
	case theirs, o.logsIn(req): // the answer is the caller's, too (I3, P7)
		return f.exchange(req, req)
	}
	body, again := req.Body, req.Body == nil || req.Body == http.NoBody || req.GetBody != nil
	get, reject := f.lease, f.reject
	if !again {
		get, reject = f.verifiedLease, f.rejectUntried
	}
	l, err := get(req.Context())
	if err != nil {
		closeBody(req)
		return nil, err
	}
	resp, sent, no, err := f.send(req, body, l)
	if err != nil {
		return nil, err
	}
	if no == nil {
		f.keeper.Accepted(l)
	}
	if no == nil || errors.Is(no, ErrMaintenance) || o.fromAPI(req) && !o.inAPI(req.URL) {
		return f.settle(resp, no)
	}
	next, renew := l, true
	if s := l.Value.session; s != nil && s.cookies.Load().header != sent {
		renew = false // only the cookie was old (P1)
	} else if !reject(l) {
		return f.settle(resp, no)
	}
	// Another token of a Store's may be from before a revocation too.
	for tries := 1; ; tries++ {
		if again && req.GetBody != nil {
			body, err = req.GetBody()
		}
		if !again || err != nil {
			return f.settle(resp, no)
		}
		drain(resp.Body) // before the renewal, which may go over the same connection
		if renew {
			if next, err = f.keeper.Replace(req.Context(), l); err != nil {
				if body != nil {
					_ = body.Close()
				}
				return nil, asError(f.way.op(), err)
			}
		}
		f.report(Event{Kind: Replayed, Remaining: f.remaining(next), Reason: "the server rejected the last one"})
		if resp, _, no, err = f.send(req, body, next); err != nil {
			return nil, err
		}
		switch {
		case no == nil:
			f.keeper.AcceptedAgain()
			return f.settle(resp, no)
		case errors.Is(no, ErrMaintenance):
			return f.settle(resp, no)
		}
		if !f.reject(next) || !next.Value.stored || tries > 1 {
			return f.settle(resp, no)
		}
		l, renew = next, true
	}
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
	resp, err := f.exchange(req, &out)
	if err != nil {
		return nil, "", nil, err
	}
	no := f.judge(req, resp, &out)
	if no == nil { // a refusal may set the cookie of a session that nobody is in
		f.took(l, asked, req.URL.Path, resp.Header)
	}
	return resp, cookies, no, nil
}

// took notes what an answer to a request that was sent at asked says of the
// session of l, if it is one (S1, S2).
func (f *Flow) took(l *lease, asked time.Time, path string, h http.Header) {
	s := l.Value.session
	if s == nil {
		return
	}
	s.heard(asked.Sub(l.RequestedAt), l.Age(asked))
	if s.set(h, path, l.Age(time.Now())) {
		f.report(Event{Kind: CookieCaptured, Reason: "the server set a cookie"})
	}
}

// exchange sends out, which stands for req. Neither an error of it nor the
// request of the answer holds a secret of out.
func (f *Flow) exchange(req, out *http.Request) (*http.Response, error) {
	base, o := f.cluster.base, &f.cluster.origin
	if o.logsIn(out) {
		base = oneExchange{base}
	}
	resp, err := base.RoundTrip(out)
	switch {
	case err != nil:
		// net/http puts a line into it that came in place of an answer.
		if text := (&outgoing{out}).redactor()(err.Error()); text != err.Error() {
			err = &Error{Op: "request", Err: errors.New(text)}
		}
		return nil, err
	case resp == nil:
		return nil, &Error{Op: "request", Err: fmt.Errorf("%T returned no answer and no error", f.cluster.base)}
	case resp.Body == nil:
		resp.Body = http.NoBody // http.Client, too, bears with such a base
	}
	if strayed(out, resp) && o.holds(out) && !o.holds(resp.Request) {
		drain(resp.Body)
		return nil, o.refuse(resp.Request)
	}
	resp.Request = req // the caller's, which left and fromAPI follow
	if resp.StatusCode >= 300 {
		resp.Body = &keptBody{ReadCloser: resp.Body, hide: (&outgoing{out}).redactor}
	}
	return resp, nil
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
	case redirects(code) && resp.Header.Get("Location") != "":
		if to, err := resp.Location(); err != nil || !o.holds(&http.Request{URL: to}) || !o.inAPI(to) {
			return failed(nil)
		}
	case code >= 200 && isPage(resp):
		page, _ := io.ReadAll(io.LimitReader(resp.Body, drainBytes))
		if code/100 == 2 || isMaintenance(page) {
			return failed(page)
		}
		resp.Body.(*keptBody).off = 0
	}
	return nil
}

// redirects reports whether http.Client follows a status.
func redirects(code int) bool {
	return code/100 == 3 && code != http.StatusMultipleChoices && code != http.StatusNotModified
}

// isPage reports whether an answer is for people to read, by its type or, where
// that says nothing, by how it begins.
func isPage(resp *http.Response) bool {
	switch strings.ToLower(mediaType(resp.Header)) {
	case "text/html", "application/xhtml+xml":
		return true
	case "text/plain", unknownType:
		return beginsPage(resp)
	}
	return false
}

// beginsPage reports whether the body of an answer begins as a page does. It
// does not wait for more than it takes to tell.
func beginsPage(resp *http.Response) (page bool) {
	start := make([]byte, 0, 512)
	for open := true; open && !page && len(start) < cap(start); {
		n, err := resp.Body.Read(start[len(start):cap(start)])
		start = start[:len(start)+n]
		open = false
		text := strings.ToLower(strings.TrimSpace(string(start)))
		for _, tag := range []string{"<!doctype html", "<html"} {
			page = page || strings.HasPrefix(text, tag)
			open = open || err == nil && strings.HasPrefix(tag, text)
		}
	}
	if k, ok := resp.Body.(*keptBody); ok {
		k.off = 0
	} else {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(start), resp.Body), resp.Body}
	}
	return page
}

// settle returns what the caller gets of an answer: the answer, or an error
// where it is a page in place of one. A redirect within the server is followed,
// and what comes of it judged.
func (f *Flow) settle(resp *http.Response, no *Error) (*http.Response, error) {
	if no == nil || no.Status == http.StatusUnauthorized {
		return resp, nil
	}
	if to, err := resp.Location(); redirects(resp.StatusCode) && err == nil && f.cluster.origin.holds(&http.Request{URL: to}) {
		return resp, nil
	}
	return nil, no
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
