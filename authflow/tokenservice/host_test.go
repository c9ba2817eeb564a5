package tokenservice_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// The name of the page has been changed to lead to the address of the service. For the
// browser, the page and the service have the same origin, so all headers agree.
func TestT3_ReboundName_GetsAndEndsNoToken(t *testing.T) {
	hosts := tokenservice.WithHosts("app.example", "API.example:8443", "[::1]:8080", "127.0.0.1")
	for host, served := range map[string]bool{
		"app.example":               true,
		"APP.example":               true,
		"app.example:443":           true,
		"app.example:8080":          true,
		"api.example:8443":          true,
		"[::1]:8080":                true,
		"127.0.0.1":                 true,
		"127.0.0.1:9":               true,
		"api.example":               false,
		"api.example:443":           false,
		"[::1]":                     false,
		"evil.example":              false,
		"evil.example:443":          false,
		"app.example.evil.example":  false,
		"evilapp.example":           false,
		"www.app.example":           false,
		"app.example.":              false,
		"app.example@evil.example":  false,
		"evil.example@app.example":  false,
		"app.example/":              false,
		"app.example,evil.example":  false,
		"app.example evil.example":  false,
		"app.example:443:1":         false,
		"xn--app-example":           false,
		"2130706433":                false,
		"0x7f.1":                    false,
		"127.0.0.1.evil.example":    false,
		"[::ffff:127.0.0.1]":        false,
		"":                          false,
		":443":                      false,
		"*":                         false,
		strings.Repeat("a", 10_000): false,
	} {
		t.Run(host, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				for _, headers := range [][]string{
					nil, // a program, or an old browser without Referer
					{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Dest", "empty"},
					{"Sec-Fetch-Site", "none", "Sec-Fetch-Dest", "document"},
					{"Sec-Fetch-Site", "cross-site", "Origin", friend},
					{"Origin", "http://" + host},
					{"Referer", "http://" + host + "/"},
					{"Sec-Fetch-Site", "same-origin", "X-Forwarded-Host", "app.example", "Forwarded", "host=app.example", "X-Original-Host", "app.example"},
				} {
					x.reached(t, host, served, headers)
				}
			}, hosts, tokenservice.WithOrigins(friend), tokenservice.WithUserLimit(0, 0))
		})
	}
}

// reached sends one request of each method to a host, and reports an error unless it
// is served, or gets 403 and costs nothing.
func (x *rig) reached(t *testing.T, host string, served bool, headers []string) {
	t.Helper()
	for method, good := range map[string]int{"GET": 200, "HEAD": 200, "DELETE": 204, "POST": 204} {
		x.sim.ResetCalls()
		r := request(t, method, address, "ann", headers...)
		if method == http.MethodPost {
			r.URL.Path = "/token/logout"
		}
		r.Host = host
		resp := x.send(r)
		if served && resp.status != good {
			t.Errorf("%s %q %v: %d %s", method, host, headers, resp.status, resp.body)
		}
		if served {
			continue
		}
		if resp.status != 403 || x.last(t).Outcome != tokenservice.CrossSite || x.last(t).Err == nil {
			t.Errorf("%s %.40q %v: %d", method, host, headers, resp.status)
		}
		if n := x.sim.Calls(authtest.AnyOperation); n != 0 || resp.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %.40q %v: %d calls, %v", method, host, headers, n, resp.header)
		}
	}
}

// A friend's preflight for a name that is not the service's gets no permission.
func TestT3_ReboundName_AllowsNoPreflight(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for host, may := range map[string]bool{"app.example": true, "evil.example": false} {
			r := request(t, http.MethodOptions, address, "", "Origin", friend, "Access-Control-Request-Method", "GET")
			r.Host = host
			resp := x.send(r)
			if allowed := resp.header.Get("Access-Control-Allow-Origin") == friend; allowed != may || resp.status != 204 {
				t.Errorf("%s: %d %v", host, resp.status, resp.header)
			}
		}
	}, tokenservice.WithOrigins(friend), tokenservice.WithHosts("app.example"))
}

// A kubelet or a balancer reaches the service by an address, not by a name.
func TestHosts_OfHealthChecks_DoNotMatter(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for name, h := range map[string]http.Handler{"Live": x.Live(), "Ready": x.Ready()} {
			r := request(t, http.MethodGet, "http://10.0.0.7:8080/", "")
			if resp := call(h, r); resp.status != 200 {
				t.Errorf("%s: %+v", name, resp)
			}
		}
	}, tokenservice.WithHosts("app.example"))
}

func TestHosts_ThatAreNotHosts_AreErrorsOfNew(t *testing.T) {
	cluster, err := authflow.New("https://ts.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"", "*", "*.app.example", "https://app.example", "//app.example", "app.example/", "app.example/path", "app.example?q",
		"app.example#f", "u@app.example", "app.example,b.example", "a.example b.example", "app.example:", "app.example:x", ":443", "::1", "bücher.example", "app.example\n"} {
		_, err := tokenservice.New(cluster, byCookie, tokenservice.WithHosts("app.example", host))
		if !errors.Is(err, authflow.ErrInvalid) || !strings.Contains(err.Error(), "WithHosts") {
			t.Errorf("%q: %v", host, err)
		}
	}
}
