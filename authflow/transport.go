package authflow

import (
	"io"
	"maps"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
	"github.com/go-thoughtspot/tsauth/authflow/internal/redact"
)

// transport is a Flow as an http.RoundTripper. It sits below http.Client, so that
// every hop of a redirect passes through it and is judged by itself (I2).
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
		return f.cluster.sender.Send(req, req)
	}
	r := roundTrip{Flow: f, req: req, replayable: isReplayable(req)}
	return r.run()
}

// sendForeign sends a hop of a redirect that has left the server, without
// anything that is not for others. A request that begins there is rejected, and
// so is a hop with a body: 307 and 308 repeat it, and it may hold a password.
func (f *Flow) sendForeign(req *http.Request) (*http.Response, error) {
	origin := f.cluster.origin
	if req.Response == nil || hasBody(req) {
		closeBody(req)
		return nil, &Error{Op: operationOf(req), Err: origin.WrongOrigin(req), kind: ErrWrongOrigin}
	}
	out := *req
	out.Header = maps.Clone(req.Header)
	exchange.StripForeign(&out, f.isSessionCookie)
	resp, err := f.cluster.sender.Send(req, &out)
	if err != nil {
		return nil, err
	}
	if origin.JudgeForeign(req, resp).Fails() {
		return nil, f.fail(req, &out, resp)
	}
	return resp, nil
}

// isSessionCookie reports whether a cookie, as name=value, is one of the session
// in use.
func (f *Flow) isSessionCookie(pair string) bool {
	l, _ := f.keeper.Peek()
	return l != nil && l.Value.session != nil && l.Value.session.Has(pair)
}

// isCallersOwn reports whether a request is sent as it is, and its response is
// the caller's: it has an Authorization header of the caller's, or a credential
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
	e := newError(failure)
	if failure.Class == outcome.Unexpected {
		e.kind = ErrUnexpectedRedirect
	}
	return e.retryIn(0)
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
	mark     string        // of the session's cookies that it carried
	renewals int           // how often the credential was renewed for this request
	rotated  bool          // it was replayed with the cookies that the session has got since
}

// maxRenewals is how often one request renews the credential. The second time is
// for a token of the Store, which may be from before the revocation, too.
const maxRenewals = 2

// run sends the request and, if the server rejects the credential, sends it once
// more with another one.
func (r *roundTrip) run() (*http.Response, error) {
	lease, err := r.firstLease()
	if err != nil {
		closeBody(r.req)
		return nil, err
	}
	resp, err := r.send(lease, r.req.Body)
	for err == nil {
		verdict, rejected := r.judge(resp)
		if !rejected {
			r.accepted()
			return r.finish(resp, verdict)
		}
		if !r.worthReplaying(verdict) {
			return r.finish(resp, verdict)
		}
		resp, err = r.replay(resp, verdict)
	}
	return nil, err
}

// firstLease returns the credential to begin with. A request that cannot be
// repeated waits for one that was not rejected.
func (r *roundTrip) firstLease() (*lease, error) {
	if r.replayable {
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
	sent := time.Now()
	resp, err := r.cluster.sender.Send(r.req, &out)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusUnauthorized { // a rejection may set the cookie of a session without a user
		_ = r.observe(l, sent, r.req.URL.Path, resp.Header) // a panic of the observer does not make a success a failure
	}
	return resp, nil
}

// judge decides what becomes of a response, and reports whether the server
// rejected the credential.
func (r *roundTrip) judge(resp *http.Response) (verdict exchange.Verdict, rejected bool) {
	origin := r.cluster.origin
	req := exchange.Request{Request: r.req, Replayable: r.replayable, Age: r.lease.Age(time.Now())}
	verdict = origin.Judge(req, resp)
	rejected = verdict.Renews()
	if r.renewals > 0 {
		req.Replayed = true
		verdict = origin.Judge(req, resp)
	}
	return verdict, rejected
}

// accepted notes that the server accepted the credential.
func (r *roundTrip) accepted() {
	if r.renewals > 0 {
		r.keeper.AcceptedAgain()
		return
	}
	r.keeper.Accepted(r.lease)
}

// worthReplaying notes that the server rejected the credential, and reports
// whether the request is sent again.
func (r *roundTrip) worthReplaying(verdict exchange.Verdict) bool {
	if r.hasNewerCookies() && verdict == exchange.Replay {
		return true // only the cookies were old (P1)
	}
	if !r.replayable {
		r.rejectUntried(r.lease)
		return false
	}
	worth := r.reject(r.lease)
	if r.renewals == 0 {
		return worth && verdict == exchange.Replay
	}
	return worth && r.lease.Value.stored && r.renewals < maxRenewals
}

// hasNewerCookies reports whether the session has got other cookies since the
// request was sent, and the request was not yet replayed with them.
func (r *roundTrip) hasNewerCookies() bool {
	s := r.lease.Value.session
	return s != nil && !r.rotated && s.ChangedSince(r.mark)
}

// replay sends the request again. The response is drained first: the renewal may
// need its connection, and the body may share its reader (P5).
func (r *roundTrip) replay(resp *http.Response, verdict exchange.Verdict) (*http.Response, error) {
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
	body, err := bodyAgain(r.req)
	if err != nil {
		return r.finish(resp, verdict)
	}
	event := Event{Kind: Replayed, Remaining: r.remaining(next), Reason: "the server rejected the last credential"}
	if err := r.reportToCaller(event); err != nil {
		return nil, err
	}
	return r.send(next, body)
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

// bodyAgain returns the body of a replayable request once more.
func bodyAgain(req *http.Request) (io.ReadCloser, error) {
	if !hasBody(req) {
		return req.Body, nil
	}
	return req.GetBody()
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
