package authflow

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzTokenAnswer: whatever a server answers to a token request, it is either
// a lease that can be used or an error, and the lifetime is never one that
// makes a loop.
func FuzzTokenAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"token":"t","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675129564089,"scope":{"access_type":"FULL","org_id":1,"metadata_id":null}}`,
		`{"token":"t","creation_time_in_millis":1.675129264089e12,"expiration_time_in_millis":1675129564089.0}`,
		`{"token":"t","creation_time_in_millis":9223372036854775807,"expiration_time_in_millis":-9223372036854775808}`,
		`{"token":"t","creation_time_in_millis":-9223372036854775808,"expiration_time_in_millis":9223372036854775807}`,
		`{"token":"t","creation_time_in_millis":0,"expiration_time_in_millis":1}`,
		`{"token":"a\nb"}`, `{"token":""}`, `{"token":null}`, `{"token":7}`, `{}`, `[]`, `null`, ``, `{"token":"t"`, `<html>`,
		`{"id":"x","token":"t","org":{"id":1},"user":{"id":"u","name":"n"},"creation_time_in_millis":1,"expiration_time_in_millis":1e3}`,
	} {
		f.Add([]byte(seed))
	}
	sent := time.Now()
	f.Fuzz(func(t *testing.T, body []byte) {
		a := &answer{
			sent: sent, status: 200, body: body,
			header: http.Header{"Content-Type": {"application/json"}},
			out:    &outgoing{req: httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)},
		}
		for name, decode := range map[string]func([]byte) (Token, error){
			"token": decodeToken, "custom": decodeAccessToken, "session": decodeSessionToken,
		} {
			l, err := a.bearer("op", decode, 0)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r") {
					t.Errorf("%s: more than one line: %q", name, err)
				}
				continue
			}
			if l.lifetime <= 0 || !l.alive(0) || l.alive(l.lifetime) {
				t.Errorf("%s: lifetime %v", name, l.lifetime)
			}
			p := RenewalPolicy{}
			p.fill()
			l.schedule(&p, sent)
			if due := l.due.Load(); due <= 0 && l.lifetime > time.Microsecond || due > int64(l.lifetime) {
				t.Errorf("%s: due at %v of %v", name, time.Duration(due), l.lifetime)
			}
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://a.example/", nil)
			l.attach(req)
			if err := req.Write(discard{}); err != nil {
				t.Errorf("%s: net/http does not send it: %v", name, err)
			}
		}
	})
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// FuzzEnvelope: an error answer of any shape becomes one bounded line, and an
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
		text := failure("op", resp, body, func(s string) string { return s }).Error()
		if strings.ContainsAny(text, "\n\r\x00") || !utf8.ValidString(text) || len(text) > 4*maxDebug {
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

// FuzzSetCookie: whatever cookies a server sets, they go back to it alone, at
// most once each, and in a header that net/http sends.
func FuzzSetCookie(f *testing.F) {
	for _, seed := range []string{
		"JSESSIONID=b9a5b821; Path=/; HttpOnly", "clientId=76d83461; Path=/; Secure; HttpOnly",
		"JSESSIONID=; Max-Age=0", "a=b; Domain=example", "a=b; Domain=other.example", "=", ";", "a", "a=\"quoted value\"",
		"a=b; Path=/api; Expires=Wed, 21 Oct 2065 07:28:00 GMT", "a=%zz", "a=b\x00c", "__Host-x=1; Path=/; Secure",
	} {
		f.Add(seed, "JSESSIONID=x; Path=/", "JSESSIONID=mine; other=1")
	}
	f.Fuzz(func(t *testing.T, first, second, already string) {
		login, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://ts.example/api/rest/2.0/auth/session/login", nil)
		jar, _ := cookiejar.New(nil)
		jar.SetCookies(login.URL, (&http.Response{Header: http.Header{"Set-Cookie": {first, second}}}).Cookies())
		l := session(time.Now(), jar, false)

		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://ts.example/api/rest/2.0/x", nil)
		req.Header.Set("Cookie", already)
		for range 2 { // the second time as after an Edit
			l.attach(req)
		}
		names := make(map[string]int)
		for _, c := range req.Cookies() {
			names[c.Name]++
		}
		for _, c := range jar.Cookies(req.URL) {
			if names[c.Name] != 1 {
				t.Errorf("%s is sent %d times: %q", c.Name, names[c.Name], req.Header.Get("Cookie"))
			}
		}
		for _, elsewhere := range []string{"https://other.example/", "https://sub.ts.example/", "https://example/"} {
			there, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, elsewhere, nil)
			if (&origin{scheme: "https", host: "ts.example", canonical: "ts.example:443"}).holds(there.URL) {
				t.Errorf("%s passes for the origin", elsewhere)
			}
		}
	})
}
