package authtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// way is a way to reach a simulator. Faults look the same on all of them.
type way struct {
	name  string
	start func(t *testing.T) (*authtest.Simulator, *http.Client)
}

func ways() []way {
	listen := func(start func(...authtest.Option) *authtest.Server) func(*testing.T) (*authtest.Simulator, *http.Client) {
		return func(t *testing.T) (*authtest.Simulator, *http.Client) {
			t.Helper()
			server := start(ann())
			t.Cleanup(server.Close)
			return server.Simulator, server.Client()
		}
	}
	return []way{
		{"in process", func(t *testing.T) (*authtest.Simulator, *http.Client) {
			t.Helper()
			sim := authtest.New(ann())
			return sim, sim.Client()
		}},
		{"sockets", listen(authtest.NewServer)},
		{"TLS", listen(authtest.NewTLSServer)},
	}
}

// send posts a JSON body and does not follow redirects.
func send(ctx context.Context, t *testing.T, sim *authtest.Simulator, client *http.Client, to, body string) (answer, error) {
	t.Helper()
	method, path, _ := strings.Cut(to, " ")
	req, err := http.NewRequestWithContext(ctx, method, sim.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := c.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, res.Header, b}, err
}

func TestFaults(t *testing.T) {
	for _, way := range ways() {
		sim, client := way.start(t)
		for _, test := range []struct {
			name   string
			fault  authtest.Fault
			status int
			header string // name: value
			body   string // part of it; = all of it
			err    error
		}{
			{"status", authtest.Status(503), 503, "Content-Type: application/json", `"code":10038`, nil},
			{"refusal", authtest.Reject(401, 12345, "why"), 401, "", `"debug":"why"`, nil},
			{"rate limit", authtest.RateLimited(1500 * time.Millisecond), 429, "Retry-After: 2", `"code":10000`, nil},
			{"maintenance", authtest.Maintenance(200), 200, "Content-Type: text/html; charset=utf-8", "<h1>Site Maintenance</h1>", nil},
			{"maintenance 503", authtest.Maintenance(503), 503, "", "Site Maintenance", nil},
			{"HTML", authtest.HTML(502), 502, "Content-Type: text/html; charset=utf-8", "502 Bad Gateway", nil},
			{"empty", authtest.Empty(200), 200, "Content-Type: application/json", "=", nil},
			{"redirect", authtest.Redirect(302, "https://idp.test/sso"), 302, "Location: https://idp.test/sso", "=", nil},
			{"redirect 308", authtest.Redirect(308, "/x"), 308, "Location: /x", "=", nil},
			{"answer", authtest.Answer(201, "text/plain", "hello"), 201, "Content-Type: text/plain", "=hello", nil},
			{"handler", authtest.Handle(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }), http.StatusTeapot, "", "=", nil},
			{"header", authtest.Header("X-Test", "1"), 200, "X-Test: 1", `"token"`, nil},
			{"truncated", authtest.Truncated(), 200, "Content-Type: application/json", `{`, io.ErrUnexpectedEOF},
			{"reset", authtest.Reset(), 0, "", "", io.EOF},
		} {
			t.Run(way.name+"/"+test.name, func(t *testing.T) {
				sim.Fail(authtest.OpGetFullAccessToken, 1, test.fault)
				a, err := send(t.Context(), t, sim, client, full, annPW)
				if !errors.Is(err, test.err) || a.status != test.status {
					t.Fatalf("status %d, error %v", a.status, err)
				}
				if name, value, ok := strings.Cut(test.header, ": "); ok && a.header.Get(name) != value {
					t.Errorf("%s: %q", name, a.header.Get(name))
				}
				if whole, ok := strings.CutPrefix(test.body, "="); ok && string(a.body) != whole || !ok && !strings.Contains(string(a.body), test.body) {
					t.Errorf("body %q", a.body)
				}
				if a, err := send(t.Context(), t, sim, client, full, annPW); err != nil || a.status != 200 {
					t.Errorf("the next call: %d %v", a.status, err)
				}
			})
		}
	}
}

