package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

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
	sim = startCluster(t)
	app, stop = startReplica(t, args...)
	return sim, app, stop
}

// startCluster starts a cluster, which the applications of the test use.
func startCluster(t *testing.T) *authtest.Server {
	t.Helper()
	sim := authtest.NewServer()
	t.Cleanup(sim.Close)
	t.Setenv("THOUGHTSPOT_HOST", sim.URL)
	t.Setenv("THOUGHTSPOT_SECRET_KEY", authtest.DefaultSecretKey)
	return sim
}

// startReplica starts the application. It returns its address, and what stops it.
func startReplica(t *testing.T, args ...string) (app string, stop func() <-chan struct{}) {
	t.Helper()
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
	return strings.TrimSpace(line), stop
}

// startReplicas starts a cluster, and three applications that share a Redis and a
// database, as behind one address.
func startReplicas(t *testing.T) (sim *authtest.Server, replicas []string) {
	t.Helper()
	file := t.TempDir() + "/app.db"
	sim = startCluster(t)
	t.Setenv("TSAUTH_STORE_KEY", strings.Repeat("01", 32))
	store := startRedis(t)
	for range 3 {
		app, _ := startReplica(t, "-redis", store, "-db", file)
		replicas = append(replicas, app)
	}
	return sim, replicas
}

// startRedis starts a redis-server, and returns its address. Where none is installed the
// test is skipped, unless TSAUTH_REDIS=required.
func startRedis(t *testing.T) string {
	t.Helper()
	_, err := exec.LookPath("redis-server")
	switch {
	case err == nil:
	case os.Getenv("TSAUTH_REDIS") == "required":
		t.Fatal("TSAUTH_REDIS=required, and no redis-server is installed")
	default:
		t.Skip("no redis-server is installed")
	}
	addr := freeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	// The shell ends the server when its own input ends, which this process ends, also
	// when it crashes.
	server := exec.CommandContext(context.Background(), "/bin/sh", "-c", `redis-server "$@" >/dev/null & cat >/dev/null; kill -9 $!; wait`, "sh",
		"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	in, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = server.Wait() // killed
	})
	client := redis.NewClient(&redis.Options{Addr: addr, MaxRetries: 100})
	defer func() { _ = client.Close() }()
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return addr
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

// at is the same browser at another replica: to it, all are one address.
func (b browser) at(app string) browser {
	b.app = app
	return b
}

// cookies returns what the browser sends to the application.
func (b browser) cookies() []*http.Cookie {
	b.t.Helper()
	at, err := url.Parse(b.app)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.client.Jar.Cookies(at)
}

// signIn signs a user in, with the password that the user has.
func (b browser) signIn(name string) {
	b.t.Helper()
	b.expect(http.MethodPost, "/sign-in", url.Values{"name": {name}, "password": {name + "'s"}}, http.StatusOK)
}

// expect returns the body of a response with the expected status.
func (b browser) expect(method, path string, form url.Values, want int) string {
	b.t.Helper()
	status, body := b.do(method, path, form)
	if status != want {
		b.t.Fatalf("%s %s: %d, want %d: %s", method, path, status, want, body)
	}
	return body
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
