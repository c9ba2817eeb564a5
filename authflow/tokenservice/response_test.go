package tokenservice_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

func TestMethods_ByPath_AreServedOrRejected(t *testing.T) {
	const plain, logout = "GET, HEAD, DELETE, OPTIONS", "POST, DELETE, OPTIONS"
	for _, c := range []struct {
		method, path string
		status       int
		allow        string
		tokens       int // that the service requests
	}{
		{"GET", "/token", 200, "", 1},
		{"GET", "/token?user=bob&method=DELETE", 200, "", 1},
		{"GET", "/", 200, "", 1},
		{"HEAD", "/token", 200, "", 0},
		{"DELETE", "/token", 204, "", 0},
		{"DELETE", "/token/logout", 204, "", 0},
		{"POST", "/token/logout", 204, "", 0},
		{"POST", "/token/logout/", 204, "", 0},
		{"OPTIONS", "/token", 204, plain, 0},
		{"OPTIONS", "/token/logout", 204, logout, 0},
		{"POST", "/token", 405, plain, 0},
		{"POST", "/token?x=/logout", 405, plain, 0},
		{"POST", "/notlogout", 405, plain, 0},
		{"PUT", "/token", 405, plain, 0},
		{"PATCH", "/token", 405, plain, 0},
		{"TRACE", "/token", 405, plain, 0},
		{"CONNECT", "/token", 405, plain, 0},
		{"get", "/token", 405, plain, 0},
		{"BREW", "/token", 405, plain, 0},
		{"GET", "/token/logout", 405, logout, 0},
		{"HEAD", "/token/logout", 405, logout, 0},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				resp := x.send(request(t, c.method, "https://app.example"+c.path, "ann"))
				body := resp.body
				if resp.status != c.status || resp.header.Get("Allow") != c.allow || x.sim.Calls(authtest.AnyOperation) != c.tokens {
					t.Errorf("%d, Allow %q, %d calls", resp.status, resp.header.Get("Allow"), x.sim.Calls(authtest.AnyOperation))
				}
				if empty := c.status == 204 || c.method == "HEAD"; empty != (body == "") {
					t.Errorf("body: %q", body)
				}
			})
		})
	}
}

func TestHead_OfAUser_RequestsNoToken(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		if resp := x.request(t, http.MethodHead, ""); resp.status != 401 || resp.body != "" {
			t.Errorf("nobody: %d", resp.status)
		}
		resp := x.request(t, http.MethodHead, "ann", "Accept", "application/json")
		if resp.status != 200 || resp.header.Get("Content-Type") != "application/json" || x.last(t).Outcome != tokenservice.Checked {
			t.Errorf("ann: %d %v, %v", resp.status, resp.header, x.last(t))
		}
	})
}

func TestAccept_WithWeights_ChoosesTheForm(t *testing.T) {
	const long = "text/html;q=0.1,"
	in(t, nil, func(t *testing.T, x *rig) {
		for accept, asJSON := range map[string]bool{
			"":                                                false,
			"*/*":                                             false,
			"text/plain":                                      false,
			"application/json":                                true,
			"APPLICATION/JSON":                                true,
			"application/*":                                   true,
			"application/json, */*;q=0.5":                     true,
			"application/json;q=0.9, */*;q=0.8":               true,
			"text/*;q=0.2, application/json;q=0.3":            true,
			"text/html, application/json":                     true,
			"application/json;q=0":                            false,
			"application/json;q=0.5, text/plain":              false,
			"application/json, text/plain, */*":               true, // axios, Angular
			"application/json,text/plain":                     true,
			"text/plain, application/json, */*":               false,
			"text/plain, application/json":                    false,
			"application/json, */*":                           true, // ky, got
			"*/*, application/json":                           true, // */* names neither
			"*/*, text/plain":                                 false,
			"text/*, application/json":                        false,
			"application/*, text/*":                           true,
			"application/*;q=0.5, text/*;q=0.5":               true,
			"text/plain;q=0.5, application/json;q=0.50":       false,
			"application/json;q=0.5, text/plain;q=0.500":      true,
			"application/json;q=0.8, text/plain;q=0.801":      false,
			"application/json;q=0, text/plain;q=0":            false,
			"application/json ; q=0.2 , text/plain ;Q=0.1":    true,
			"application/json;charset=utf-8":                  true,
			"application/json;q=.2, text/plain;q=.1":          true, // Java leaves out the zero
			"text/html, image/gif, *; q=.2, */*; q=.2":        false,
			"application/json;q=.":                            false,
			"application/json;q=":                             false,
			"application/json;q=1.001":                        false,
			"application/json;q=1.000":                        true,
			"application/json;q=, application/json":           true,
			"application/json;q=., application/json":          true,
			"application/json;q=0.4a, text/plain;q=0.3":       false,
			"application/json;q=0.0009":                       false,
			"application/json;q":                              false,
			"application/json;q=x, application/json":          true,
			"application/json, application/json;q=0":          true, // the first one counts
			"application/json;q=0, */*":                       false,
			"text/plain;q=0, */*":                             true,
			"application/xml":                                 false,
			"application/problem+json":                        false,
			"application/json;q=2":                            false,
			"application/json;q=NaN":                          false,
			"application/json;q=-1":                           false,
			"application/json;q=x":                            false,
			"application/json;q=1;q=0":                        false,
			"application/json;;;=":                            false,
			",,,;;q=1":                                        false,
			"application/jsonp":                               false,
			"text/html,image/webp,*/*;q=0.8":                  false,
			strings.Repeat(long, 10_000) + "garbage":          false,
			strings.Repeat(long, 10_000) + "application/json": true,
			strings.Repeat(",", 20_000) + "application/json":  false, // beyond the ranges that are read
		} {
			x.sim.ResetCalls()
			resp := x.request(t, http.MethodGet, "ann", "Accept", accept)
			if got := resp.header.Get("Content-Type") == "application/json"; got != asJSON || resp.status != 200 {
				t.Errorf("%.40q: %d %s", accept, resp.status, resp.header.Get("Content-Type"))
			}
			time.Sleep(time.Second) // fake clock
		}
		resp := x.request(t, http.MethodGet, "ann", "Accept", "text/plain;q=0.5", "Accept", "application/json")
		if resp.header.Get("Content-Type") != "application/json" {
			t.Errorf("the weights in two headers: %v", resp.header)
		}
	})
}

