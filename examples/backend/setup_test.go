package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// open returns a database with ann in it.
func open(t *testing.T) users {
	t.Helper()
	db, err := openUsers(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.add(t.Context(), "ann", "ann's", "West"); err != nil {
		t.Fatal(err)
	}
	return db
}

// start starts a cluster, and the application, whose address it returns. It
// stops the application at the end of the test.
func start(t *testing.T, args ...string) (*authtest.Server, string) {
	t.Helper()
	sim, app, _ := startToStop(t, args...)
	return sim, app
}

// startToStop also returns what stops the application, as SIGTERM does, and the
// channel that tells its end.
func startToStop(t *testing.T, args ...string) (sim *authtest.Server, app string, stop func() <-chan struct{}) {
	t.Helper()
	sim = authtest.NewServer()
	t.Cleanup(sim.Close)
	t.Setenv("THOUGHTSPOT_HOST", sim.URL)
	t.Setenv("THOUGHTSPOT_SECRET_KEY", authtest.DefaultSecretKey)
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := run(ctx, append(args, "-addr", "127.0.0.1:0", "-plain", "-user", "ann:ann's:West", "-user", "bob:bob's:East"), w)
		if _ = w.CloseWithError(err); err != nil {
			t.Error(err)
		}
	}()
	stop = func() <-chan struct{} {
		cancel()
		return ended
	}
	t.Cleanup(func() { <-stop() })
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return sim, strings.TrimSpace(line), stop
}

// browser is one with cookies, on a page of a site.
type browser struct {
	t         *testing.T
	app, site string
	client    *http.Client
}

func newBrowser(t *testing.T, app string) browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return browser{t, app, "same-origin", &http.Client{Jar: jar, Transport: transport}}
}

func (b browser) do(method, path string, form url.Values) (int, string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.app+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", b.site)
	resp, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		b.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func find(t *testing.T, sim *authtest.Server, value string) authtest.Token {
	t.Helper()
	for _, token := range sim.Tokens() {
		if string(token.Value) == value {
			return token
		}
	}
	t.Fatal("the cluster does not know the token")
	return authtest.Token{}
}

// freeAddress returns a loopback address that no other program listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
