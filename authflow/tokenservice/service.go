package tokenservice

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Errors that authenticate returns, wrapped or not, if the user gets no token.
var (
	// ErrUnauthenticated means that nobody is signed in. The response is 401.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden means that the user may not have a token. The response is 403.
	ErrForbidden = errors.New("not allowed")
)

// Service hands out tokens to the browsers of the users of an application. It is
// an http.Handler, safe for concurrent use, and must not be copied. Call
// Shutdown to stop it.
type Service struct {
	settings
	cluster  *authflow.Cluster
	identify func(*http.Request) (Request, error) // the application's authenticate
	handler  http.Handler

	users    *users
	all      *rate.Limiter // nil: no limit
	limits   limits
	progress progress
	retries  retries
	waiting  atomic.Int64

	drain   drain
	stopped chan struct{}
	stop    func()
}

// New returns a service for the users of an application. The application's function
// authenticate says which user has sent a request, and which token that user gets.
//
// authenticate gets the browser's request and returns a Request of [Full],
// [Object] or [Custom], an error that matches [ErrUnauthenticated] or
// [ErrForbidden], or any other error, which is logged and gets the response 500. It
// must recognize the user by something that a page cannot make up, such as the cookie
// of a session: never by the query, the body or a header that anybody may send. It is
// called for every request, sign-outs included, from many goroutines.
//
// For an impossible option, New returns an error that matches [authflow.ErrInvalid]
// and names the option.
func New(cluster *authflow.Cluster, authenticate func(*http.Request) (Request, error), opts ...Option) (*Service, error) {
	s := &Service{settings: defaults(), cluster: cluster, identify: authenticate, stopped: make(chan struct{})}
	for _, o := range opts {
		if o != nil {
			o(&s.settings)
		}
	}
	switch {
	case cluster == nil:
		return nil, fmt.Errorf("tokenservice: cluster must not be nil: %w", authflow.ErrInvalid)
	case authenticate == nil:
		return nil, fmt.Errorf("tokenservice: authenticate must not be nil: %w", authflow.ErrInvalid)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	pages, err := newSites(&s.settings)
	if err != nil {
		return nil, err
	}
	s.all = s.overall.limiter()
	s.drain.empty = make(chan struct{})
	s.handler = pages.handler(s.serve)
	s.users, err = newUsers(s.maxUsers, s.idle, func(name string) *user { return newUser(name, s.perUser.limiter()) })
	if err != nil {
		return nil, err
	}
	s.stop = sync.OnceFunc(func() { close(s.stopped) })
	return s, nil
}

// Format writes the cluster's address, whatever the verb: no secret.
func (s *Service) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "tokenservice.Service(%s)", s.cluster.URL())
}

// ServeHTTP hands out a token for GET. For DELETE, or POST to a path that ends in /logout,
// it signs the user out.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	s.handler.ServeHTTP(w, r)
}

// result is how a request ended.
type result struct {
	outcome  Outcome
	response response      // if it is not a problem document
	wait     time.Duration // until another try can succeed, or 0
	err      error
}

// serve responds to all requests except preflights. crossSite is the reason why the
// page that sent the request may not have a token, or nil.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, crossSite error) {
	allowed := methods(r.URL.Path)
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	tr := &tokenRequest{service: s, number: s.progress.begin(), began: time.Now()}
	defer s.progress.end(tr.number)
	entered := s.drain.enter()
	if entered {
		defer s.drain.leave() // after the response was written
	}
	e := Event{Method: r.Method}
	var res result
	switch {
	case !slices.Contains(allowed, r.Method):
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		res.outcome, e.Method = BadMethod, "other"
	case !entered:
		res.outcome = ShuttingDown
	case crossSite != nil:
		res = result{outcome: CrossSite, err: crossSite}
	default:
		res = tr.decide(r)
	}
	e.Status = res.write(w, r.Method == http.MethodHead)
	e.Outcome, e.Err, e.User, e.Wait, e.Duration = res.outcome, res.err, tr.req.user, tr.wait, time.Since(tr.began)
	s.report(e)
	s.retry()
}

