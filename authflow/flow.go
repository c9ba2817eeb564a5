package authflow

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Flow authenticates one user at a Cluster. It acquires a bearer token or a
// session when it is first needed, renews it, and adds it to requests. A Flow is
// safe for concurrent use and must not be copied. While it is idle it has no
// goroutine and no timer. Idle connections belong to the RoundTripper below.
type Flow struct {
	cluster  *Cluster
	method   method
	rules    rules
	byKey    bool  // the secret is the secret key, not the password
	remember bool  // the session is to last for seven days
	validity int32 // the requested validity, in seconds, or 0
	credentialRequest
	supplier *supplier // nil if the request or the Cluster has the secret

	keeper renewal.Keeper[credential, *source]
	ledger atomic.Pointer[ledger] // nil until a credential is owed or the Flow is closed

	// ledAway is the ID of the credential that last met a redirect or a page with a
	// request that was not repeated.
	ledAway atomic.Uint64
}

// rules says where the rules of a token apply, as far as it matters here.
type rules uint8

const (
	rulesAppended rules = 1 + iota // to the stored rules: the request must not be repeated (R11)
	rulesConfined                  // to the token only: a session would not have them (S6)
)

// supplier is another source of the credential. Exactly one field is set.
type supplier struct {
	password CredentialFunc
	token    *external // of TokensFrom
	parent   *Flow     // the Flow that this one is built on
}

// errNoCluster is the error of a Flow that was not made by a Cluster.
var errNoCluster error = invalid("Flow", "", "must be made by a method of Cluster")

// usable returns why the Flow cannot be used, or nil.
func (f *Flow) usable() error {
	if f.cluster == nil {
		return errNoCluster
	}
	_, closed := f.keeper.Peek()
	return closed
}

// Server returns the address of the Cluster, as URL does.
func (f *Flow) Server() string { return f.cluster.url }

// Edit adds the credential to req, which it changes: the Authorization header,
// or the session's cookies. It is assignable to the RequestEditorFn of any
// client that oapi-codegen generates, and lets you keep your own http.Client.
//
// While the credential is alive and not rejected, Edit does not block; otherwise it
// waits until there is one, or until ctx ends. If req is not for the Cluster's
// server, Edit adds nothing and returns an error that matches [ErrWrongOrigin]. An
// Authorization header of the caller stays, unless an earlier Edit put it there.
// The slice that Edit puts into the header is shared between requests: replace it,
// as Header.Set does, but do not write to it.
//
// Edit does not see the response. It cannot know that the server rejected the
// credential (call [Flow.Invalidate] then, or [Flow.Renew] for a session), captures
// no cookies of later responses, and leaves redirects to your http.Client: net/http
// repeats an Authorization or Cookie header on a redirect to the same host name
// with any port or scheme, and to its subdomains. Do has none of these limits.
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

// HTTPClient returns a client for code that takes an *http.Client. It uses
// [Flow.Transport], and the Timeout and CheckRedirect of WithHTTPClient. The
// caller may change it; a Jar that the caller sets also gets the cookies that later
// responses set for the session.
func (f *Flow) HTTPClient() *http.Client {
	if f.cluster == nil {
		return &http.Client{Transport: (*transport)(f)} // whose requests return errNoCluster
	}
	return &http.Client{Transport: (*transport)(f), CheckRedirect: f.cluster.checkRedirect, Timeout: f.cluster.timeout}
}

// Transport returns an http.RoundTripper for stacks of middleware. It sends a copy
// of each request that carries the credential.
//
// If the server rejects the credential, by a 401 or, below /api/rest/2.0, by
// leading to a login page, the credential is renewed and the request sent once
// more, if its body is absent or has a GetBody, as bytes, strings and generated
// clients have, and if its effect cannot have happened. Otherwise the response is
// returned, and the next request renews. If the renewal fails, its error is
// returned. A second 401 and any 403 are returned unchanged; if the new credential
// came from the Store, a second 401 is followed by one more renewal. A page in place
// of an API response is an error, such as one that matches [ErrMaintenance].
//
// A request for another server is rejected with [ErrWrongOrigin]. A redirect to
// another scheme, host or port is followed without our credential, the Referer and
// the X- headers of the request, and so are the hops after it; with a body, which
// may contain a secret, it is rejected. A request that has an Authorization header
// of the caller, or a credential in its body, such as a login, is sent as it is,
// and its response returned as it is.
func (f *Flow) Transport() http.RoundTripper { return (*transport)(f) }

// Renew acquires a new credential and returns when it is in use, when the
// acquisition has failed, or when ctx ends. The old credential stays in use in the
// meantime. A credential that an acquisition in progress requested before the call
// is not used; another one is requested. Renew also tries during the back-off after
// a failure, and sends a rejected password before its time, within the limit for
// rejected passwords.
func (f *Flow) Renew(ctx context.Context) error {
	if f.cluster == nil {
		return errNoCluster
	}
	_, err := f.keeper.Renew(ctx)
	if err != nil {
		return f.acquisitionError(err)
	}
	return nil
}

// Close stops using the credential without a call to the server, where a token
// lives until it expires; Logout can still end it after Close. An acquisition in
// progress ends, and waiting callers get an error that matches [ErrClosed], as does
// every later call that needs a credential. Close may be called any number of times.
// It returns nil.
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

// verifiedLease returns a credential that the server has not rejected, unless
// there is no other.
func (f *Flow) verifiedLease(ctx context.Context) (*lease, error) {
	return f.liveLease(ctx, f.keeper.GetVerified)
}

// liveLease returns the lease that get returns, or a new one if that lease is a
// session that has ended.
func (f *Flow) liveLease(ctx context.Context, get func(ctx context.Context, now time.Time) (*lease, error)) (*lease, error) {
	now := time.Now()
	f.forgetExpired(now)
	l, err := get(ctx, now)
	if err == nil && l.Value.session != nil && !f.alive(l, time.Now()) {
		f.expire(l, "the session was idle for too long, or has no cookie left")
		l, err = f.keeper.GetVerified(ctx, time.Now())
	}
	if err != nil {
		return nil, f.acquisitionError(err)
	}
	return l, nil
}

// expire puts a credential out of use that has probably ended.
func (f *Flow) expire(l *lease, why string) {
	if f.keeper.Expire(l) {
		f.putOutOfUse(l, why)
	}
}

// putOutOfUse keeps a credential that was just put out of use for Logout, and
// reports the event.
func (f *Flow) putOutOfUse(l *lease, why string) {
	f.trackForRevocation(l)
	_ = f.reportToCaller(Event{Kind: Invalidated, Remaining: f.remaining(l), Reason: why}) // the caller has done nothing that could fail
}

// Format writes operation, user and server for every verb, and no secret.
func (f *Flow) Format(s fmt.State, _ rune) {
	if f == nil || f.cluster == nil {
		_, _ = fmt.Fprint(s, "authflow.Flow(nil)")
		return
	}
	_, _ = fmt.Fprintf(s, "authflow.Flow(%s of %q at %s)", f.method.op(), f.user(), f.cluster.url)
}

// LogValue implements slog.LogValuer. It contains no secret.
func (f *Flow) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }
