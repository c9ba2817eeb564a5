package authtest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestRoundTripKeepsItsContract(t *testing.T) {
	sim := authtest.New(ann())
	body := &closing{Reader: strings.NewReader(annPW)}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sim.URL+base+"auth/token/full", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := sim.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if !body.closed {
		t.Error("the request's body is open")
	}
	if res.Request != req || req.Body != io.ReadCloser(body) || req.RequestURI != "" {
		t.Error("the request was changed, or is not the response's")
	}
	b, err := io.ReadAll(res.Body)
	if err != nil || int64(len(b)) != res.ContentLength {
		t.Errorf("%d bytes, Content-Length %d, %v", len(b), res.ContentLength, err)
	}
	if err := res.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := res.Body.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("read after Close: %v", err)
	}
}

func TestRoundTripEndsWithItsContext(t *testing.T) {
	sim := authtest.New(ann())
	ctx, cancel := context.WithCancel(t.Context())
	body := &closing{Reader: strings.NewReader(annPW)}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sim.URL+base+"auth/token/full", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := sim.Transport().RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	cancel()
	if _, err := io.ReadAll(res.Body); !errors.Is(err, context.Canceled) {
		t.Errorf("the body was read: %v", err)
	}
	body.closed = false
	if res, err := sim.Transport().RoundTrip(req); !errors.Is(err, context.Canceled) {
		_ = res.Body.Close()
		t.Errorf("a call with an ended context: %v", err)
	}
	if !body.closed {
		t.Error("the request's body is open after an error")
	}
	if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
		t.Errorf("%d calls arrived", n)
	}
}

// I2: a request to another origin is a mistake, and does not get through.
func TestTransportAnswersForItsOriginAlone(t *testing.T) {
	sim := authtest.New(authtest.WithURL("https://Acme.test"))
	for url, ok := range map[string]bool{
		"https://acme.test/x": true, "https://acme.test:443/x": true,
		"http://acme.test/x": false, "https://acme.test:8443/x": false, "https://sub.acme.test/x": false, "https://thoughtspot.test/x": false,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := sim.Client().Do(req)
		if (err == nil) != ok {
			t.Errorf("%s: %v", url, err)
		}
		if err == nil {
			_ = res.Body.Close()
		}
	}
}

func TestHeadHasNoBody(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, annPW)
	a := call(t, sim, "HEAD "+base+"x", "", bearer(tok.Token))
	if a.status != 200 || len(a.body) != 0 {
		t.Errorf("%d %q", a.status, a.body)
	}
}

// A panic that is not net/http's signal is a failure in the handler of the test.
func TestPanicsOfHandlersAreTheTests(t *testing.T) {
	sim := authtest.New()
	sim.Fail(authtest.AnyOperation, 1, authtest.Handle(func(http.ResponseWriter, *http.Request) { panic("mine") }))
	defer func() {
		if v := recover(); v != "mine" {
			t.Errorf("recovered %v", v)
		}
	}()
	call(t, sim, whoami, "")
}

// The simulator is a plain handler, and its faults plain middleware.
func TestHandler(t *testing.T) {
	rec := httptest.NewRecorder()
	authtest.New().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, base+"auth/session/user", nil))
	if rec.Code != 401 {
		t.Errorf("status %d", rec.Code)
	}
	rec = httptest.NewRecorder()
	authtest.Status(503)(nil).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if rec.Code != 503 || !strings.Contains(rec.Body.String(), "10038") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// S1: with TLS a cookie jar returns both cookies, without it only JSESSIONID;
// the session is recognised in both cases.
func TestServerWithACookieJar(t *testing.T) {
	for name, start := range map[string]func(...authtest.Option) *authtest.Server{"http": authtest.NewServer, "https": authtest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			server := start(ann())
			defer server.Close()
			if !strings.HasPrefix(server.URL, name+"://127.0.0.1:") {
				t.Errorf("URL %s", server.URL)
			}
			if (server.Certificate() != nil) != (name == "https") {
				t.Error("certificate", server.Certificate())
			}
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			client := *server.Client()
			client.Jar = jar
			for _, step := range []struct {
				to, body string
				status   int
			}{{search, "", 401}, {login, annPW, 204}, {search, "", 200}, {"", "", 0}, {search, "", 200}, {search, "", 200}, {logout, "", 204}, {search, "", 401}} {
				if step.to == "" {
					server.RotateCookie("ann")
					continue
				}
				a, err := send(t.Context(), t, server.Simulator, &client, step.to, step.body)
				if err != nil || a.status != step.status {
					t.Fatalf("%s: %d, want %d; %v", step.to, a.status, step.status, err)
				}
			}
		})
	}
}

// X3: a simulator that is printed by mistake shows no secrets.
func TestPrinting(t *testing.T) {
	server := authtest.NewServer(authtest.WithUser("ann", "hunter2"), authtest.WithSecretKey("hunter2"))
	defer server.Close()
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		for _, v := range []any{server, server.Simulator} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "hunter2") || !strings.Contains(text, server.URL) {
				t.Errorf("%s: %s", format, text)
			}
		}
	}
}

// The body that has arrived counts, and the client's means to send it again are its own.
func TestServerReadsTheBodyThatArrives(t *testing.T) {
	sim := authtest.New(ann())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sim.URL+base+"auth/token/full", strings.NewReader(annPW))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.GetBody = func() (io.ReadCloser, error) {
		t.Error("the server has called the client's GetBody")
		return io.NopCloser(strings.NewReader(annPW)), nil
	}
	res, err := sim.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("status %d", res.StatusCode)
	}
}