// write sends the response, and returns its status.
func (res *result) write(w http.ResponseWriter, isHead bool) int {
	resp := res.response
	if resp.status == 0 {
		resp = problemResponse(res.outcome, res.err)
	}
	switch {
	case resp.status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", seconds(res.wait))
	case resp.status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter(res.wait))
	case res.outcome == ClientClosed:
		resp.body, resp.kind = nil, ""
	}
	resp.write(w, isHead)
	return resp.status
}

// decide authenticates a request and carries it out: it gets a token, checks the user
// or signs the user out.
func (tr *tokenRequest) decide(r *http.Request) result {
	s := tr.service
	var err error
	tr.req, err = s.authenticate(r)
	if err != nil {
		return result{outcome: outcomeOfAuthenticate(r, err), err: err}
	}
	tr.user = s.users.use(tr.req.user)
	defer s.users.done(tr.user)
	wait, which := s.limits.take(tr.user.limiter, s.shared(r.Method))
	if wait > 0 {
		return result{outcome: []Outcome{Limited, LimitedAll}[which], wait: wait}
	}
	switch r.Method {
	case http.MethodHead:
		return result{outcome: Checked, response: response{status: http.StatusOK, kind: form(r.Header)}}
	case http.MethodDelete, http.MethodPost:
		// Pages often sign out when they are closed, so the sign-out must not stop then.
		err = s.Forget(context.WithoutCancel(r.Context()), tr.req.user)
		if err != nil {
			return result{outcome: outcomeOf(err), wait: waitOf(err), err: err}
		}
		return result{outcome: Ended, response: response{status: http.StatusNoContent}}
	}
	t, o, err := tr.token(r.Context())
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		return result{outcome: ClientClosed, err: context.Cause(r.Context())}
	case t.Value == "":
		return result{outcome: o, wait: waitOf(err), err: err}
	}
	return result{outcome: o, response: tokenResponse(t, form(r.Header)), err: err}
}

// outcomeOfAuthenticate returns the outcome of an error that authenticate returned.
func outcomeOfAuthenticate(r *http.Request, err error) Outcome {
	switch {
	case errors.Is(err, ErrUnauthenticated):
		return Unauthenticated
	case errors.Is(err, ErrForbidden):
		return Forbidden
	case errors.Is(r.Context().Err(), context.Canceled):
		return ClientClosed
	}
	return InternalError
}

// authenticate calls the application's function. It returns a panic as an error.
func (s *Service) authenticate(r *http.Request) (req Request, err error) {
	var failure error
	err = renewal.Guard(func() error {
		req, failure = s.identify(r)
		return nil
	})
	switch {
	case err != nil:
		return Request{}, fmt.Errorf("tokenservice: authenticate: %w", err)
	case failure != nil:
		return Request{}, failure
	}
	return req, req.problem()
}

// waitOf returns how long to wait before another try. Zero if unknown.
func waitOf(err error) time.Duration {
	var e *authflow.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// Stats is a snapshot for metrics.
type Stats struct {
	Users    int  // users that are remembered
	InFlight int  // requests in progress, and sign-outs that are tried again
	Waiting  int  // requests that wait for the cluster
	SignOuts int  // sign-outs that have failed and will be tried again
	Draining bool // Shutdown was called
	// Outage is why the cluster issues no tokens: "unreachable", "maintenance",
	// "rate_limited" or "unavailable"; empty if no outage is known. See
	// [authflow.Cluster.Outage].
	Outage string
}

// Stats returns the present state of the service.
func (s *Service) Stats() Stats {
	s.drain.mu.Lock()
	defer s.drain.mu.Unlock()
	return Stats{s.users.count(), s.drain.inFlight, int(s.waiting.Load()), s.retries.count(), s.drain.draining, outageReason(s.cluster.Outage())}
}