func TestWhichCallsFail(t *testing.T) {
	sim := authtest.New(ann())
	statuses := func(to string, n int) (got []int) {
		for range n {
			a, err := send(t.Context(), t, sim, sim.Client(), to, annPW)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, a.status)
		}
		return got
	}
	same := func(got []int, wanted ...int) {
		t.Helper()
		for i := range wanted {
			if got[i] != wanted[i] {
				t.Errorf("statuses %v, want %v", got, wanted)
				return
			}
		}
	}
	sim.Fail(authtest.OpGetFullAccessToken, 0, authtest.Status(500))
	sim.Fail(authtest.OpGetFullAccessToken, 2, authtest.Status(503))
	sim.Fail(authtest.AnyOperation, 2, authtest.Status(502))
	same(statuses(login, 1), 502) // those for full are not met
	same(statuses(full, 4), 503, 503, 502, 200)

	sim.Fail(authtest.OpLogin, -1, authtest.Status(500))
	same(statuses(login, 10), 500, 500, 500, 500, 500, 500, 500, 500, 500, 500)
	same(statuses(full, 1), 200)
	sim.ClearFaults()
	same(statuses(login, 1), 204)

	sim.Fail(authtest.Echo, 1, authtest.Maintenance(200))
	same(statuses(search, 2), 200, 401)
	sim.Fail(authtest.AnyOperation, 1, authtest.Status(503))
	same(statuses("GET /elsewhere", 2), 503, 404)
}

// A call that meets a fault has no effect, one that is truncated has.
func TestEffectsOfFaultyCalls(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, annPW)
	out := `{"token":"` + string(tok.Token) + `"}`
	sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(500))
	want(t, call(t, sim, revoke, out, bearer(tok.Token)), 500)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
	sim.Fail(authtest.OpRevokeToken, 1, authtest.Truncated())
	want(t, call(t, sim, revoke, out, bearer(tok.Token)), 204)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 401)
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann())
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(time.Minute), authtest.Status(503))
		start := time.Now()
		a, err := send(t.Context(), t, sim, sim.Client(), full, annPW)
		if took := time.Since(start); err != nil || a.status != 503 || took != time.Minute {
			t.Errorf("%d %v after %v", a.status, err, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = send(ctx, t, sim, sim.Client(), full, annPW)
		if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != 61*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
		client := sim.Client()
		client.Timeout = time.Second
		var timeout interface{ Timeout() bool }
		if _, err = send(t.Context(), t, sim, client, full, annPW); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("not the client's time-out: %v", err)
		}
	})
}

// A rotated cookie travels with a response that is cut short.
func TestTruncatedKeepsHeaders(t *testing.T) {
	sim := authtest.New(ann())
	c := call(t, sim, login, annPW).sessionCookies(t)
	sim.RotateCookie("ann")
	sim.Fail(authtest.Echo, 1, authtest.Truncated())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, sim.URL+base+"x", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Cookie", c)
	res, err := sim.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(res.Body)
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(res.Header.Values("Set-Cookie")) != 1 {
		t.Errorf("%v, %q", err, res.Header)
	}
	_ = res.Body.Close()
}

// A custom access token meets 409 while somebody else changes the same variable;
// the next try goes through, and only that one has an effect.
func TestConflict(t *testing.T) {
	sim := authtest.New(ann())
	sim.Fail(authtest.OpGetCustomAccessToken, 1, authtest.Status(http.StatusConflict))
	body := trusted(`,"persist_option":"APPEND","variable_values":[{"name":"v","values":["x"]}]`)
	a := call(t, sim, custom, body)
	if d := a.failure(t); a.status != http.StatusConflict || d.Code != 10000 || d.Debug == "" {
		t.Errorf("%d %+v", a.status, d)
	}
	if u, _ := sim.User("ann"); u.Properties != nil {
		t.Errorf("stored %+v", u.Properties)
	}
	want(t, call(t, sim, custom, body), 200)
	if u, _ := sim.User("ann"); len(u.Properties[0].VariableValues) != 1 {
		t.Errorf("stored %+v", u.Properties)
	}
}
