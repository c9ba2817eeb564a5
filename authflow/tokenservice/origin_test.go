package tokenservice_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// appOrigins are the origins of pages in applications, extensions and browsers.
var appOrigins = []string{
	"https://app2.example", "https://localhost", "http://localhost:3000", "https://xn--bcher-kva.example", "https://[::1]:8443", "https://192.0.2.7",
	"capacitor://localhost", "capacitor://localhost:8080", "ionic://localhost", "tauri://localhost", "http://tauri.localhost", "app://.", "app://-",
	"chrome-extension://abcdefghijklmnopabcdefghijklmnop", "moz-extension://5d3c8e0e-0000-4000-8000-000000000000",
	"safari-web-extension://5D3C8E0E-0000-4000-8000-000000000000", "com.example.app+x://main",
}

// fetch does what a page of an origin does with a script that sends a header of its
// own: a preflight, and the request itself if the preflight allows it. It returns nil
// if the browser does not let the script read the response.
func (x *rig) fetch(t *testing.T, origin, method string) *got {
	t.Helper()
	url := address
	if method == http.MethodPost {
		url += "/logout"
	}
	preflight := x.send(request(t, http.MethodOptions, url, "", "Origin", origin, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty",
		"Access-Control-Request-Method", method, "Access-Control-Request-Headers", "authorization"))
	varies(t, preflight)
	if !readable(preflight, origin) {
		return nil
	}
	if preflight.status != 204 || preflight.header.Get("Access-Control-Allow-Methods") != method || preflight.header.Get("Access-Control-Allow-Headers") != "authorization" {
		t.Errorf("preflight of %s: %d %v", origin, preflight.status, preflight.header)
	}
	resp := x.send(request(t, method, url, "ann", "Origin", origin, "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"))
	varies(t, resp)
	if !readable(resp, origin) {
		t.Errorf("%s: the preflight allows %s, and the response cannot be read: %v", origin, method, resp.header)
		return nil
	}
	return &resp
}

// readable reports whether a browser lets a page of an origin read a response to a
// request with credentials.
func readable(resp got, origin string) bool {
	allowed := resp.header.Values("Access-Control-Allow-Origin")
	return len(allowed) == 1 && allowed[0] == origin && resp.header.Get("Access-Control-Allow-Credentials") == "true"
}

// varies reports an error if a cache in between could give the response to a page of
// another origin.
func varies(t *testing.T, resp got) {
	t.Helper()
	if !strings.Contains(strings.Join(resp.header.Values("Vary"), ","), "Origin") {
		t.Errorf("Vary: %v", resp.header.Values("Vary"))
	}
}

func TestT3_NamedOrigin_OfAnyScheme_IsServed(t *testing.T) {
	for _, origin := range appOrigins {
		t.Run(origin, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				for range 2 { // the second time as well
					tok := token(t, *x.must(t, origin, http.MethodGet))
					if who := x.owner(t, tok); who != "ann" {
						t.Errorf("the token is for %q", who)
					}
					if resp := x.must(t, origin, http.MethodHead); resp.status != 200 {
						t.Errorf("HEAD: %d", resp.status)
					}
					if resp := x.must(t, origin, http.MethodPost); resp.status != 204 || x.alive(t, tok) {
						t.Errorf("POST: %d, and the token is alive: %v", resp.status, x.alive(t, tok))
					}
				}
				for _, other := range append(appOrigins, "null", "https://evil.example") {
					if other != origin {
						x.rejected(t, other)
					}
				}
			}, tokenservice.WithOrigins(origin))
		})
	}
}

// must is fetch for an origin that is allowed.
func (x *rig) must(t *testing.T, origin, method string) *got {
	t.Helper()
	resp := x.fetch(t, origin, method)
	if resp == nil {
		t.Fatalf("%s may not send %s", origin, method)
	}
	return resp
}

// rejected reports an error unless pages of an origin read nothing and cause no
// token, with or without a preflight.
func (x *rig) rejected(t *testing.T, origin string) {
	t.Helper()
	x.sim.ResetCalls()
	if resp := x.fetch(t, origin, http.MethodGet); resp != nil {
		t.Errorf("%s reads %+v", origin, resp)
	}
	for _, site := range []string{"cross-site", "same-site", ""} {
		headers := []string{"Origin", origin, "Sec-Fetch-Site", site}
		if site == "" { // an old browser
			headers = headers[:2]
		}
		resp := x.request(t, http.MethodGet, "ann", headers...)
		varies(t, resp)
		if p := problem(t, resp, 403); readable(resp, origin) || p["detail"] == "" {
			t.Errorf("%s reads %+v", origin, resp)
		}
		if resp.header.Get("Access-Control-Allow-Origin")+resp.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %v", origin, resp.header)
		}
	}
	if n := x.sim.Calls(authtest.AnyOperation); n != 0 {
		t.Errorf("%s causes %d calls", origin, n)
	}
}

