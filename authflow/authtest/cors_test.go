package authtest_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

const (
	app      = "https://app.example"
	formType = "application/x-www-form-urlencoded"
	v1       = "/callosum/v1/session/"
)

var fromApp = header{"Origin", app}

// readable reports whether a browser lets a page of an origin read a response.
func readable(a answer, origin string) bool {
	return a.header.Get("Access-Control-Allow-Origin") == origin && a.header.Get("Access-Control-Allow-Credentials") == "true"
}

func TestPreflight(t *testing.T) {
	asks := header{"Access-Control-Request-Method", "POST"}
	for _, path := range []string{v1 + "isactive", v1 + "login/token", "/prism/preauth/info", base + "auth/token/full", base + "metadata/search", "/elsewhere"} {
		sim := authtest.New(ann(), authtest.WithOrigins("https://other.example:8443", app))
		a := call(t, sim, "OPTIONS "+path, "", fromApp, asks)
		want(t, a, 204)
		if !readable(a, app) || !slices.Contains(a.header.Values("Vary"), "Origin") {
			t.Errorf("%s: %v", path, a.header)
		}
		allowed := strings.Split(strings.ToLower(a.header.Get("Access-Control-Allow-Headers")), ", ")
		for _, h := range []string{"authorization", "x-requested-by", "content-type", "accept-language"} {
			if !slices.Contains(allowed, h) {
				t.Errorf("%s: header %s is not allowed", path, h)
			}
		}
		if !strings.Contains(a.header.Get("Access-Control-Allow-Methods"), "POST") {
			t.Errorf("%s: methods %q", path, a.header.Get("Access-Control-Allow-Methods"))
		}
		if sim.Calls(authtest.OpPreflight) != 1 || sim.Calls(authtest.AnyOperation) != 1 || len(sim.CallCounts()) != 1 {
			t.Errorf("%s: counted %v", path, sim.CallCounts())
		}
	}
}

func TestPreflightOfAStranger(t *testing.T) {
	asks := header{"Access-Control-Request-Method", "GET"}
	for name, sim := range map[string]*authtest.Simulator{
		"other origin": authtest.New(ann(), authtest.WithOrigins("https://other.example")),
		"no origins":   authtest.New(ann()),
	} {
		a := call(t, sim, "OPTIONS "+v1+"isactive", "", fromApp, asks)
		want(t, a, 403)
		for h := range a.header {
			if strings.HasPrefix(h, "Access-Control-") {
				t.Errorf("%s: %s", name, h)
			}
		}
	}
	// A request that is not a preflight has its usual response.
	sim := authtest.New(ann(), authtest.WithOrigins(app))
	want(t, call(t, sim, "OPTIONS "+v1+"isactive", "", fromApp), 405)
}

// A page can read what went wrong: rejections, faults and paths that are not
// there included.
func TestAnswersAreShared(t *testing.T) {
	for _, test := range []struct {
		name, to, body string
		fault          authtest.Fault
		status         int
	}{
		{"success", login, annPW, nil, 204},
		{"refusal", login, `{"username":"ann","password":"no"}`, nil, 401},
		{"bad request", login, `{`, nil, 400},
		{"echo", search, `{}`, nil, 401},
		{"v1", "GET " + v1 + "isactive", "", nil, 401},
		{"wrong method", "PUT " + v1 + "isactive", "", nil, 405},
		{"unknown path", "GET /elsewhere", "", nil, 404},
		{"status", "GET " + v1 + "isactive", "", authtest.Status(503), 503},
		{"rate limit", "GET " + v1 + "isactive", "", authtest.RateLimited(1), 429},
		{"maintenance", "GET " + v1 + "isactive", "", authtest.Maintenance(200), 200},
		{"redirect", "GET " + v1 + "isactive", "", authtest.Redirect(302, "https://idp.test/"), 302},
	} {
		sim := authtest.New(ann(), authtest.WithOrigins(app))
		if test.fault != nil {
			sim.Fail(authtest.AnyOperation, -1, test.fault)
		}
		for origin, shared := range map[string]bool{
			app: true, "https://APP.example": true, "https://app.example:443": true,
			"http://app.example": false, "https://app.example.evil": false, "https://app.example:8443": false, "null": false,
		} {
			sim.SetPassword("ann", "pw") // forgets that a wrong one was sent
			a := call(t, sim, test.to, test.body, header{"Origin", origin})
			if a.status != test.status {
				t.Fatalf("%s: status %d", test.name, a.status)
			}
			if readable(a, origin) != shared || !shared && a.header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: from %s: %v", test.name, origin, a.header)
			}
		}
		sim.SetPassword("ann", "pw")
		a := call(t, sim, test.to, test.body)
		if !slices.Equal(a.header.Values("Vary"), []string{"Origin"}) || a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: without an origin: %v", test.name, a.header)
		}
	}
	a := call(t, authtest.New(ann()), login, annPW, fromApp)
	if a.header.Get("Vary") != "" || a.header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("without WithOrigins: %v", a.header)
	}
}

func TestOriginsMustBeOrigins(t *testing.T) {
	for _, o := range []string{"", "*", "null", "app.example", "https://app.example/", "https://app.example/x", "ftp://app.example", "https://", "https://u@app.example"} {
		func() {
			defer func() {
				if v := recover(); v == nil || !strings.Contains(v.(string), "origin") {
					t.Errorf("%q: %v", o, v)
				}
			}()
			authtest.New(authtest.WithOrigins(app, o))
		}()
	}
}

// Cookies of sessions reach the cluster from a page of another site only on
// TLS, and only for embedding.
func TestCookiesOfEmbeddedPages(t *testing.T) {
	tls := authtest.NewTLSServer(ann(), authtest.WithOrigins(app))
	defer tls.Close()
	plain := authtest.NewServer(ann(), authtest.WithOrigins(app))
	defer plain.Close()
	for _, test := range []struct {
		name   string
		sim    *authtest.Simulator
		client *http.Client
		cross  bool
	}{
		{"TLS", tls.Simulator, tls.Client(), true},
		{"plain", plain.Simulator, plain.Client(), false},
		{"in process", authtest.New(ann(), authtest.WithOrigins(app)), nil, true},
		{"in process, plain", authtest.New(ann(), authtest.WithOrigins(app), authtest.WithURL("http://thoughtspot.test")), nil, false},
		{"without origins", authtest.New(ann()), nil, false},
	} {
		if test.client == nil {
			test.client = test.sim.Client()
		}
		a, err := send(t.Context(), t, test.sim, test.client, login, `{"username":"ann","password":"pw","remember_me":true}`)
		if err != nil {
			t.Fatal(err)
		}
		set := (&http.Response{Header: a.header}).Cookies()
		if len(set) != 2 || set[0].Name != "JSESSIONID" || set[1].Name != "clientId" {
			t.Fatalf("%s: %v", test.name, set)
		}
		for _, c := range set {
			if cross := c.SameSite == http.SameSiteNoneMode; cross != test.cross || test.cross && !c.Secure || !c.HttpOnly || c.Path != "/" || c.MaxAge == 0 {
				t.Errorf("%s: %s", test.name, c.Raw)
			}
		}
	}
}
