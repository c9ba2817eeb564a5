package tokenservice_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const address = "https://app.example/token"

// rig is a service on a simulator, with what it reported.
type rig struct {
	*tokenservice.Service
	sim     *authtest.Simulator
	cluster *authflow.Cluster
	options []authflow.Option // of the cluster

	mu     sync.Mutex
	events []tokenservice.Event
}

// in runs a test of a service in a bubble. Without authenticate, the cookie "user" has
// the name of the user, who gets a full access token.
func in(t *testing.T, authenticate func(*http.Request) (tokenservice.Request, error), test func(*testing.T, *rig), opts ...tokenservice.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		x := &rig{sim: authtest.New(authtest.WithUser("ann", "pw"), authtest.WithUser("bob", "pw"))}
		x.start(t, authenticate, opts...)
		defer func() {
			if err := x.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		test(t, x)
	})
}

func (x *rig) start(t *testing.T, authenticate func(*http.Request) (tokenservice.Request, error), opts ...tokenservice.Option) {
	t.Helper()
	var err error
	x.cluster, err = authflow.New(x.sim.URL, append([]authflow.Option{authflow.WithHTTPClient(x.sim.Client()),
		authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(0, 0)}, x.options...)...)
	if err != nil {
		t.Fatal(err)
	}
	if authenticate == nil {
		authenticate = byCookie
	}
	opts = append(opts, tokenservice.WithObserver(func(e tokenservice.Event) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.events = append(x.events, e)
	}))
	if x.Service, err = tokenservice.New(x.cluster, authenticate, opts...); err != nil {
		t.Fatal(err)
	}
}

// byCookie is an application whose session is a cookie with the user's name.
func byCookie(r *http.Request) (tokenservice.Request, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return tokenservice.Request{}, errors.Join(tokenservice.ErrUnauthenticated, err)
	}
	return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: c.Value, ValidityTimeInSec: 600}), nil
}

// request sends a request of a user, or without a cookie if user is empty. headers are
// pairs.
func (x *rig) request(t *testing.T, method, user string, headers ...string) got {
	t.Helper()
	return x.send(request(t, method, address, user, headers...))
}

func request(t *testing.T, method, url, user string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, url, nil)
	if user != "" {
		r.AddCookie(&http.Cookie{Name: "user", Value: user})
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

// got is a response.
type got struct {
	status int
	header http.Header
	body   string
}

func (x *rig) send(r *http.Request) got { return call(x, r) }

func call(h http.Handler, r *http.Request) got {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return got{w.Code, w.Header(), w.Body.String()}
}

// last returns the latest event.
func (x *rig) last(t *testing.T) tokenservice.Event {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.events) == 0 {
		t.Fatal("there was no event")
	}
	return x.events[len(x.events)-1]
}

// token returns the token of a response, and fails the test if it has none.
func token(t *testing.T, resp got) string {
	t.Helper()
	if resp.status != 200 || resp.body == "" || strings.ContainsAny(resp.body, " \n{\"") {
		t.Fatalf("no token: %+v", resp)
	}
	return resp.body
}

// problem returns the problem document of a response, and fails the test if the status
// is another one.
func problem(t *testing.T, resp got, status int) map[string]any {
	t.Helper()
	var p map[string]any
	if err := json.Unmarshal([]byte(resp.body), &p); err != nil || resp.status != status || p["status"] != float64(status) ||
		resp.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("not a problem document with the status %d: %+v", status, resp)
	}
	return p
}

// owner asks the cluster for the user of a token, and returns "" if the cluster rejects
// the token.
func (x *rig) owner(t *testing.T, token string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.sim.URL+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := x.sim.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var user struct{ Name string }
	if err := json.NewDecoder(resp.Body).Decode(&user); err != nil {
		t.Fatal(err)
	}
	return user.Name
}

// alive reports whether the cluster accepts a token.
func (x *rig) alive(t *testing.T, token string) bool { t.Helper(); return x.owner(t, token) != "" }

// retryAfter returns the header Retry-After, and fails the test if there is none.
func retryAfter(t *testing.T, resp got) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(resp.header.Get("Retry-After") + "s")
	if err != nil || d <= 0 {
		t.Fatalf("Retry-After: %q", resp.header.Get("Retry-After"))
	}
	return d
}
