package exchange

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestI2_SameHostInAnotherForm_Matches(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"https://acme.thoughtspot.cloud": {
			"https://acme.thoughtspot.cloud/x", "https://acme.thoughtspot.cloud:443/", "HTTPS://ACME.ThoughtSpot.cloud", "https://acme.thoughtspot.cloud./",
			"https://acme.thoughtspot.cloud:/",
		},
		"https://ACME.thoughtspot.cloud.:443": {"https://acme.thoughtspot.cloud/"},
		"https://acme.example:0443":           {"https://acme.example/"},
		"http://127.0.0.1:8080":               {"http://127.0.0.1:8080/", "http://[::ffff:127.0.0.1]:8080/"},
		"http://[::ffff:127.0.0.1]":           {"http://127.0.0.1/"},
		"https://[2001:db8::1]":               {"https://[2001:DB8:0:0::1]:443/", "https://[2001:0db8:0:0:0:0:0:1]/"},
		"http://[fe80::1%25eth0]":             {"http://[FE80:0::1%25eth0]:80/"},
		"https://bücher.example": {
			"https://xn--bcher-kva.example/", "https://XN--BCHER-KVA.example:443/", "https://BÜCHER.example./", "https://bücher.example/",
			"https://bu\u0308cher.example/", // the letter in two code points
		},
		"https://xn--bcher-kva.example": {"https://bücher.example/", "https://bücher。example/", "https://Bücher.example/"},
	}
	for server, same := range tests {
		o := origin(t, server)
		for _, address := range same {
			for range 2 {
				if !o.Matches(request(t, http.MethodGet, address)) {
					t.Errorf("%s is not taken for %s", address, server)
				}
			}
		}
	}
}

func TestI2_OtherHost_DoesNotMatch(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"https://acme.example": {
			"http://acme.example/", "https://acme.example:444/", "https://acme.example.evil/", "https://sub.acme.example/", "https://acme.example../",
			"https://acme.example@evil.example/", "https://аcme.example/", "https://acme.exampl\u0117/", "//acme.example/", "https:///",
		},
		"https://i.example":             {"https://\u0130.example/", "https://\u0131.example/"},
		"http://[fe80::1%25eth0]":       {"http://[fe80::1%25ETH0]/", "http://[fe80::1%25eth1]/", "http://[fe80::1]/"},
		"http://[fe80::1]":              {"http://[fe80::1%25eth0]/"},
		"https://192.0.2.7":             {"https://192.0.2.8/", "https://[2001:db8::1]/", "https://192.0.2.07/"},
		"https://bücher.example":        {"https://bucher.example/", "https://bücher.example:444/", "https://xn--bcher-kvb.example/"},
		"https://xn--bcher-kva.example": {"https://bûcher.example/"},
		"https://straße.example":        {"https://strasse.example/"},
	}
	for server, others := range tests {
		o := origin(t, server)
		for _, address := range others {
			for range 2 {
				if o.Matches(request(t, http.MethodGet, address)) {
					t.Errorf("%s is taken for %s", address, server)
				}
			}
		}
	}
}

