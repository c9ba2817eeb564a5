package authflow

import (
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

// transport is a Flow as an http.RoundTripper. It sits below http.Client, so that
// every hop of a redirect passes through it and is judged on its own (I2).
type transport Flow

// CloseIdleConnections closes the idle connections of the RoundTripper below.
func (t *transport) CloseIdleConnections() {
	if base, ok := t.cluster.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// RoundTrip implements http.RoundTripper. It does not change req.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	f := (*Flow)(t)
	if err := f.usable(); err != nil {
		closeBody(req)
		return nil, err
	}
	switch {
	case f.cluster.origin.LeftOrigin(req):
		return f.sendForeign(req)
	case f.isCallersOwn(req):
		return f.exchange(req, req)
	}
	r := roundTrip{Flow: f, req: req, replayable: isReplayable(req)}
	return r.run()
}

// sendForeign sends a hop of a redirect that has left the server, without
// anything that only the server may see. A request that begins at another server is
// rejected, and so is a hop with a body: 307 and 308 repeat it, and it may hold a
// password.
func (f *Flow) sendForeign(req *http.Request) (*http.Response, error) {
	origin := f.cluster.origin
	if req.Response == nil || hasBody(req) {
		closeBody(req)
		return nil, &Error{Op: operationOf(req), Err: origin.WrongOrigin(req), kind: ErrWrongOrigin}
	}
	out := *req
	out.Header = maps.Clone(req.Header)
	origin.StripForeign(&out, f.isSessionCookie)
	resp, err := f.exchange(req, &out)
	if err != nil {
		return nil, err
	}
	if !origin.EndsInPage(req, resp) {
		return resp, nil
	}
	if l, _ := f.keeper.Peek(); l != nil {
		f.rejectUntried(l) // the page is the login page of an identity provider
	}
	return nil, f.fail(req, &out, resp)
}

// isSessionCookie reports whether a cookie, as name=value, is one of the session
// in use.
func (f *Flow) isSessionCookie(pair string) bool {
	l, _ := f.keeper.Peek()
	return l != nil && l.Value.session != nil && l.Value.session.Has(pair)
}

// isCallersOwn reports whether a request is sent as it is, and its response is
// the caller's: it has the caller's Authorization header, or a credential
// in its body (I3, P7).
func (f *Flow) isCallersOwn(req *http.Request) bool {
	theirs, _ := f.authorization(req.Header)
	if theirs && !exchange.CredentialOfLocation(req) {
		return true
	}
	return f.cluster.origin.CarriesCredential(req)
}

// fail is the error for a response that is a page. out is req with the
// credential.
func (f *Flow) fail(req, out *http.Request, resp *http.Response) error {
	failure := f.cluster.origin.Failure(operationOf(req), req, resp, exchange.RedactorFor(out))
	exchange.Discard(resp)
	return newError(failure).retryIn(0)
}

// exchange sends out, which stands for req. An error of the RoundTripper is handed
// out as it is, as http.Client does.
func (f *Flow) exchange(req, out *http.Request) (*http.Response, error) {
	resp, err := f.cluster.sender.Send(req, out)
	if err == nil {
		return resp, nil
	}
	e := newError(exchange.FailureOfError(operationOf(req), err, false, exchange.RedactorFor(out)))
	if e.kind != nil {
		return nil, e // the RoundTripper followed a redirect
	}
	return nil, err
}

// operationOf names an ordinary request in an error.
func operationOf(req *http.Request) string {
	method, path := req.Method, "/"
	if method == "" {
		method = http.MethodGet
	}
	if req.URL != nil {
		path = req.URL.Path
	}
	return redact.Line(method + " " + path)
}

// roundTrip is one request with the Flow's credential, and its replay.
type roundTrip struct {
	*Flow
	req        *http.Request
	replayable bool

	out      *http.Request // the copy of req that was sent last
	lease    *lease        // that it carried
	sentAt   time.Time
	mark     string // of the session's cookies that it carried
	renewals int    // how often the credential was renewed for this request
	rotated  bool   // it was replayed with cookies that the session got after it was sent
}

// run sends the request and, if the server rejects the credential, sends it once
// more with another one.
func (r *roundTrip) run() (*http.Response, error) {
	l, err := r.firstLease()
	if err != nil {
		closeBody(r.req)
		return nil, err
	}
	resp, err := r.send(l, r.req.Body)
	for err == nil {
		verdict := r.judge(resp)
		if verdict == exchange.Return {
			r.accepted(resp)
		}
		if !verdict.Renews() {
			return r.finish(resp, verdict)
		}
		again := r.noteRejection(verdict)
		if !again {
			return r.giveUp(resp)
		}
		resp, err = r.replay(resp)
	}
	return nil, err
}

// firstLease returns the credential to begin with. A request that cannot be
// repeated waits for one that was not rejected. So does any request after the
// credential met a redirect or a page with a request that was not repeated, because
// this one may not be repeated either.
func (r *roundTrip) firstLease() (*lease, error) {
	l, _ := r.keeper.Peek()
	wasLedAway := l != nil && l.ID == r.ledAway.Load()
	if r.replayable && !wasLedAway {
		return r.Flow.lease(r.req.Context())
	}
	return r.verifiedLease(r.req.Context())
}

// send sends a copy of the request that carries the credential of l.
func (r *roundTrip) send(l *lease, body io.ReadCloser) (*http.Response, error) {
	out := *r.req
	out.Body = body
	out.Header = maps.Clone(r.req.Header)
	if out.Header == nil {
		out.Header = make(http.Header, 2)
	}
	unauthorize(out.Header)
	r.out, r.lease, r.mark = &out, l, attach(&out, l)
	r.sentAt = time.Now()
	return r.exchange(r.req, &out)
}

// judge decides what becomes of a response. After a rejection, a token from the
// Store may be older than the revocation that caused it, so it is replaced once
// more.
func (r *roundTrip) judge(resp *http.Response) exchange.Verdict {
	isReplaced := r.renewals == 1 && !r.lease.Value.stored
	isLast := isReplaced || r.renewals > 1
	return r.cluster.origin.Judge(r.judged(isLast), resp)
}

// judged describes the request to Judge. isLast says that it is not sent again.
func (r *roundTrip) judged(isLast bool) exchange.Request {
	return exchange.Request{Request: r.req, Replayable: r.replayable, Replayed: isLast, Age: r.lease.Age(time.Now())}
}

// accepted notes that the server accepted the credential. Only such a response
// changes the session: the cookie of a rejection is for another session.
func (r *roundTrip) accepted(resp *http.Response) {
	_ = r.noteResponse(r.lease, r.sentAt, r.req.URL.Path, resp.Header) // a panic of the observer does not make a success a failure
	if r.renewals > 0 || r.rotated {
		r.keeper.AcceptedAgain()
		return
	}
	r.keeper.Accepted(r.lease)
}

// noteRejection notes that the server rejected the credential, and reports whether
// the request is sent again.
func (r *roundTrip) noteRejection(verdict exchange.Verdict) bool {
	if r.hasNewerCookies() {
		return verdict == exchange.Replay // only the cookies were old (P1)
	}
	if !r.replayable {
		r.rejectUntried(r.lease)
		return false
	}
	worth := r.reject(r.lease)
	return worth && verdict == exchange.Replay
}

// hasNewerCookies reports whether the session has got other cookies since the
// request was sent, and the request has not been replayed with them yet.
func (r *roundTrip) hasNewerCookies() bool {
	s := r.lease.Value.session
	return s != nil && !r.rotated && s.ChangedSince(r.mark)
}

// replay sends the request again. The response is drained first: the renewal may
// need its connection, and the body may share its reader (P5).
func (r *roundTrip) replay(resp *http.Response) (*http.Response, error) {
	exchange.Discard(resp)
	next := r.lease
	if r.hasNewerCookies() {
		r.rotated = true
	} else {
		var err error
		next, err = r.keeper.Replace(r.req.Context(), r.lease)
		if err != nil {
			return nil, r.acquisitionError(err)
		}
		r.renewals++
	}
	body, ok := bodyAgain(r.req)
	if !ok { // the caller gets the rejection, of which Discard has kept the beginning (P2)
		r.replayable = false
		return resp, nil
	}
	event := Event{Kind: Replayed, Remaining: r.remaining(next), Reason: "the server rejected the last credential"}
	if err := r.reportToCaller(event); err != nil {
		return nil, err
	}
	return r.send(next, body)
}

// giveUp returns the result of a request that was rejected and is not sent again.
// After a redirect or a page, the next request waits for another credential, see
// firstLease. After a 401 it need not: the request after it can be repeated.
func (r *roundTrip) giveUp(resp *http.Response) (*http.Response, error) {
	if resp.StatusCode != http.StatusUnauthorized {
		r.ledAway.Store(r.lease.ID)
	}
	const isLast = true
	return r.finish(resp, r.cluster.origin.Judge(r.judged(isLast), resp))
}

// finish returns what the caller gets.
func (r *roundTrip) finish(resp *http.Response, verdict exchange.Verdict) (*http.Response, error) {
	if verdict.Fails() {
		return nil, r.fail(r.req, r.out, resp)
	}
	return resp, nil
}

// isReplayable reports whether the body of a request is absent or can be read
// again.
func isReplayable(req *http.Request) bool { return !hasBody(req) || req.GetBody != nil }

func hasBody(req *http.Request) bool { return req.Body != nil && req.Body != http.NoBody }

// bodyAgain returns the body of a replayable request once more, and whether its
// GetBody could do that.
func bodyAgain(req *http.Request) (body io.ReadCloser, ok bool) {
	if !hasBody(req) {
		return req.Body, true
	}
	body, err := req.GetBody()
	return body, err == nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
