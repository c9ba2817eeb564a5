package control_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/control"
)

// Only clients on this machine control the simulator, and no page of a browser does.
func TestControlKeepsOthersOut(t *testing.T) {
	for _, test := range []struct {
		method, host, origin, site, contentType, body string
		status                                        int
	}{
		{"DELETE", "127.0.0.1:4124", "", "", "", "", 204},
		{"DELETE", "127.8.8.8", "", "", "", "", 204},
		{"DELETE", "localhost:4124", "", "", "", "", 204},
		{"DELETE", "[::1]:4124", "", "", "", "", 204},
		{"DELETE", "Simulator:4124", "", "", "", "", 204},
		{"DELETE", "localhost:4124", "http://localhost:4124", "same-origin", "", "", 204},
		{"DELETE", "192.0.2.1:4124", "", "", "", "", 403},
		{"DELETE", "rebound.example", "", "", "", "", 403},
		{"DELETE", "rebound.example", "http://rebound.example", "same-origin", "", "", 403},
		{"DELETE", "localhost.example", "", "", "", "", 403},
		{"DELETE", "", "", "", "", "", 403},
		{"DELETE", "localhost:4124", "https://app.example", "", "", "", 403},
		{"DELETE", "localhost:4124", "http://localhost:3000", "", "", "", 403},
		{"DELETE", "localhost:4124", "null", "", "", "", 403},
		{"DELETE", "localhost:4124", "", "cross-site", "", "", 403},
		{"DELETE", "localhost:4124", "", "same-site", "", "", 403},
		{"OPTIONS", "localhost:4124", "https://app.example", "cross-site", "", "", 403},
		{"GET", "localhost:4124", "", "cross-site", "", "", 403},
		{"PATCH", "localhost:4124", "", "", "application/json; charset=utf-8", `{"mfa":false}`, 200},
		{"PATCH", "localhost:4124", "", "", "text/plain", `{"mfa":false}`, 415},
		{"PATCH", "localhost:4124", "", "", "", `{"mfa":false}`, 415},
		{"PATCH", "localhost:4124", "", "", "application/x-www-form-urlencoded", "mfa=false", 415},
	} {
		sim := authtest.New(ann())
		path := "/calls"
		if test.method == "PATCH" {
			path = "/settings"
		}
		req := httptest.NewRequestWithContext(t.Context(), test.method, path, strings.NewReader(test.body))
		req.Host = test.host
		for name, value := range map[string]string{"Origin": test.origin, "Sec-Fetch-Site": test.site, "Content-Type": test.contentType} {
			if value != "" {
				req.Header.Set(name, value)
			}
		}
		call(t, sim, whoami, "")
		rec := httptest.NewRecorder()
		control.Handler(sim, "simulator").ServeHTTP(rec, req)
		if rec.Code != test.status {
			t.Errorf("%+v: %d %s", test, rec.Code, rec.Body)
		}
		if reset := sim.Calls(authtest.AnyOperation) == 0; reset != (test.status == 204) {
			t.Errorf("%+v: had an effect: %t", test, reset)
		}
		for name := range rec.Header() {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%+v: %s", test, name)
			}
		}
	}
}

// A port that a container publishes is called by the name of the machine, or by
// one that is not known beforehand.
func TestControl_Guard_PublishedPortOfAContainer_IsServed(t *testing.T) {
	for _, test := range []struct {
		hosts               []string
		host, origin, media string
		status              int
	}{
		{[]string{"localhost"}, "localhost:49153", "", "application/json", 200},
		{[]string{"docker"}, "docker:49153", "", "application/json", 200},
		{[]string{"docker"}, "other:49153", "", "application/json", 403},
		{[]string{"10.0.0.7"}, "10.0.0.7:49153", "", "application/json", 200},
		{[]string{control.AnyHost}, "other:49153", "", "application/json", 200},
		{[]string{control.AnyHost}, "other:49153", "https://app.example", "application/json", 403},
		{[]string{control.AnyHost}, "other:49153", "", "text/plain", 415},
	} {
		req := httptest.NewRequestWithContext(t.Context(), "PATCH", "/settings", strings.NewReader(`{"mfa":false}`))
		req.Host = test.host
		req.Header.Set("Content-Type", test.media)
		if test.origin != "" {
			req.Header.Set("Origin", test.origin)
		}
		rec := httptest.NewRecorder()
		control.Handler(authtest.New(), test.hosts...).ServeHTTP(rec, req)
		if rec.Code != test.status {
			t.Errorf("%+v: %d %s", test, rec.Code, rec.Body)
		}
	}
}
