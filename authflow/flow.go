package authflow

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Flow is one principal's way in to a Cluster: it acquires a bearer token or a
// session when it is first needed, renews it, and adds it to requests. It is
// safe for concurrent use and must not be copied. An idle Flow holds no
// goroutine, timer or connection.
type Flow struct {
	cluster  *Cluster
	way      way
	rules    rules
	byKey    bool  // the credential is the secret key, not the password
	remember bool  // the session is to last
	valid    int32 // the validity that was asked for, in seconds, or 0
	asked
	supplied *supplied // where the credential does not come by the request, or nil

	keeper renewal.Keeper[credential, *source]
	ledger atomic.Pointer[ledger] // nil while nothing is owed
}

// rules is what a custom access token does with its rules that matters here.
type rules uint8

const (
	rulesAppended rules = 1 + iota // to what is stored: the request must not be repeated (R11)
	rulesConfined                  // to the token: a session would not have them (S6)
)

// supplied is where a credential comes from by way of another: one of these.
type supplied struct {
	password CredentialFunc
	token    *external // of TokensFrom
	parent   *Flow     // that the Flow is built on
}

// Server returns the address of the Cluster, as URL does.
func (f *Flow) Server() string { return f.cluster.url }

// Edit adds the credential to req, which it changes: the Authorization header,
// or the session's cookies. It is assignable to the RequestEditorFn of any
// client that oapi-codegen generates, and lets you keep your own http.Client.
//
// While the credential is alive Edit does not block; otherwise it waits until
// there is one, or until ctx ends. It adds nothing and returns an error that
// matches [ErrWrongOrigin] if req is not for the Cluster's server. A credential
// in an Authorization header stays, unless an earlier Edit put it there. The
// slice that Edit puts into the header is shared between requests: replace it,
// as Header.Set does, but do not write to it.
//
// Edit does not see the answer. It cannot tell that a token was revoked (call
// [Flow.Invalidate] when you learn it), captures no cookies that later answers
// set, and redirects are your http.Client's affair: net/http repeats an
// Authorization or Cookie header on a redirect to the same host name, whatever
// the port or scheme, and to its sub-domains. Do has none of these limits.
func (f *Flow) Edit(ctx context.Context, req *http.Request) error {
	if err := f.usable(); err != nil {
		return err
	}
	if !f.cluster.origin.Matches(req) {
		return &Error{Op: operationOf(req), Err: f.cluster.origin.WrongOrigin(req), kind: ErrWrongOrigin}
	}
	theirs, ours := f.authorization(req.Header)
	if theirs {
		return nil
	}
	l, err := f.verifiedLease(ctx)
	if err != nil {
		return err
	}
	if req.Header == nil {
		req.Header = make(http.Header, 1)
	}
	if ours {
		unauthorize(req.Header)
	}
	attach(req, l)
	return nil
}

// Do sends a copy of req that carries the credential. It satisfies the
// HttpRequestDoer of any client that oapi-codegen generates. It is
// HTTPClient().Do.
func (f *Flow) Do(req *http.Request) (*http.Response, error) { return f.HTTPClient().Do(req) }

// HTTPClient returns a client for code that wants an *http.Client. Its
// Transport is that of [Flow.Transport], and it keeps Timeout and CheckRedirect
// of the client of WithHTTPClient. It may be changed by the caller; a Jar set
// on it is the caller's and gets the session's later cookies too.
func (f *Flow) HTTPClient() *http.Client {
	return &http.Client{Transport: (*transport)(f), CheckRedirect: f.cluster.checkRedirect, Timeout: f.cluster.timeout}
}

// Transport returns an http.RoundTripper for stacks of middleware. It sends a
// copy of each request that carries the credential.
//
// When the server turns the credential down, by 401 or, below /api/rest/2.0, by
// leading to a log-in page, it is renewed and the request sent once more, if
// its body is absent or has a GetBody, as bytes, strings and generated clients
// have. If not, the answer is returned and the next request renews. A second
// 401 and any 403 are returned as they are. A page in place of an answer of the
// API is an error, such as one that matches [ErrMaintenance].
//
// A request for another server is refused with [ErrWrongOrigin], and so is a
// redirect there of one with a body, which may hold what is not for others. A
// hop of a redirect to another scheme, host or port carries no credential of
// ours, and neither does a hop after it. An Authorization header that the caller
// set is left alone, and so is the answer to it; so are requests that carry a
// credential in their body, such as a log-in.
func (f *Flow) Transport() http.RoundTripper { return (*transport)(f) }

// Token returns the bearer token in use, with at least Policy.MinTTL to go,
// acquired or renewed if need be. Token waits no longer than ctx allows. A Flow
// on a session has none, see [Flow.SessionToken].
func (f *Flow) Token(ctx context.Context, opts ...TokenOption) (Token, error) {
	if f.cluster == nil {
		return Token{}, errNoCluster
	}
	var want tokenOptions
	for _, o := range opts {
		o(&want)
	}
	if f.way == wayLogin {
		if _, closed := f.keeper.Peek(); closed != nil {
			return Token{}, closed
		}
		return Token{}, invalid("Token", "", "a session has no bearer token; SessionToken gets one from it")
	}
	if want.exclusive {
		l, err := f.keeper.Exclusive(ctx)
		if err != nil {
			return Token{}, asError(f.way.op(), err)
		}
		return tokenOf(l), nil
	}
	f.forgetExpired()
	l, err := f.keeper.GetVerified(ctx)
	if err == nil && f.scant(l, want.life) {
		l, err = f.keeper.Replace(ctx, l)
	}
	if err != nil {
		return Token{}, asError(f.way.op(), err)
	}
	left := l.Remaining(time.Now())
	if left < want.life {
		return Token{}, invalid("Token", "MinTTL", fmt.Sprintf("a new token lives for %v, less than the %v that are required", left.Round(time.Second), want.life))
	}
	return tokenOf(l), nil
}

