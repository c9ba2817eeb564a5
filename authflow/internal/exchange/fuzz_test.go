package exchange

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// FuzzEnvelope: an error response of any shape becomes one bounded line, and an
// envelope that the server may send is read.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"error":{"message":{"code":10097,"incident_id_guid":"i","trace_id_guid":"t","debug":"why"}}}`,
		`{"error":{"message":{"debug":{"code":10000,"debug":"[\"why\"]"}}}}`,
		`{"error":{"message":"why"}}`,
		`{"error":{"errors":{"extension":{"exception":{"upstreamResponse":{"data":{"code":1,"debug":"why"}}}}}}}`,
		`{"error":{"message":{"debug":{"debug":{"debug":"deep"}}}}}`,
		`<html><title>Site Maintenance</title>`, `<`, `{"error":`, `{"error":{"message":[1,2]}}`, "\xff\x00\n", ``,
	} {
		f.Add(401, "application/json", []byte(seed))
		f.Add(503, "text/html", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {contentType}, "Retry-After": {contentType}, "Location": {string(body)}}}
		failed := FailureOf("op", outcome.Key, resp, body, plain)
		text := fmt.Sprint(failed.Debug, failed.IncidentID, failed.TraceID, failed.Err)
		if strings.ContainsAny(text, "\n\r\x00") || !utf8.ValidString(text) || len(text) > 4<<10 {
			t.Errorf("%d bytes: %q", len(text), text)
		}
		var valid struct {
			Error struct {
				Message struct {
					Code  int    `json:"code"`
					Debug string `json:"debug"`
				} `json:"message"`
			} `json:"error"`
		}
		if json.Unmarshal(body, &valid) == nil && valid.Error.Message.Code != 0 {
			if d := decodeEnvelope(body); d.Code != valid.Error.Message.Code {
				t.Errorf("code %d was read as %d", valid.Error.Message.Code, d.Code)
			}
		}
	})
}

// FuzzSetCookie: whatever cookies a server sets, they are within a bound, go
// back to it at most once each, in a header that net/http sends, beside what the
// caller has put there.
func FuzzSetCookie(f *testing.F) {
	for _, seed := range []string{
		"JSESSIONID=b9a5b821; Path=/; HttpOnly", "clientId=76d83461; Path=/; Secure; HttpOnly",
		"JSESSIONID=; Max-Age=0", "a=b; Domain=example", "a=b; Domain=other.example", "=", ";", "a", "a=\"quoted value\"",
		"a=b; Path=/api; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "a=%zz", "a=b\x00c", "__Host-x=1; Path=/; Secure",
	} {
		f.Add(seed, "JSESSIONID=x; Path=/", "JSESSIONID=mine; other=1")
		f.Add("a=b; Path=/", seed, `prefs={"tz":1}; list=a,b`)
	}
	o := origin(f, serverURL)
	f.Fuzz(func(t *testing.T, first, second, already string) {
		now := time.Now()
		s := NewSession(o, now, noIdleLimit, http.Header{"Set-Cookie": {first, second}})
		if s == nil {
			return
		}
		c := s.cookies.Load()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://ts.example/api/rest/2.0/x", nil)
		req.Header.Set("Cookie", already)
		for range 2 { // the second time as after an Edit
			s.Attach(req, now)
		}
		sent := req.Header.Get("Cookie")
		ours := make(map[string]bool)
		for _, one := range c.list {
			ours[one.name] = true
			if len(one.text) > maxCookieBytes+len(`="..."`) {
				t.Errorf("a cookie of %d bytes", len(one.text))
			}
		}
		names := make(map[string]int)
		for part := range strings.SplitSeq(sent, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			names[strings.TrimSpace(name)]++
		}
		for name, n := range names {
			if ours[name] && n > 1 && strings.Count(c.header[0], name+"=") < n {
				t.Errorf("%s is sent %d times: %q", name, n, sent)
			}
		}
		for part := range strings.SplitSeq(already, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
			if !ours[strings.TrimSpace(name)] && !strings.Contains(sent, strings.TrimSpace(part)) {
				t.Errorf("the caller's %q is not in %q", part, sent)
			}
		}
		if strings.ContainsAny(c.header[0], "\r\n\x00") {
			t.Errorf("cannot be sent: %q", c.header[0])
		}
	})
}

// FuzzOrigin: no other address passes for the server.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{
		"ts.example", "TS.Example", "ts.example:443", "ts.example.", "ts.example:", "ts.example:0443", "sub.ts.example", "example", "ts.example@evil.example",
		"ts.example:443@evil.example", "[ts.example]", "ts.example%00", "ts.example/x", "", ":", "ts.example:80",
	} {
		f.Add("https", seed, "", "")
		f.Add("https", "ts.example", seed, "")
		f.Add("https", "ts.example", "", "//"+seed+"/x")
	}
	o := origin(f, serverURL)
	same := regexp.MustCompile(`^(?i:ts\.example\.?|\[ts\.example\.?\])(:|:443)?$`) // net/http goes to the same for all of them
	f.Fuzz(func(t *testing.T, scheme, host, header, opaque string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://x.example/", nil)
		req.URL.Scheme, req.URL.Host, req.Host, req.URL.Opaque = scheme, host, header, opaque
		if !o.Matches(req) {
			return
		}
		if rest, ok := strings.CutPrefix(opaque, "//"); ok {
			named, _, _ := strings.Cut(rest, "/")
			host = named
		}
		if !isASCII(host + header) {
			return // net/http decides which host that is
		}
		if !strings.EqualFold(scheme, "https") || !same.MatchString(host) || header != "" && !same.MatchString(header) {
			t.Errorf("%q %q with Host %q and Opaque %q passes for %+v", scheme, host, header, opaque, o)
		}
	})
}