// The place to which the request goes decides, also if it is not in the URL's
// host alone.
func TestI2_OpaqueOrHostHeaderOfAnotherServer_DoesNotMatch(t *testing.T) {
	t.Parallel()
	o := origin(t, serverURL)
	tests := map[string]struct {
		change func(*http.Request)
		want   bool
	}{
		"own host header":          {func(r *http.Request) { r.Host = "TS.example:443" }, true},
		"other host header":        {func(r *http.Request) { r.Host = "evil.example" }, false},
		"opaque path":              {func(r *http.Request) { r.URL.Opaque = "/api/x" }, true},
		"opaque with own host":     {func(r *http.Request) { r.URL.Opaque = "//ts.example/x" }, true},
		"opaque with other host":   {func(r *http.Request) { r.URL.Opaque = "//evil.example/x" }, false},
		"opaque with scheme":       {func(r *http.Request) { r.URL.Opaque = "https://ts.example/x" }, false},
		"opaque that is not a URL": {func(r *http.Request) { r.URL.Opaque = "//%zz" }, false},
		"no URL":                   {func(r *http.Request) { r.URL = nil }, false},
		"empty URL":                {func(r *http.Request) { r.URL = &url.URL{} }, false},
	}
	for name, tt := range tests {
		req := request(t, http.MethodGet, serverURL+"/x")
		tt.change(req)
		if got := o.Matches(req); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestI1_Matches_AllocatesNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	tests := map[string][]string{
		"https://acme.example":          {"https://acme.example", "HTTPS://ACME.example.:443", "https://evil.example"},
		"https://[2001:db8::1]":         {"https://[2001:DB8:0::1]:443", "https://[2001:db8::2]"},
		"https://bücher.example":        {"https://xn--bcher-kva.example", "https://bücher.example:443", "https://BÜCHER.example"},
		"https://xn--bcher-kva.example": {"https://bücher.example"},
	}
	for server, addresses := range tests {
		o := origin(t, server)
		for _, address := range addresses {
			req := request(t, http.MethodGet, address+"/api/rest/2.0/x")
			if n := testing.AllocsPerRun(100, func() { o.Matches(req) }); n != 0 {
				t.Errorf("%s for %s: %v allocations", address, server, n)
			}
		}
	}
}

func TestX5_ServerAddress_IsRejectedWithItsProblem(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":                                   "must not be empty",
		"https://":                           "must not be empty",
		"https//acme.example":                "second scheme",
		"https://https://acme.example":       "second scheme",
		"http//acme.example":                 "second scheme",
		"HTTPS//acme.example":                "second scheme",
		"https:/acme.example":                "second scheme",
		"http:/acme.example":                 "second scheme",
		"htps//acme.example":                 "second scheme",
		"https://htps//acme.example":         "second scheme",
		"acme.example/https://acme.example":  "is not the address",
		"https://acme.example//x":            "second scheme",
		"https:acme.example":                 "is not the address",
		"ftp://acme.example":                 "must begin with https://",
		"//acme.example":                     "must begin with https://",
		"/acme":                              "is not the address",
		"https:///x":                         "is not the address",
		"https://ac me.example":              "is not the address",
		"https://acme.example:x":             "is not the address",
		"https://acme.example:0":             "port",
		"https://acme.example:70000":         "port",
		"https://ann:hunter22@acme.example":  "credentials",
		"https://acme.example?x=1":           "query",
		"https://acme.example/#/home":        "query",
		"https://acme.example/api/rest/2.0":  "without /api/rest/2.0",
		"https://acme\u200b.example":         "cannot be seen",
		"https://acme.example/\u202ex":       "cannot be seen",
		"http://acme.example":                "plain http",
		"http://127.0.0.1.nip.io":            "plain http",
		"http://localhost.evil.example:8080": "plain http",
	}
	const plainHTTPForbidden = false
	for server, want := range tests {
		o, _, err := ParseServer(server, plainHTTPForbidden)
		if err == nil || o != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", server, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter22") {
			t.Errorf("%q: the error shows a password", server)
		}
	}
	for server, want := range map[string]string{
		"acme.example": "https://acme.example", "https://acme.example//": "https://acme.example", "https://proxy.example/ts/": "https://proxy.example/ts",
		"http://localhost:8080": "http://localhost:8080", "http://127.0.0.1": "http://127.0.0.1", "http://[::1]:1": "http://[::1]:1",
	} {
		if o, address, err := ParseServer(server, plainHTTPForbidden); o == nil || err != nil || address != want {
			t.Errorf("%q: %q, %v", server, address, err)
		}
	}
}

func TestP7_RequestWithCredentialInItsBody_IsRecognized(t *testing.T) {
	t.Parallel()
	o := origin(t, "https://proxy.example/ts")
	for path, want := range map[string]bool{
		"/ts/api/rest/2.0/auth/session/login": true, "/ts/api/rest/2.0/auth/token/full": true, "/ts/api/rest/2.0/auth/token/custom": true,
		"/ts/api/rest/2.0/auth/./token//full": true, "/callosum/v1/session/login": true, "/callosum/v1/session/login/token": true,
		"/ts/api/rest/2.0/auth/token/revoke": false, "/ts/api/rest/2.0/auth/token/validate": false, "/ts/api/rest/2.0/auth/session/user": false, "/login": false,
	} {
		if got := o.CarriesCredential(request(t, http.MethodPost, "https://proxy.example"+path)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