func TestBody_OfAResponse_IsTheTokenAlone(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		resp := x.request(t, http.MethodGet, "ann")
		if ct := resp.header.Get("Content-Type"); ct != "text/plain; charset=utf-8" {
			t.Error(ct)
		}
		if tok := token(t, resp); !x.alive(t, tok) {
			t.Errorf("the token %q is not alive", tok)
		}
		var got struct {
			Token     string
			ExpiresIn int       `json:"expires_in"`
			ExpiresAt time.Time `json:"expires_at"`
		}
		body := x.request(t, http.MethodGet, "ann", "Accept", "application/json").body
		if err := json.Unmarshal([]byte(body), &got); err != nil || !x.alive(t, got.Token) {
			t.Errorf("%s: %v", body, err)
		}
		// 600 s less the last 5 s, which no client uses.
		if got.ExpiresIn != 595 || !got.ExpiresAt.Equal(time.Now().Add(595*time.Second)) {
			t.Errorf("%s at %v", body, time.Now())
		}
	})
}

func TestT4_Response_OfEveryKind_IsNotCached(t *testing.T) {
	boom := func(r *http.Request) (tokenservice.Request, error) {
		if r.URL.Query().Has("boom") {
			return tokenservice.Request{}, errors.New("boom")
		}
		return byCookie(r)
	}
	for _, origins := range [][]string{nil, {friend}} {
		in(t, boom, func(t *testing.T, x *rig) {
			responses := map[string]got{
				"a token":      x.request(t, "GET", "ann"),
				"JSON":         x.request(t, "GET", "ann", "Accept", "application/json"),
				"HEAD":         x.request(t, "HEAD", "ann"),
				"nobody":       x.request(t, "GET", ""),
				"another site": x.request(t, "GET", "ann", "Origin", "https://evil.example"),
				"a friend":     x.request(t, "GET", "ann", "Origin", friend),
				"a preflight":  x.request(t, "OPTIONS", "", "Origin", friend, "Access-Control-Request-Method", "GET"),
				"OPTIONS":      x.request(t, "OPTIONS", ""),
				"PUT":          x.request(t, "PUT", "ann"),
				"boom":         x.send(request(t, "GET", address+"?boom", "ann")),
				"signing out":  x.request(t, "DELETE", "ann"),
				"validated":    x.request(t, "GET", "ann", "If-None-Match", "*", "If-Modified-Since", "Sat, 01 Jan 2050 00:00:00 GMT", "Range", "bytes=0-3"),
			}
			for range 30 {
				responses["too often"] = x.request(t, "GET", "bob")
			}
			x.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
			responses["an outage"] = x.request(t, "GET", "ann")
			for name, resp := range responses {
				h := resp.header
				vary := strings.Join(h.Values("Vary"), ", ")
				for _, by := range []string{"*", "Origin", "Accept", "Cookie", "Authorization", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Referer"} {
					if !strings.Contains(vary, by) {
						t.Errorf("%s does not vary by %s: %s", name, by, vary)
					}
				}
				if h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" ||
					h.Get("Cross-Origin-Resource-Policy") != "same-origin" || h.Get("ETag") != "" || h.Get("Last-Modified") != "" || h.Get("Expires") != "" {
					t.Errorf("%s: %v", name, h)
				}
			}
			if responses["validated"].status != 200 || responses["too often"].status != 429 || responses["an outage"].status != 503 || responses["boom"].status != 500 {
				t.Errorf("the responses are not the ones to be tested: %v", responses)
			}
		}, tokenservice.WithOrigins(origins...))
	}
}

// A service worker of another origin sees only the headers that a response exposes. The
// browser rejects what the worker stores only if it sees "Vary: *".
func TestT4_ResponseToAnotherOrigin_ExposesVary(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for range 2 {
			resp := x.request(t, "GET", "ann", "Origin", friend)
			if exposed := resp.header.Get("Access-Control-Expose-Headers"); resp.status != 200 || !strings.Contains(exposed, "Vary") {
				t.Errorf("%d with the exposed headers %q", resp.status, exposed)
			}
		}
	}, tokenservice.WithOrigins(friend))
}