// Hosts of other schemes than http and https keep their capitals in browsers.
func TestT3_NamedOrigin_MatchesAsBrowsersWriteIt(t *testing.T) {
	for _, c := range []struct {
		named, sent string
		served      bool
	}{
		{"HTTPS://App2.Example:443", "https://app2.example", true},
		{"HTTP://App2.Example:80", "http://app2.example", true},
		{"http://app2.example:443", "http://app2.example:443", true},
		{"CAPACITOR://localhost", "capacitor://localhost", true},
		{"capacitor://Localhost", "capacitor://Localhost", true},
		{"capacitor://Localhost", "capacitor://localhost", false},
		{"capacitor://localhost:443", "capacitor://localhost", false},
		{"capacitor://localhost", "capacitor://localhost:80", false},
		{"https://app2.example", "https://app2.example:443", false},
		{"https://app2.example", "https://app2.example.", false},
		{"https://app2.example.", "https://app2.example.", true},
		{"https://app2.example", "https://ann@app2.example", false},
		{"https://app2.example", "https://app2.example/", false},
		{"https://app2.example", "HTTPS://app2.example", false},
		{"https://xn--bcher-kva.example", "https://bücher.example", false},
		{"app://.", "app://", false},
	} {
		t.Run(c.named+" "+c.sent, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				if !c.served {
					x.rejected(t, c.sent)
					return
				}
				token(t, *x.must(t, c.sent, http.MethodGet))
			}, tokenservice.WithOrigins(c.named))
		})
	}
}

func TestT3_OriginFunc_DecidesByRequest(t *testing.T) {
	var customers atomic.Value // names of hosts
	customers.Store("")
	allow := func(r *http.Request, origin string) bool {
		return r.URL.Path == "/token" && strings.Contains(customers.Load().(string), "|"+origin+"|")
	}
	in(t, nil, func(t *testing.T, x *rig) {
		for _, origin := range appOrigins {
			x.rejected(t, origin)
			customers.Store("|https://other.example|" + origin + "|")
			for range 2 { // the second time as well
				token(t, *x.must(t, origin, http.MethodGet))
			}
			if x.fetch(t, origin, http.MethodPost) != nil {
				t.Errorf("%s reads the response of a path that is not its own", origin)
			}
			if resp := x.request(t, http.MethodGet, "ann", "Referer", origin+"/page"); resp.status != 200 { // an old browser
				t.Errorf("%s as a Referer: %d", origin, resp.status)
			}
			customers.Store("")
			x.rejected(t, origin)
		}
		token(t, *x.must(t, friend, http.MethodGet))
	}, tokenservice.WithOrigins(friend), tokenservice.WithOriginFunc(allow), tokenservice.WithUserLimit(0, 0))
}

// A function that allows everything still gets no sandboxed frame, and no text that a
// browser would not send.
func TestT3_OriginFunc_GetsOriginsAsBrowsersWriteThem(t *testing.T) {
	var calls atomic.Int64
	allow := func(*http.Request, string) bool { calls.Add(1); return true }
	in(t, nil, func(t *testing.T, x *rig) {
		for _, origin := range []string{"null", "NULL", "", "*", "https://", "evil.example", "HTTPS://EVIL.EXAMPLE", "https://evil.example:443", "https://evil.example/",
			"https://u@evil.example", "https://evil.example https://friend.example", "https://evil.example,https://friend.example", "https://bücher.example",
			"file://", "file:///etc/passwd", "data:text/html,x", "blob:https://evil.example/1", "about:blank", "javascript:alert(1)", "https://evil.example\xff", "https://evil.example\n",
			"https://" + strings.Repeat("a", 100_000) + "ü"} {
			if resp := x.request(t, http.MethodGet, "ann", "Origin", origin, "Sec-Fetch-Site", "cross-site"); resp.status != 403 || readable(resp, origin) {
				t.Errorf("%.40q: %d %v", origin, resp.status, resp.header)
			}
		}
		if n := calls.Load(); n != 0 {
			t.Errorf("the function was called %d times", n)
		}
	}, tokenservice.WithOriginFunc(allow))
}