// errNoCluster is the error of a Flow that no method of a Cluster has made.
var errNoCluster error = invalid("Flow", "", "must be made by a method of Cluster")

// TokenOption asks Token for more than a token.
type TokenOption func(*tokenOptions)

type tokenOptions struct {
	life      time.Duration
	exclusive bool
}

// MinTTL asks for a token that may be used for at least d.
func MinTTL(d time.Duration) TokenOption { return func(o *tokenOptions) { o.life = d } }

// Exclusive asks for a new token that is not shared with any other caller. Use
// it for browsers that embed ThoughtSpot. Each one costs a call to the server.
// Logout revokes these tokens, too.
func Exclusive() TokenOption { return func(o *tokenOptions) { o.exclusive = true } }

// scant reports whether a token has less than the required lifetime left. A token
// that had less when it was new is replaced only when it has used a tenth of its
// lifetime: another one would hardly have more.
func (f *Flow) scant(l *lease, required time.Duration) bool {
	now := time.Now()
	left, age := l.Remaining(now), l.Age(now)
	if left == renewal.Forever {
		return false
	}
	life := left + age
	wanted := max(required, cmp.Or(f.cluster.policy.MinTTL, min(10*time.Second, life/10)))
	return left < wanted && (wanted <= life || age >= life/10)
}

// Invalidate reports that a token does not work any more, for callers that use
// Edit or Token and see the responses themselves. If it is the token in use, it is
// not used again, and neither is a token that was requested before and arrives
// later. Otherwise nothing happens. If new tokens do not work either, the time
// until the next one is requested grows from 1 s to 1 min.
func (f *Flow) Invalidate(t Token) {
	l, _ := f.keeper.Peek()
	if l == nil || l.Value.session != nil || tokenOf(l).Value != t.Value {
		return
	}
	if f.keeper.Invalidate(l) {
		f.outOfUse(l, "the caller invalidated it")
	}
}

// Renew acquires a new credential and returns when it is in use, when the
// acquisition has failed, or when ctx ends. The old credential stays in use in the
// meantime. A credential that was requested before the call, by an acquisition
// under way, is not used; another one is requested. Renew tries also during the
// pause after a failure, and sends a rejected password before its time, within
// the bound for rejected passwords.
func (f *Flow) Renew(ctx context.Context) error {
	if f.cluster == nil {
		return errNoCluster
	}
	_, err := f.keeper.Renew(ctx)
	if err != nil {
		return asError(f.way.op(), err)
	}
	return nil
}

// Close stops using the credential without telling the server: a token lives
// on until it expires. An acquisition under way is ended, and those who wait
// for it get an error that matches [ErrClosed], as does every later call. Close
// may be called any number of times. It returns nil.
func (f *Flow) Close() error {
	if f.cluster == nil {
		return nil
	}
	if f.endFlights(closedError("Close")) {
		_ = f.reportToCaller(Event{Kind: Ended, Reason: "closed"})
	}
	return nil
}

// lease returns a credential for a request that can be repeated.
func (f *Flow) lease(ctx context.Context) (*lease, error) { return f.liveLease(ctx, f.keeper.Get) }

// verifiedLease returns a credential that the server has not rejected, unless no
// other can be had.
func (f *Flow) verifiedLease(ctx context.Context) (*lease, error) {
	return f.liveLease(ctx, f.keeper.GetVerified)
}

// liveLease returns what get returns, or a new credential if that is a session
// that has ended.
func (f *Flow) liveLease(ctx context.Context, get func(context.Context) (*lease, error)) (*lease, error) {
	f.forgetExpired()
	l, err := get(ctx)
	if err == nil && l.Value.session != nil && !f.alive(l, time.Now()) {
		f.expire(l, "the session was idle for too long, or has no cookie left")
		l, err = f.keeper.GetVerified(ctx)
	}
	if err != nil {
		return nil, asError(f.way.op(), err)
	}
	return l, nil
}

// expire puts a credential out of use that has probably ended.
func (f *Flow) expire(l *lease, why string) {
	if f.keeper.Expire(l) {
		f.outOfUse(l, why)
	}
}

// outOfUse keeps and reports what has to be of a credential that was put out of
// use.
func (f *Flow) outOfUse(l *lease, why string) {
	f.trackForRevocation(l)
	_ = f.reportToCaller(Event{Kind: Invalidated, Remaining: f.remaining(l), Reason: why}) // the caller has done nothing that could fail
}

// Format writes what the Flow is, without secrets, for every verb.
func (f *Flow) Format(s fmt.State, _ rune) {
	if f == nil {
		_, _ = fmt.Fprint(s, "authflow.Flow(nil)")
		return
	}
	_, _ = fmt.Fprintf(s, "authflow.Flow(%s of %q at %s)", f.way.op(), f.user(), f.cluster.url)
}

// LogValue is what package slog shows, without secrets.
func (f *Flow) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }
