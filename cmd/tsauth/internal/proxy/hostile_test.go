package proxy

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// shape is a request as bytes. KEY stands for the key, HOST for the address of the proxy.
type shape struct {
	name    string
	request string
	want    int    // the status, or 0 if the connection only has to end
	seen    string // what the cluster may see, as "METHOD target"; nothing if empty
}

// get returns a request with the key in its path, and with more headers.
func get(target string, headers ...string) string {
	lines := append([]string{"GET " + target + " HTTP/1.1", "Host: HOST"}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func post(target, body string, headers ...string) string {
	lines := append([]string{"POST " + target + " HTTP/1.1", "Host: HOST", fmt.Sprintf("Content-Length: %d", len(body))}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n" + body
}

func check(t *testing.T, shapes []shape, opts ...Option) {
	t.Helper()
	w := newWorld(t, opts...)
	for _, s := range shapes {
		for _, time := range []string{"first", "second"} {
			responses := w.raw(strings.ReplaceAll(s.request, "KEY", testKey))
			got := 0
			if len(responses) > 0 {
				got = responses[0].StatusCode
				w.wantNoInvitation(s.name, responses[0])
			}
			if got == http.StatusMethodNotAllowed && !strings.HasPrefix(responses[0].Header.Get("Allow"), "GET, HEAD, POST, ") {
				t.Errorf("%s, %s time: 405 without the methods that are allowed", s.name, time)
			}
			if got != s.want {
				t.Errorf("%s, %s time: %v, want %d", s.name, time, responses, s.want)
			}
			var seen []string
			for _, r := range w.takeSeen() {
				seen = append(seen, r.Method+" "+r.RequestURI)
			}
			if joined := strings.Join(seen, " and "); joined != s.seen {
				t.Errorf("%s, %s time: the cluster saw %q, want %q", s.name, time, joined, s.seen)
			}
			if len(responses) > 1 {
				t.Errorf("%s, %s time: %d responses", s.name, time, len(responses))
			}
		}
	}
}

// Whatever a path to an operation that hands out credentials looks like, the cluster does
// not see it.
func TestHostile_PathsToCredentials_AreRejected(t *testing.T) {
	const auth = "/api/rest/2.0/auth"
	var shapes []shape
	for want, targets := range map[int][]string{
		403: {
			auth, auth + "/", auth + "/search", auth + "/session/token", auth + "/token/full", auth + "/session/user/", auth + "/session/user/x",
			auth + "/session/login", auth + "/session/user;x", auth + "//session/user", auth + "/session/%75ser",
			"/api/rest/2.0/%61uth/search", "/api/rest/2.0/%61%75%74%68/search", "/api/rest/2.0/a%75th%2Fsearch", "/api%2Frest%2F2.0%2Fauth%2Fsearch",
			"/api/rest/2.0/%2561uth/search", "/api/rest/2.0/%252561uth/search", "/api/rest/2.0/%2561uth/%25zz",
			"/api/rest/2%2E0/auth/search", "/API/REST/2.0/AUTH/SEARCH", "/api/rest/2.0/Auth/search",
			"//api/rest/2.0/auth/search", "/api//rest/2.0/auth/search", "/api/rest/2.0//auth/search", "///api///rest///2.0///auth",
			"/api/rest/2.0/auth;a=b/search", "/api/rest/2.0;x/auth/search", "/api;/rest;/2.0;/auth;/search", "/;/api/rest/2.0/auth/search",
			"/api/rest/2.0/auth%3Bx/search", "/api/rest/2.0/auth%20/search", "/api/rest/2.0/%20auth/search", "/api/rest/2.0/auth./search",
			`/api/rest/2.0\auth/search`, `/api\rest\2.0\auth\search`, "/api/rest/2.0%5Cauth/search", "/api/rest/2.0/auth%3F/search", "/api/rest/2.0/auth%23",
			"/api/rest/2.0/auth?x=/search", "/api/rest/2.0/auth/search?a", "/api/rest/2.1/auth/search", "/api/rest/v2/auth/token",
			"/gateway/api/rest/2.0/auth/search", "/api/rest/2.0/auth%2f%2fsearch", "/api/rest/2.0/auth%2Fsession%2Fuser",
			"/callosum/v1/session/login", "/callosum/v1/session/auth/token", "/callosum/v1/tspublic/v1/session/login", "/tspublic/v1/session/login",
			"/CALLOSUM/V1/Session/info", "/callosum/v1%2Fsession/info", "/callosum/v1/%C5%BFession/info", "/callosum/v1//session/info", "/callosum/v1/session;x",
			"/tspublic/rest/v2/session/gettoken",
		},
		400: {
			"/api/rest/2.0/x/../auth/search", "/api/rest/2.0/./auth/search", "/api/rest/2.0/x/%2e%2e/auth/search", "/api/rest/2.0/x/.%2E/auth/search",
			"/api/rest/2.0/x%2F..%2Fauth/search", "/api/rest/2.0/x/..%2Fauth", "/api/rest/2.0/x/..;/auth/search", "/api/rest/2.0/x/..%5Cauth",
			`/api/rest/2.0/x\..\auth/search`, "/api/rest/2.0/x/%252e%252e/auth/search", "/api/rest/2.0/x/..%20/auth", "/..", "/.", "/../..", "/x/..",
			"/api/rest/2.0/auth%00/search", "/api/rest/2.0/%0aauth", "/api/rest/2.0/%0d%0aX:y/auth", "/api/rest/2.0/x/%c0%ae%c0%ae/auth", "/api/rest/2.0/x/%ff",
			"/api/rest/2.0/%25252525252561uth/search", "/api/rest/2.0/x%7f", "/api/rest/2.0/%zz",
			"/api/rest/2.0/metadata/KEY", "/x?KEY", "/KEY/x",
		},
		404: {"/_tsauth/live", "/_tsauth", "/_tsauth/x", "//_tsauth/ready"},
	} {
		for _, target := range targets {
			for _, method := range []string{"GET", "POST"} {
				request := strings.Replace(post("/KEY"+target, ""), "POST", method, 1)
				shapes = append(shapes, shape{method + " " + target, request, want, ""})
			}
		}
	}
	check(t, shapes)
}

func TestHostile_UserInfoByAnotherMethod_IsRejected(t *testing.T) {
	var shapes []shape
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		shapes = append(shapes, shape{method, strings.Replace(get("/KEY"+userInfoPath), "GET", method, 1), 403, ""})
	}
	check(t, shapes)
	w := newWorld(t)
	if got := w.do(http.MethodHead, userInfoPath, ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("HEAD: %d", got.StatusCode)
	}
}

// The one operation below auth/ that is open, and paths that only look like closed ones.
func TestHostile_PathsBesideCredentials_ArePassedOnAsTheyAre(t *testing.T) {
	var shapes []shape
	for _, target := range []string{
		userInfoPath, userInfoPath + "?x=1", "/api/rest/2.0/metadata/search", "/api/rest/2.0/authors", "/api/rest/2.0/metadata/auth",
		"/api/rest/2.0/x/a%2Fb", "/api/rest/2.0/x/100%25", "/api/rest/2.0/x/%25zz", "/api/rest/2.0/x/a;b=c", "/api/rest/2.0/x?a=1;b=2&c=%zz&auth/../..", "/api/rest/2.0/x?",
		"/api/rest/2.0/x/%C3%BC", "/api/rest/2.0/x/a+b", "/api/rest/2.0//x", "/callosum/v1/sessions", "/api/rest/2.0/x/...", "/api/rest/2.0/x/.hidden", "/",
	} {
		shapes = append(shapes, shape{target, get("/KEY" + target), 0, "GET " + target})
	}
	w := newWorld(t)
	w.respond(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusNoContent) })
	for _, s := range shapes {
		got := w.raw(strings.ReplaceAll(s.request, "KEY", testKey))
		seen := w.takeSeen()
		if len(got) != 1 || got[0].StatusCode != http.StatusNoContent || len(seen) != 1 || "GET "+seen[0].RequestURI != s.seen {
			t.Errorf("%s: %v; the cluster saw %v", s.name, got, seen)
		}
	}
}

func TestHostile_AuthWithOption_IsOpen(t *testing.T) {
	const token = "/api/rest/2.0/auth/session/token"
	check(t, []shape{
		{"session/token", get("/KEY" + token), 200, "GET " + token},
		{"dots", get("/KEY/api/rest/2.0/x/../auth/session/token"), 400, ""},
		{"no key", get(token), 403, ""},
	}, WithAuth())
}

// Requests that servers before and behind each other read in different ways, and requests
// that are not for an operation of the API.
func TestHostile_ShapesOfRequests_DoNotReachTheCluster(t *testing.T) {
	const path = "/KEY" + search
	const smuggled = "GET /api/rest/2.0/auth/search HTTP/1.1\r\nHost: HOST\r\n\r\n"
	check(t, []shape{
		{"absolute form", get("http://HOST" + path), 400, ""},
		{"absolute form of another host", get("http://other.example" + path), 400, ""},
		{"absolute form of https", get("https://HOST" + path), 400, ""},
		{"asterisk", strings.Replace(get("*"), "GET", "OPTIONS", 1), 400, ""},
		{"asterisk of GET", get("*"), 400, ""},
		{"no slash", get("KEY" + search), 400, ""},
		{"empty target", get(""), 400, ""},
		{"CONNECT", "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"CONNECT of a path", "CONNECT " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"TRACE", "TRACE " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"trace in small letters", "trace " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"TRACK", "TRACK " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"get in small letters", "get " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"DEBUG", "DEBUG " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405, ""},
		{"no method", " " + path + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 400, ""},

		{"two Host headers", "GET " + path + " HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n", 400, ""},
		{"two different Host headers", "GET " + path + " HTTP/1.1\r\nHost: HOST\r\nHost: other.example\r\n\r\n", 400, ""},
		{"no Host", "GET " + path + " HTTP/1.1\r\n\r\n", 400, ""},
		{"no Host of HTTP/1.0", "GET " + path + " HTTP/1.0\r\n\r\n", 403, ""},
		{"empty Host", "GET " + path + " HTTP/1.1\r\nHost:\r\n\r\n", 403, ""},
		{"a rebound name", "GET " + path + " HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, ""},
		{"a rebound name with the port", "GET " + path + " HTTP/1.1\r\nHost: evil.example:1\r\n\r\n", 403, ""},
		{"a subdomain of localhost", "GET " + path + " HTTP/1.1\r\nHost: x.localhost\r\n\r\n", 403, ""},
		{"localhost without the port", "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 403, ""},
		{"Host with a user", "GET " + path + " HTTP/1.1\r\nHost: x@HOST\r\n\r\n", 400, ""},
		{"another loopback address", "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.2:1\r\n\r\n", 403, ""},
		{"X-Forwarded-Host instead", "GET " + path + " HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: HOST\r\n\r\n", 403, ""},

		{"Origin of another site", get(path, "Origin: https://evil.example"), 403, ""},
		{"Origin null", get(path, "Origin: null"), 403, ""},
		{"empty Origin", get(path, "Origin:"), 403, ""},
		{"Origin of the proxy", get(path, "Origin: http://HOST"), 403, ""},
		{"Origin in small letters", get(path, "origin: x"), 403, ""},
		{"Sec-Fetch-Site none", get(path, "Sec-Fetch-Site: none"), 403, ""},
		{"Sec-Fetch-Site same-origin", get(path, "Sec-Fetch-Site: same-origin"), 403, ""},
		{"Sec-Fetch-Dest", get(path, "Sec-Fetch-Dest: image"), 403, ""},
		{"Sec-Fetch-User", get(path, "Sec-Fetch-User: ?1"), 403, ""},
		{"Sec-Fetch-Mode of a page", get(path, "Sec-Fetch-Mode: no-cors"), 403, ""},
		{"Sec-Fetch-Mode of navigation", get(path, "sec-fetch-mode: navigate"), 403, ""},
		{"Sec-Fetch-Mode and Site", get(path, "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: cross-site"), 403, ""},
		{"Sec-Fetch-Mode twice", get(path, "Sec-Fetch-Mode: cors", "Sec-Fetch-Mode: cors"), 403, ""},
		{"a preflight", strings.Replace(get(path, "Origin: https://evil.example", "Access-Control-Request-Method: POST"), "GET", "OPTIONS", 1), 403, ""},
		{"health for a page", get("/_tsauth/live", "Origin: https://evil.example"), 403, ""},
		{"health of a rebound name", "GET /_tsauth/ready HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403, ""},

		{"HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405, ""},
		{"HTTP/2.0", "GET " + path + " HTTP/2.0\r\nHost: HOST\r\n\r\n", 505, ""},
		{"HTTP/3.7", "GET " + path + " HTTP/3.7\r\nHost: HOST\r\n\r\n", 505, ""},
		{"HTTP/0.9", "GET " + path + "\r\n\r\n", 400, ""},
		{"TLS", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 400, ""},

		{"two lengths", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n" + smuggled, 400, ""},
		{"length with a sign", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: +2\r\n\r\n{}", 400, ""},
		{"negative length", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: -2\r\n\r\n{}", 400, ""},
		{"length in hex", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0x2\r\n\r\n{}", 400, ""},
		{"length list", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 2, 2\r\n\r\n{}", 400, ""},
		{"unknown coding", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501, ""},
		{"coding twice", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 501, ""},
		{"coding with a space before it", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, ""},
		{"coding in quotes", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501, ""},
		{"chunk without a number", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n" + smuggled, 400, ""},
		{"chunk longer than it says", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}xx\r\n0\r\n\r\n", 400, ""},
		{"header without a name", get(path, ": x"), 400, ""},
		{"header with a space in its name", get(path, "X y: x"), 400, ""},
		{"header with a null byte", get(path, "X-A: a\x00b"), 400, ""},
		{"header line without a colon", get(path, "X-A"), 400, ""},
		{"folded first header", "GET " + path + " HTTP/1.1\r\n Host: HOST\r\n\r\n", 400, ""},
		{"huge header", get(path, "X-A: "+strings.Repeat("a", 1<<20)), 431, ""},
		{"many headers", get(path, strings.Split(strings.Repeat("X-A: a\n", 20000)+"X-B: b", "\n")...), 431, ""},
		{"huge target", get(path + strings.Repeat("a", 1<<20)), 431, ""},
		{"unknown expectation", post(path, "{}", "Expect: 200-maybe"), 417, ""},
	})
}

// Requests that are read in one way only, or that carry something that the cluster must
// not see, reach it as one request.
func TestHostile_AmbiguousRequests_ReachTheClusterOnce(t *testing.T) {
	const path = "/KEY" + search
	const seen = "POST " + search
	check(t, []shape{
		{"length and coding", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, seen},
		{"chunk extensions", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n", 200, seen},
		{"coding in capitals", "POST " + path + " HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, seen},
		{"upgrade to HTTP/2", post(path, "{}", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"), 200, seen},
		{"upgrade to a web socket", post(path, "{}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x"), 200, seen},
		{"key named hop-by-hop", post("/api/rest/2.0/metadata/search", "{}", "X-Tsauth-Key: KEY", "Connection: X-Tsauth-Key"), 200, seen},
		{"length named hop-by-hop", post(path, "{}", "Connection: Content-Length, Host, Authorization"), 200, seen},
		{"expectation", post(path, "{}", "Expect: 100-continue"), 200, seen},
		{"body of GET", strings.Replace(post(path, "{}"), "POST", "GET", 1), 200, "GET " + search},
		{"folded header", get(path, "X-A: a\r\n b"), 200, "GET " + search},
	})
}

func TestHostile_UpgradeOfTheCluster_IsAnError(t *testing.T) {
	w := newWorld(t)
	w.respond(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Connection", "Upgrade")
		rw.Header().Set("Upgrade", "websocket")
		rw.WriteHeader(http.StatusSwitchingProtocols)
	})
	got := w.raw(get("/"+testKey+search, "Connection: Upgrade", "Upgrade: websocket"))
	if len(got) != 1 || got[0].StatusCode != http.StatusBadGateway {
		t.Errorf("%v", got)
	}
	if seen := w.takeSeen(); len(seen) != 1 || seen[0].Header.Get("Upgrade") != "" || seen[0].Header.Get("Connection") != "" {
		t.Errorf("the cluster saw %v", seen)
	}
}
