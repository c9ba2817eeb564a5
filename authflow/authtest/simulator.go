package authtest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
)

// InProcessURL is the URL of a simulator without sockets; see [New].
const InProcessURL = "https://thoughtspot.test"

// Simulator is a ThoughtSpot cluster as far as authentication goes: an
// [http.Handler] with users, tokens and sessions behind it, and with controls
// for tests. Make one with [New], or with [NewServer] to reach it by network.
//
// All methods are safe for concurrent use, also while calls are under way.
// They panic on mistakes of the test itself, such as a user who does not
// exist.
type Simulator struct {
	// URL is what clients use as the server's address. It does not change.
	URL string

	settings settings
	id       string                               // of the cluster
	routes   map[string]map[string]*routers.Route // by path and method
	api      http.Handler                         // the eleven operations
	outside  map[string]map[string]endpoint       // by path and method
	stopped  chan struct{}                        // closed by Server.Close; nil without sockets

	offset  atomic.Int64 // of the clock, in nanoseconds
	faults  faults
	calls   calls
	limiter limiter
	canned  canned
	latency atomic.Int64 // of each call, in nanoseconds

	initial canned // the responses of the options

	mu       sync.Mutex // guards what follows
	era      *era
	users    users
	orgs     orgs
	groups   groups
	keys     keys
	tokens   map[string]*token
	sessions map[string]*session
	mfa      bool
	form     ErrorForm
	tenant   string // GUID
}

// New returns a simulator that is called in process: as an [http.Handler], or
// as a server by way of [Simulator.Client] and [Simulator.Transport]. It needs
// no closing. To use it in a testing/synctest bubble, make it there.
//
// Without options it has the user [DefaultUsername] with [DefaultPassword] and
// the secret key [DefaultSecretKey]. It panics if options contradict each
// other.
func New(opts ...Option) *Simulator {
	s := &Simulator{
		URL:      InProcessURL,
		settings: defaults(),
		era:      newEra(),
		tenant:   guid(),
	}
	for _, o := range opts {
		o(&s.settings)
	}
	s.URL = s.settings.url
	s.populate()
	s.id, s.outside = guid(), s.endpoints()
	s.routes = routesOf(spec())
	for _, set := range s.settings.answers {
		set(s)
	}
	s.initial.reset(&s.canned)
	s.api = stub.Handler(stub.NewStrictHandlerWithOptions(operations{s}, nil, stub.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, _ error) {
			s.refuse(w, badRequest("the body is not what the operation takes"))
		},
		ResponseErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) { s.refuse(w, err) },
	}))
	return s
}

// String returns the simulator's URL. It keeps %v from printing its secrets.
func (s *Simulator) String() string { return "authtest.Simulator(" + s.URL + ")" }

// GoString returns what String does.
func (s *Simulator) GoString() string { return s.String() }

// exchange is what the layers of one call share. It travels in the request's
// context, because the generated handlers pass on nothing else.
type exchange struct {
	request // as it arrived; r has the canonical form

	sim    *Simulator
	era    *era
	serve  func(*exchange, http.ResponseWriter) error // what the spec does not have
	allow  string
	r      *http.Request
	header http.Header // of the response, once it is being made
	caller *caller     // once authenticated
}

// outcome is what has become of the request up to now.
func (x *exchange) outcome(status int, took time.Duration) outcome {
	if x.caller == nil {
		return outcome{status: status, took: took}
	}
	return outcome{x.caller.user.name, x.caller.auth(), status, took}
}

type exchangeKey struct{}

func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// maxBody is how much of a request body is taken, in bytes.
const maxBody = 1 << 20

// ServeHTTP implements [http.Handler].
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began, start := s.Now(), time.Now()
	x := &exchange{sim: s, request: request{method: r.Method, path: r.URL.Path, rawQuery: r.URL.RawQuery, began: began}}
	r = s.canonical(r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
	x.r = r
	if e, allow, ok := s.findOutside(r); ok {
		x.op, x.serve, x.allow = e.op, e.serve, allow
	} else {
		x.op, x.route, x.allow = s.find(r)
	}

	// The body is read before anything waits: net/http notices that a client
	// has gone only after the body's end.
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	x.tooLong = len(body) > maxBody
	if x.tooLong {
		_, _ = io.Copy(io.Discard, r.Body)
		body = body[:maxBody]
	}
	x.body = body
	r.Body = io.NopCloser(bytes.NewReader(body))

	w.Header().Set("Date", began.UTC().Format(http.TimeFormat))
	s.share(w.Header(), r)
	a := &arrival{request: x.request}
	seen := &statusWriter{ResponseWriter: w, begins: func(status int) { s.calls.update(a, x.outcome(status, 0)) }}
	h := s.arrive(x, a)
	defer func() {
		end := x.outcome(seen.status, time.Since(start))
		s.calls.update(a, end)
		if s.settings.observe != nil {
			s.settings.observe((&arrival{x.request, end}).call(s.settings.lenient))
		}
	}()
	h.ServeHTTP(seen, r)
	if seen.status == 0 {
		seen.status = http.StatusOK // what net/http makes of a handler that writes nothing
	}
}

// arrive counts and keeps a call, and returns its handler: behind the latency, the
// blocks and the faults that the call meets.
func (s *Simulator) arrive(x *exchange, a *arrival) http.Handler {
	s.mu.Lock()
	x.era = s.era
	s.calls.add(a)
	met, blocks := s.faults.take(x.op)
	s.mu.Unlock()
	h := chain(met)(http.HandlerFunc(s.serve))
	for _, b := range blocks {
		h = b.before(h)
	}
	return s.delayed(h)
}

// chain passes several faults in the order given.
func chain(list []Fault) Fault {
	return func(next http.Handler) http.Handler {
		for _, f := range slices.Backward(list) {
			next = f(next)
		}
		return next
	}
}

// serve answers a call that no fault has come in the way of.
func (s *Simulator) serve(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r.Context())
	x.header = w.Header()
	if s.exceeded(w, r) {
		return
	}
	switch {
	case x.route != nil:
		if err := validate(x, r); err != nil {
			s.refuse(w, err)
			return
		}
		s.api.ServeHTTP(w, r)
	case x.serve != nil:
		if err := x.serve(x, w); err != nil {
			s.refuse(w, err)
		}
	case x.op == Echo:
		s.echo(w, r)
	case x.allow != "":
		w.Header().Set("Allow", x.allow)
		s.refuse(w, refusalFor(http.StatusMethodNotAllowed, "this path takes "+x.allow))
	default:
		s.refuse(w, refusalFor(http.StatusNotFound, "no such path"))
	}
}

// statusWriter notes the status of a response, before a client can see it.
type statusWriter struct {
	http.ResponseWriter
	begins func(status int)
	status int
}

func (w *statusWriter) note(status int) {
	w.status = status
	w.begins(status)
}

// WriteHeader implements http.ResponseWriter.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.note(status)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.note(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for [http.ResponseController].
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