func TestT3_OriginFunc_IsCalledAtMostOnceForARequest(t *testing.T) {
	var calls atomic.Int64
	never := func(*http.Request, string) bool { calls.Add(1); return false }
	for name, c := range map[string]struct {
		headers []string
		calls   int64
	}{
		"another site":               {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, 1},
		"an old browser":             {[]string{"Origin", "https://evil.example"}, 1},
		"an old browser, Referer":    {[]string{"Referer", "https://evil.example/"}, 1},
		"both":                       {[]string{"Origin", "https://evil.example", "Referer", "https://evil.example/"}, 1},
		"a Referer from a browser":   {[]string{"Sec-Fetch-Site", "cross-site", "Referer", "https://evil.example/"}, 0},
		"a friend":                   {[]string{"Origin", friend, "Sec-Fetch-Site", "cross-site"}, 0},
		"a page of the service":      {[]string{"Origin", "https://app.example", "Sec-Fetch-Site", "same-origin"}, 0},
		"a program":                  {nil, 0},
		"two origins":                {[]string{"Origin", "https://evil.example", "Origin", friend}, 0},
		"another host than is named": {[]string{"Origin", "https://evil.example", "Host", "evil.example"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				calls.Store(0)
				r := request(t, http.MethodGet, address, "ann", c.headers...)
				if host := r.Header.Get("Host"); host != "" {
					r.Host = host
				}
				x.send(r)
				if n := calls.Load(); n != c.calls {
					t.Errorf("%d calls, want %d", n, c.calls)
				}
			}, tokenservice.WithOrigins(friend), tokenservice.WithOriginFunc(never), tokenservice.WithHosts("app.example"))
		})
	}
}

func TestT3_OriginFunc_ThatPanics_RejectsAndIsLogged(t *testing.T) {
	var log bytes.Buffer
	logger := tokenservice.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))
	boom := func(_ *http.Request, origin string) bool {
		if strings.Contains(origin, "boom") {
			panic("the list of customers is empty")
		}
		return true
	}
	in(t, nil, func(t *testing.T, x *rig) {
		for _, headers := range [][]string{
			{"Origin", "https://boom.example", "Sec-Fetch-Site", "cross-site"},
			{"Origin", "https://boom.example"},
			{"Referer", "https://boom.example/page"},
		} {
			for range 2 { // the second time as well
				log.Reset()
				resp := x.request(t, http.MethodGet, "ann", headers...)
				if p := problem(t, resp, 403); strings.Contains(resp.body, "customers") || resp.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("the page gets %v, %v", p, resp.header)
				}
				e := x.last(t)
				if e.Outcome != tokenservice.CrossSite || !strings.Contains(e.Err.Error(), "the list of customers is empty") {
					t.Errorf("%v: %v", headers, e)
				}
				if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "WithOriginFunc panicked") || !strings.Contains(log.String(), "origin_test.go") {
					t.Errorf("the log: %s", log.String())
				}
			}
		}
		log.Reset()
		if x.fetch(t, "https://boom.example", http.MethodGet) != nil || !strings.Contains(log.String(), "the list of customers is empty") {
			t.Errorf("a preflight: %s", log.String())
		}
		token(t, *x.must(t, "https://other.example", http.MethodGet)) // the service goes on
		token(t, x.request(t, http.MethodGet, "ann", "Sec-Fetch-Site", "same-origin", "Origin", "https://boom.example"))
	}, logger, tokenservice.WithOriginFunc(boom))
}

// The page of a service behind a proxy that changes the Host header.
func TestT3_OwnPage_BehindAProxy_IsServed(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for _, origin := range []string{"https://app.example", "null"} { // null: under Referrer-Policy: no-referrer
			for _, dest := range []string{"empty", "document"} {
				tok := token(t, x.request(t, http.MethodGet, "ann"))
				r := request(t, http.MethodPost, address+"/logout", "ann", "Origin", origin, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", dest)
				r.Host = "backend:8080"
				if resp := x.send(r); resp.status != 204 || x.alive(t, tok) {
					t.Errorf("%s, %s: %d %s", origin, dest, resp.status, resp.body)
				}
			}
		}
		r := request(t, http.MethodPost, address+"/logout", "ann", "Origin", "https://app.example") // an old browser
		r.Host = "backend:8080"
		problem(t, x.send(r), 403)
	})
}
