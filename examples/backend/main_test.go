package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Two users sign in, and the cluster has a token for each, with the rules that
// the application's database has for them.
func TestEachGetsTheirOwnRules(t *testing.T) {
	sim, app := start(t)
	for name, region := range map[string]string{"ann": "West", "bob": "East"} {
		b := newBrowser(t, app)
		if status, _ := b.do(http.MethodGet, "/ts-token?user=bob", nil); status != http.StatusUnauthorized {
			t.Fatalf("before the sign-in: %d", status)
		}
		if status, _ := b.do(http.MethodPost, "/sign-in", url.Values{"name": {name}, "password": {"wrong"}}); status != http.StatusUnauthorized {
			t.Fatalf("with a wrong password: %d", status)
		}
		status, page := b.do(http.MethodPost, "/sign-in", url.Values{"name": {name}, "password": {name + "'s"}})
		if status != http.StatusOK || !strings.Contains(page, name+", who sees "+region) || !strings.Contains(page, strconv.Quote(sim.URL)) {
			t.Fatalf("%d %s", status, page)
		}
		status, value := b.do(http.MethodGet, "/ts-token?user=bob", nil)
		if status != http.StatusOK {
			t.Fatalf("%d %s", status, value)
		}
		token := find(t, sim, value)
		if token.User != name || len(token.Rules.VariableValues) != 1 || token.Rules.VariableValues[0].Values[0] != region {
			t.Errorf("%s got a token of %s with %+v", name, token.User, token.Rules)
		}
	}
	_, metrics := newBrowser(t, app).do(http.MethodGet, "/metrics", nil)
	if !strings.Contains(metrics, `tsauth_tokenservice_requests_total{outcome="served"} 2`) {
		t.Error(metrics)
	}
	if status, body := newBrowser(t, app).do(http.MethodGet, "/ready", nil); status != http.StatusOK {
		t.Error(status, body)
	}
}

// Who signs out has no tokens any more, in no browser.
func TestSignOutEndsTokens(t *testing.T) {
	sim, app := start(t)
	here, there := newBrowser(t, app), newBrowser(t, app)
	for _, b := range []browser{here, there} {
		b.do(http.MethodPost, "/sign-in", url.Values{"name": {"ann"}, "password": {"ann's"}})
		if status, body := b.do(http.MethodGet, "/ts-token", nil); status != http.StatusOK {
			t.Fatal(status, body)
		}
	}
	if status, page := here.do(http.MethodPost, "/sign-out", nil); status != http.StatusOK || !strings.Contains(page, "Sign in") {
		t.Fatal(status, page)
	}
	if left := sim.Tokens(); len(left) != 0 {
		t.Errorf("%d tokens left", len(left))
	}
	for _, b := range []browser{here, there} {
		if status, _ := b.do(http.MethodGet, "/ts-token", nil); status != http.StatusUnauthorized {
			t.Errorf("after the sign-out: %d", status)
		}
	}
}

// A page of another site signs nobody in or out, and gets no token.
func TestOtherSitesAreRefused(t *testing.T) {
	sim, app := start(t)
	b := newBrowser(t, app)
	b.do(http.MethodPost, "/sign-in", url.Values{"name": {"ann"}, "password": {"ann's"}})
	b.site = "cross-site"
	for path, method := range map[string]string{"/sign-in": http.MethodPost, "/sign-out": http.MethodPost, "/ts-token": http.MethodGet} {
		if status, _ := b.do(method, path, nil); status != http.StatusForbidden {
			t.Errorf("%s %s: %d", method, path, status)
		}
	}
	if n := len(sim.Tokens()); n != 0 {
		t.Errorf("%d tokens", n)
	}
}

// Sessions and users are still there in the next process.
func TestASharedDatabase(t *testing.T) {
	file := t.TempDir() + "/app.db"
	_, one := start(t, "-db", file)
	b := newBrowser(t, one)
	b.do(http.MethodPost, "/sign-in", url.Values{"name": {"ann"}, "password": {"ann's"}})
	_, b.app = start(t, "-db", file)
	if status, body := b.do(http.MethodGet, "/ts-token", nil); status != http.StatusOK {
		t.Error(status, body)
	}
}

// Every request over plain HTTP is without the cookie, unless told otherwise.
func TestTheCookieIsForTLSAlone(t *testing.T) {
	db, err := openUsers(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.add(t.Context(), "ann", "ann's", "West"); err != nil {
		t.Fatal(err)
	}
	for _, plain := range []bool{false, true} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sign-in", strings.NewReader("name=ann&password=ann%27s"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		(&application{db: db, plain: plain}).signIn(w, r)
		cookies := w.Result().Cookies()
		if len(cookies) != 1 || cookies[0].Secure == plain || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
			t.Errorf("plain %v: %v", plain, cookies)
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{{"-user", "ann"}, {"-addr", "nowhere:x"}, {"-db", t.TempDir()}} {
		t.Setenv("THOUGHTSPOT_HOST", "https://acme.example")
		t.Setenv("THOUGHTSPOT_SECRET_KEY", "key")
		if err := run(t.Context(), args, io.Discard); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
}

// The package's description says how long tokens.go is.
func TestLinesOfCode(t *testing.T) {
	text := map[string]string{"doc.go": "", "tokens.go": ""}
	for name := range text {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text[name] = string(b)
	}
	lines := len(regexp.MustCompile(`(?m)^\s*[^\s/].*$`).FindAllString(text["tokens.go"], -1))
	if said := "tokens.go    the token service: " + strconv.Itoa(lines) + " lines of code"; !strings.Contains(text["doc.go"], said) {
		t.Errorf("doc.go does not say %q", said)
	}
}

// start starts a cluster, and the application, whose address it returns. At the
// end of the test the application is stopped as by SIGTERM.
func start(t *testing.T, args ...string) (*authtest.Server, string) {
	t.Helper()
	sim := authtest.NewServer()
	t.Cleanup(sim.Close)
	t.Setenv("THOUGHTSPOT_HOST", sim.URL)
	t.Setenv("THOUGHTSPOT_SECRET_KEY", authtest.DefaultSecretKey)
	ctx, stop := context.WithCancel(context.Background())
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, append(args, "-addr", "127.0.0.1:0", "-plain", "-user", "ann:ann's:West", "-user", "bob:bob's:East"), w)
		_ = w.CloseWithError(err)
		ended <- err
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return sim, strings.TrimSpace(line)
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
