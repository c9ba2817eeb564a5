package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
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
	if status, body := newBrowser(t, app).do(http.MethodGet, "/ready", nil); status != http.StatusOK {
		t.Error(status, body)
	}
}

// Metrics are served on an address of their own. The address of the pages serves
// none, to a signed-in user neither, however the path is written.
func TestMetrics_AreServedOnTheirOwnAddressOnly(t *testing.T) {
	metrics := freeAddress(t)
	_, app := start(t, "-metrics", metrics)
	b := newBrowser(t, app)
	b.do(http.MethodPost, "/sign-in", url.Values{"name": {"ann"}, "password": {"ann's"}})
	for n := range 2 {
		if status, body := b.do(http.MethodGet, "/ts-token", nil); status != http.StatusOK {
			t.Fatal(status, body)
		}
		inside := newBrowser(t, "http://"+metrics)
		_, page := inside.do(http.MethodGet, "/metrics", nil)
		for _, want := range []string{`tsauth_tokenservice_requests_total{outcome="served"} %d`, `tsauth_cluster_calls_total{call="mint",class="ok"} %d`,
			`tsauth_flow_events_total{kind="acquired"} %d`} {
			if line := fmt.Sprintf(want, n+1); !strings.Contains(page, line+"\n") {
				t.Errorf("%s is not in\n%s", line, page)
			}
		}
		for _, path := range []string{"/", "/ts-token", "/ready"} {
			if status, body := inside.do(http.MethodGet, path, nil); status != http.StatusNotFound {
				t.Errorf("the address of the metrics serves %s: %d %s", path, status, body)
			}
		}
		for _, outside := range []browser{b, newBrowser(t, app)} {
			for _, path := range []string{"/metrics", "/metrics/", "//metrics", "/./metrics", "/x/../metrics", "/%6detrics", "/metrics?debug"} {
				if status, body := outside.do(http.MethodGet, path, nil); status != http.StatusNotFound || strings.Contains(body, "tsauth_") {
					t.Errorf("the public address serves %s: %d %s", path, status, body)
				}
			}
		}
	}
}

// After a sign-out no token of the user is alive, in any browser.
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

// A session ends, and is forgotten with the next sign-in.
func TestSessionsEnd(t *testing.T) {
	db := open(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for range 2 {
		session, err := db.signIn(t.Context(), "ann", "ann's")
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", sessionCookie+"="+session)
		if u, err := db.signedIn(r); err != nil || u != (user{"ann", "West"}) {
			t.Fatal(u, err)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE sessions SET ends = ?", time.Now().Unix()); err != nil {
			t.Fatal(err)
		}
		if u, err := db.signedIn(r); !errors.Is(err, tokenservice.ErrUnauthenticated) {
			t.Errorf("%v %v after the end", u, err)
		}
	}
	var left int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM sessions").Scan(&left); err != nil || left != 1 {
		t.Errorf("%d sessions are kept: %v", left, err)
	}
}

// A page that waits for a token when the application is told to end still gets it.
func TestTheEndWaits(t *testing.T) {
	sim, app, stop := startToStop(t)
	b := newBrowser(t, app)
	b.do(http.MethodPost, "/sign-in", url.Values{"name": {"ann"}, "password": {"ann's"}})
	release := sim.Block(authtest.OpGetCustomAccessToken)
	defer release()
	got := make(chan int, 1)
	go func() {
		defer close(got) // also if the request fails
		status, _ := b.do(http.MethodGet, "/ts-token", nil)
		got <- status
	}()
	if err := sim.WaitForCalls(t.Context(), authtest.OpGetCustomAccessToken, 1); err != nil {
		t.Fatal(err)
	}
	ended := stop()
	for status := 0; status != http.StatusServiceUnavailable; { // until it has noticed
		status, _ = newBrowser(t, app).do(http.MethodGet, "/ready", nil)
	}
	release()
	if status := <-got; status != http.StatusOK {
		t.Errorf("got %d", status)
	}
	<-ended
	if conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(app, "http://")); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}

// A page of another site signs nobody in or out, and gets no token.
func TestOtherSitesAreRejected(t *testing.T) {
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
	db := open(t)
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
	for _, args := range [][]string{{"-user", "ann"}, {"-addr", "nowhere:x"}, {"-db", t.TempDir()}, {"-metrics", "nowhere:x"}} {
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
