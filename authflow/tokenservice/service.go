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

	"github.com/maypok86/otter/v2"
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

	accounts *otter.Cache[string, *account]
	all      *rate.Limiter // nil: no limit
	limits   limits
	asks     atomic.Uint64
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
	if s.accounts, err = otter.New(&otter.Options[string, *account]{
		MaximumSize:      s.maxUsers,
		ExpiryCalculator: otter.ExpiryAccessing[string, *account](s.idle),
	}); err != nil {
		return nil, err
	}
	s.stop = sync.OnceFunc(func() {
		close(s.stopped)
		s.accounts.StopAllGoroutines()
	})
	return s, nil
}

// Format writes the cluster's address, whatever the verb: no secret.
func (s *Service) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "tokenservice.Service(%s)", s.cluster.URL())
}

// ServeHTTP gives a token for GET, and ends those of who asks for DELETE, or POST
// to a path that ends in /logout.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	s.handler.ServeHTTP(w, r)
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
	began := time.Now()
	k := &ask{service: s}
	e := Event{Method: r.Method}
	var a answer
	var wait time.Duration
	entered := s.drain.enter()
	if entered {
		defer s.drain.leave() // when all is written
	}
	switch {
	case !slices.Contains(allowed, r.Method):
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		e.Outcome, e.Method = BadMethod, "other"
	case !entered:
		e.Outcome = ShuttingDown
	default:
		a, wait, e.Outcome, e.Err = k.decide(r, crossSite)
	}
	if a.status == 0 {
		a = problemAnswer(e.Outcome, e.Err)
	}
	switch {
	case e.Outcome == Limited || e.Outcome == LimitedAll:
		w.Header().Set("Retry-After", seconds(wait))
	case a.status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter(wait))
	case e.Outcome == ClientClosed:
		a.body, a.kind = nil, ""
	}
	a.write(w, r.Method == http.MethodHead)
	e.User, e.Status, e.Wait, e.Duration = k.req.user, a.status, k.wait, time.Since(began)
	s.report(e)
}

// decide decides on a request. a is the response if it is not a problem document; wait
// is the time until another try can succeed.
func (k *ask) decide(r *http.Request, crossSite error) (a answer, wait time.Duration, o Outcome, err error) {
	s := k.service
	if crossSite != nil {
		return a, 0, CrossSite, crossSite
	}
	k.number = s.asks.Add(1)
	if k.req, err = s.authenticate(r); err != nil {
		switch {
		case errors.Is(err, ErrUnauthenticated):
			return a, 0, Unauthenticated, err
		case errors.Is(err, ErrForbidden):
			return a, 0, Forbidden, err
		case errors.Is(r.Context().Err(), context.Canceled):
			return a, 0, ClientClosed, err
		}
		return a, 0, InternalError, err
	}
	k.account = s.account(k.req.user)
	if wait, which := s.limits.take(k.account.limiter, s.shared(r.Method)); wait > 0 {
		return a, wait, []Outcome{Limited, LimitedAll}[which], nil
	}
	switch r.Method {
	case http.MethodHead:
		return answer{status: http.StatusOK, kind: form(r.Header)}, 0, Checked, nil
	case http.MethodDelete, http.MethodPost:
		// It goes on when the page is gone: that is when pages log out.
		if err = s.Forget(context.WithoutCancel(r.Context()), k.req.user); err != nil {
			return a, waitOf(err), outcomeOf(err), err
		}
		return answer{status: http.StatusNoContent}, 0, Ended, nil
	}
	k.takeSeat()
	t, o, err := k.token(r.Context())
	if errors.Is(r.Context().Err(), context.Canceled) {
		return a, 0, ClientClosed, context.Cause(r.Context())
	}
	if t.Value == "" {
		return a, waitOf(err), o, err
	}
	return tokenAnswer(t, form(r.Header)), 0, o, err
}

// authenticate asks the application.
func (s *Service) authenticate(r *http.Request) (req Request, err error) {
	defer func() {
		if v := recover(); v != nil {
			req, err = Request{}, fmt.Errorf("tokenservice: authenticate panicked: %v", v)
		}
	}()
	if req, err = s.who(r); err != nil {
		return Request{}, err
	}
	return req, req.problem()
}

// waitOf returns how long it makes no sense to ask again, or 0.
func waitOf(err error) time.Duration {
	var e *authflow.Error
	if errors.As(err, &e) {
		return e.RetryAfter
	}
	return 0
}

// Stats is what is now, for metrics.
type Stats struct {
	Users    int  // who are remembered
	InFlight int  // asks that are served
	Waiting  int  // of these, asks that wait for the cluster
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
	return Stats{s.accounts.EstimatedSize(), s.drain.inFlight, int(s.waiting.Load()), s.drain.draining, outageReason(s.cluster.Outage())}
}
