package authflow

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Flow is one principal's way in to one server: it acquires a bearer token or
// a session when it is first needed, renews it, and adds it to requests. It is
// safe for concurrent use and must not be copied. An idle Flow holds no
// goroutine, timer or connection.
type Flow struct {
	settings

	origin    origin
	parent    *Flow // that this one is built on, or nil
	isSession bool
	sender    http.Client // sends through transport
	keeper    keeper
}

// newFlow returns a Flow without its way of acquiring.
func newFlow(op, server string, opts []Option) (*Flow, error) {
	f := &Flow{settings: settings{server: server}, isSession: op == "login"}
	return f, f.init(op, opts)
}

// derive returns a Flow to the same server that is built on parent.
func (f *Flow) derive(op, field string, opts []Option) (*Flow, error) {
	if f == nil {
		return nil, invalid(op, field, "must not be nil")
	}
	child := &Flow{settings: f.settings, parent: f}
	child.password, child.secretKey = nil, nil // they are the parent's
	if err := child.init(op, opts); err != nil {
		return nil, err
	}
	return child, child.noCredential(op)
}

func (f *Flow) init(op string, opts []Option) error {
	err := f.apply(op, opts)
	if err != nil {
		return err
	}
	f.sender = http.Client{Transport: transport{f: f}, CheckRedirect: f.checkRedirect, Timeout: f.timeout}
	f.keeper.settings, f.keeper.op = &f.settings, op
	f.origin, err = parseServer(op, f.server, f.plainHTTP)
	return err
}

// Server returns the address that the Flow was made for, as it was given.
func (f *Flow) Server() string { return f.server }

// Edit adds the credential to req, which it changes: the Authorization header,
// or the session's cookies. It is assignable to the RequestEditorFn of any
// client that oapi-codegen generates, and lets you keep your own http.Client.
//
// While the credential is alive Edit does not block. Else it waits until there
// is one, or until ctx ends. It adds nothing and returns an error that matches
// ErrWrongOrigin if req is not for the Flow's server. An Authorization header
// that is set already stays. The slice that Edit puts into the header is shared
// between requests: replace it, as Header.Set does, but do not write to it.
//
// Edit does not see the answer. It cannot tell that a token was revoked (call
// Renew when you learn it), captures no cookies that later answers set, and
// redirects are your http.Client's affair: net/http repeats an Authorization
// or Cookie header on a redirect to the same host name, whatever the port or
// scheme, and to its sub-domains. Do has none of these limits.
func (f *Flow) Edit(ctx context.Context, req *http.Request) error {
	if !f.origin.holds(req.URL) {
		return f.origin.refuse(req)
	}
	if f.keeper.callers(req) {
		return f.keeper.ended()
	}
	l := f.keeper.live()
	if l == nil {
		var err error
		if l, err = f.keeper.wait(ctx, false); err != nil {
			return err
		}
	}
	if req.Header == nil {
		req.Header = make(http.Header, 1)
	}
	l.attach(req)
	return nil
}

// Do sends a copy of req that carries the credential. It satisfies the
// HttpRequestDoer of any client that oapi-codegen generates.
//
// When the server answers 401 to the credential, Do renews it and sends the
// request once more, if its body is absent or has a GetBody, as bytes, strings
// and generated clients have; if not, the 401 is returned and the next request
// renews. A second 401 and any 403 are returned as they are. An Authorization
// header set by the caller is left alone, and so is the answer to it.
//
// Redirects follow the http.Client's policy; a hop to another scheme, host or
// port carries no credential, and neither does a hop after it. A request with a
// body is not redirected there: its body may hold what is not for others. That,
// and a request to another server in the first place, is an error that matches
// ErrWrongOrigin. Errors are those of http.Client.Do; those
// of this package are found in them with errors.As and errors.Is.
func (f *Flow) Do(req *http.Request) (*http.Response, error) {
	if f.timeout > 0 || req.Header == nil || req.URL == nil || req.URL.User != nil || req.RequestURI != "" {
		return f.sender.Do(req)
	}
	// http.Client prepares each request for a redirect, at a greater cost than
	// all that a Flow does. So it is called in only for an answer that it has
	// something to do with: it is then the first that it gets.
	resp, err := transport{f: f}.RoundTrip(req)
	if err == nil && resp.StatusCode/100 != 3 {
		return resp, nil
	}
	rest := f.sender
	rest.Transport = &resumed{resp: resp, err: err, next: rest.Transport}
	return rest.Do(req)
}

// HTTPClient returns a client for code that wants an *http.Client. It sends as
// Do does. It shares the connections of the client of WithHTTPClient and may be
// changed by the caller; a Jar set on it gets the session's later cookies too.
func (f *Flow) HTTPClient() *http.Client {
	c := f.sender
	return &c
}

// API returns the typed client of the authentication endpoints, authenticated
// by this Flow. It follows no redirects, and makes an error of a redirect and
// of an HTML page, such as that of a cluster in maintenance; all else is in its
// typed results. To end the Flow use Logout, which also closes it.
func (f *Flow) API() *gen.ClientWithResponses {
	return &gen.ClientWithResponses{ClientInterface: &gen.Client{Server: apiServer(f.server), Client: apiDoer{f}}}
}

// Token returns the bearer token in use, as an ordinary request would carry it:
// acquired or renewed if need be, and possibly near its end, while its renewal
// is under way. For a token with all of its life ahead call Renew first. Token
// waits no longer than ctx allows. A Flow on a session has none; see
// SessionToken.
func (f *Flow) Token(ctx context.Context) (Token, error) {
	if f.isSession && f.keeper.ended() == nil {
		return Token{}, invalid("Token", "", "a session has no bearer token; SessionToken gets one from it")
	}
	l, err := f.keeper.get(ctx)
	if err != nil {
		return Token{}, err
	}
	return l.token, nil
}

// Renew acquires a new credential now, or joins an acquisition that is under
// way, and returns when it is in use, when it has failed, or when ctx ends.
// The old credential stays in use meanwhile. After a failure it returns that
// failure until the pause that follows is over.
func (f *Flow) Renew(ctx context.Context) error {
	_, err := f.keeper.wait(ctx, true)
	return err
}

// Close stops using the credential without telling the server: a token lives
// on until it expires. An acquisition under way is ended, and those who wait
// for it get an error that matches ErrClosed, as does every later call. Close
// may be called any number of times. It returns nil.
func (f *Flow) Close() error {
	if _, ok := f.keeper.close(closedError("Close")); ok {
		f.report(Event{Kind: Ended, Op: f.keeper.op, Reason: "closed"})
	}
	return nil
}

// base is the RoundTripper that everything is sent with in the end.
func (s *settings) base() http.RoundTripper {
	if s.roundTripper != nil {
		return s.roundTripper
	}
	return http.DefaultTransport
}

// Format writes what the Flow is, without secrets, for every verb.
func (f *Flow) Format(s fmt.State, _ rune) {
	if f == nil {
		_, _ = io.WriteString(s, "authflow.Flow(nil)")
		return
	}
	_, _ = fmt.Fprintf(s, "authflow.Flow(%s of %q at %s)", f.keeper.op, f.username, f.server)
}

// LogValue is what package slog shows, without secrets.
func (f *Flow) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(f)) }
