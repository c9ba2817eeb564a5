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
)

// What authenticate returns, wrapped or not, if there is no token for who asks.
var (
	// ErrUnauthenticated: nobody is signed in. The answer is 401.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrForbidden: who is signed in may not have a token. The answer is 403.
	ErrForbidden = errors.New("not allowed")
)

// Service hands out tokens to the browsers of the users of an application. It is
// an http.Handler, safe for concurrent use, and must not be copied. End it with
// Shutdown.
type Service struct {
	settings
	cluster *authflow.Cluster
	who     func(*http.Request) (Request, error)
	handler http.Handler

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

// New returns the service of an application that says by authenticate who sent a
// request, and which token that user gets.
//
// authenticate gets the browser's request and returns a Request of [Full],
// [Object] or [Custom], an error that matches [ErrUnauthenticated] or
// [ErrForbidden], or any other error, which is answered with 500 and logged. It
// has to tell the user by what a page cannot make up, such as the cookie of a
// session: never by the query, the body or a header that anybody may send. It is
// called for every request, log-outs included, from many goroutines.
//
// An option that cannot be is an error that matches [authflow.ErrInvalid] and
// names it.
func New(cluster *authflow.Cluster, authenticate func(*http.Request) (Request, error), opts ...Option) (*Service, error) {
	s := &Service{settings: defaults(), cluster: cluster, who: authenticate, stopped: make(chan struct{})}
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
	s.users, err = newUsers(s.maxUsers, s.idle, func(name string) *user { return &user{name: name, limiter: s.perUser.limiter()} })
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
	outcome Outcome
	answer  answer        // the response, if it is not a problem document
	wait    time.Duration // until another try can succeed, or 0
	err     error
}

// serve answers all requests except preflights. crossSite is why the page that sent
// the request may not have a token, or nil.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, crossSite error) {
	allowed := methods(r.URL.Path)
	if r.Method == http.MethodOptions {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	k := &tokenRequest{service: s, number: s.progress.begin(), began: time.Now()}
	defer s.progress.end(k.number)
	entered := s.drain.enter()
	if entered {
		defer s.drain.leave() // when all is written
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
		res = k.decide(r)
	}
	e.Status = res.write(w, r.Method == http.MethodHead)
	e.Outcome, e.Err, e.User, e.Wait, e.Duration = res.outcome, res.err, k.req.user, k.wait, time.Since(k.began)
	s.report(e)
	s.retrySignOuts()
}

// write sends the response, and returns its status.
func (res *result) write(w http.ResponseWriter, isHead bool) int {
	a := res.answer
	if a.status == 0 {
		a = problemAnswer(res.outcome, res.err)
	}
	switch {
	case a.status == http.StatusTooManyRequests:
		w.Header().Set("Retry-After", seconds(res.wait))
	case a.status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter(res.wait))
	case res.outcome == ClientClosed:
		a.body, a.kind = nil, ""
	}
	a.write(w, isHead)
	return a.status
}

// decide asks the application whose request it is, and does what it is for.
func (k *tokenRequest) decide(r *http.Request) result {
	s := k.service
	var err error
	k.req, err = s.authenticate(r)
	if err != nil {
		return result{outcome: outcomeOfAuthenticate(r, err), err: err}
	}
	k.user = s.users.use(k.req.user)
	defer s.users.done(k.user)
	wait, which := s.limits.take(k.user.limiter, s.shared(r.Method))
	if wait > 0 {
		return result{outcome: []Outcome{Limited, LimitedAll}[which], wait: wait}
	}
	switch r.Method {
	case http.MethodHead:
		return result{outcome: Checked, answer: answer{status: http.StatusOK, kind: form(r.Header)}}
	case http.MethodDelete, http.MethodPost:
		// It goes on when the page is closed, which is when pages sign out.
		err = s.Forget(context.WithoutCancel(r.Context()), k.req.user)
		if err != nil {
			return result{outcome: outcomeOf(err), wait: waitOf(err), err: err}
		}
		return result{outcome: Ended, answer: answer{status: http.StatusNoContent}}
	}
	t, o, err := k.token(r.Context())
	switch {
	case errors.Is(r.Context().Err(), context.Canceled):
		return result{outcome: ClientClosed, err: context.Cause(r.Context())}
	case t.Value == "":
		return result{outcome: o, wait: waitOf(err), err: err}
	}
	return result{outcome: o, answer: tokenAnswer(t, form(r.Header)), err: err}
}

// outcomeOfAuthenticate returns what an error of the application means for the browser.
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

// authenticate asks the application.
func (s *Service) authenticate(r *http.Request) (req Request, err error) {
	defer func() {
		v := recover()
		if v != nil {
			req, err = Request{}, fmt.Errorf("tokenservice: authenticate panicked: %v", v)
		}
	}()
	req, err = s.who(r)
	if err != nil {
		return Request{}, err
	}
	return req, req.problem()
}

// waitOf returns how long no other try can succeed, or 0.
func waitOf(err error) time.Duration {
	var e *authflow.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// Stats is a snapshot for metrics.
type Stats struct {
	Users    int  // that are remembered
	InFlight int  // requests in progress, and sign-outs that are tried again
	Waiting  int  // requests that wait for the cluster
	SignOuts int  // that have failed and are to be tried again
	Draining bool // Shutdown was called
	// Outage is why the cluster gives no tokens: "unreachable", "maintenance",
	// "rate_limited" or "unavailable"; empty if it does as far as is known. See
	// [authflow.Cluster.Outage].
	Outage string
}

// Stats returns what is now.
func (s *Service) Stats() Stats {
	s.drain.mu.Lock()
	defer s.drain.mu.Unlock()
	return Stats{s.users.count(), s.drain.inFlight, int(s.waiting.Load()), s.retries.count(), s.drain.draining, outageReason(s.cluster.Outage())}
}
