package tokenservice_test

import (
	"encoding/json"
	"errors"
	"io"
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

	mu     sync.Mutex
	events []tokenservice.Event
}

// in runs a test of a service in a bubble. Without an authenticate the user is
// the one of the cookie "user", with a full access token.
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
	x.cluster, err = authflow.New(x.sim.URL, authflow.WithHTTPClient(x.sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey))
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

// ask sends a request of a user, "" for nobody, with headers as pairs.
func (x *rig) ask(t *testing.T, method, user string, headers ...string) *http.Response {
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

func (x *rig) send(r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	x.ServeHTTP(w, r)
	return w.Result()
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

// text returns the body.
func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// token returns the token of an answer, which has to have one.
func token(t *testing.T, resp *http.Response) string {
	t.Helper()
	body := text(t, resp)
	if resp.StatusCode != 200 || body == "" || strings.ContainsAny(body, " \n{\"") {
		t.Fatalf("no token: %d %s", resp.StatusCode, body)
	}
	return body
}

// problem returns the problem document of an answer, which has to have the status.
func problem(t *testing.T, resp *http.Response, status int) map[string]any {
	t.Helper()
	body := text(t, resp)
	var p map[string]any
	if err := json.Unmarshal([]byte(body), &p); err != nil || resp.StatusCode != status || p["status"] != float64(status) ||
		resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("no problem with %d: %d %v %s", status, resp.StatusCode, resp.Header, body)
	}
	return p
}

// alive reports whether the cluster takes a token.
func (x *rig) alive(t *testing.T, token string) bool {
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
	_ = resp.Body.Close()
	return resp.StatusCode == 200
}

// retryAfter returns the header, which has to be there.
func retryAfter(t *testing.T, resp *http.Response) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(resp.Header.Get("Retry-After") + "s")
	if err != nil || d <= 0 {
		t.Fatalf("Retry-After: %q", resp.Header.Get("Retry-After"))
	}
	return d
}
