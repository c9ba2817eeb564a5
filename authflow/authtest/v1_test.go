package authtest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	v1Login    = "POST " + v1 + "login"
	v1ByToken  = "POST " + v1 + "login/token"
	v1Token    = "POST " + v1 + "auth/token"
	v1Active   = "GET " + v1 + "isactive"
	v1WhoIs    = "GET " + v1 + "info"
	v1Logout   = "POST " + v1 + "logout"
	v1KeyOfAnn = "username=ann&access_level=FULL&secret_key=" + authtest.DefaultSecretKey
)

func TestV1Login(t *testing.T) {
	for _, test := range []struct {
		body   string
		status int
		names  string // the field in question
	}{
		{"username=ann&password=pw", 204, ""},
		{"username=ann&password=pw&rememberme=true", 204, ""},
		{"username=ann&password=pw&rememberme=perhaps", 400, "rememberme"},
		{"username=ann", 400, "password"},
		{"password=pw", 400, "username"},
		{"", 400, "username"},
		{"username=ann&password=%zz", 400, "form"},
		{"username=ann&password=no", 401, "username or the password"},
		{"username=zoe&password=pw", 401, "username or the password"},
		{"username=ann&password=" + strings.Repeat("x", 1<<20), 400, "longer"},
	} {
		a := callAs(t, authtest.New(ann()), v1Login, formType, test.body)
		want(t, a, test.status)
		if test.status != 204 && (!strings.Contains(a.failure(t).Debug, test.names) || len(a.header.Values("Set-Cookie")) > 0) {
			t.Errorf("%.40s: %s %v", test.body, a.body, a.header)
		}
	}
	a := callAs(t, authtest.New(ann(), authtest.WithLoginRejection(400)), v1Login, formType, "username=ann&password=no")
	want(t, a, 400)
	// Its fields are in the body: a query ends up in logs.
	want(t, callAs(t, authtest.New(ann()), v1Login+"?username=ann&password=pw", formType, ""), 400)
}

// A session is the same session by whatever version of the API it was begun.
func TestV1SessionsAreSessions(t *testing.T) {
	sim := authtest.New(ann())
	old := cookie(callAs(t, sim, v1Login, formType, "username=ann&password=pw").sessionCookies(t))
	if u := whoIs(t, sim, old); u.Name != "ann" {
		t.Errorf("v2.0 sees %q", u.Name)
	}
	fresh := cookie(call(t, sim, login, annPW).sessionCookies(t))
	want(t, call(t, sim, v1Active, "", fresh), 204)
	want(t, call(t, sim, v1Logout, "", fresh), 204)
	want(t, call(t, sim, whoami, "", fresh), 401)
	want(t, call(t, sim, v1Active, "", fresh), 401)
	want(t, call(t, sim, logout, "", old), 204)
	want(t, call(t, sim, v1Active, "", old), 401)

	remembered := cookie(callAs(t, sim, v1Login, formType, "username=ann&password=pw&rememberme=True").sessionCookies(t))
	idle := cookie(callAs(t, sim, v1Login, formType, "username=ann&password=pw").sessionCookies(t))
	sim.Advance(2 * time.Hour)
	want(t, call(t, sim, v1Active, "", idle), 204) // counts as use
	sim.Advance(2 * time.Hour)
	want(t, call(t, sim, v1Active, "", idle), 204)
	sim.Advance(3 * time.Hour)
	want(t, call(t, sim, v1Active, "", idle), 401)
	want(t, call(t, sim, v1Active, "", remembered), 204)
}

func TestV1IsActiveWithAToken(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, trusted(""))
	want(t, call(t, sim, v1Active, "", bearer(tok.Token)), 204)
	want(t, call(t, sim, v1Active, ""), 401)
	sim.Advance(5 * time.Minute)
	want(t, call(t, sim, v1Active, "", bearer(tok.Token)), 401)
	// logout with a token ends it.
	tok = token(t, sim, full, trusted(""))
	want(t, call(t, sim, v1Logout, "", bearer(tok.Token)), 204)
	want(t, call(t, sim, v1Active, "", bearer(tok.Token)), 401)
	want(t, call(t, sim, v1Logout, "", bearer(tok.Token)), 401)
}

func TestV1TokenLogin(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithUser("bob", "pw"), authtest.WithOrg(1, "Sales"))
	tok := token(t, sim, full, trusted(`,"org_id":1`)).Token
	reads := token(t, sim, object, trusted(`,"object_id":"x"`)).Token
	for _, test := range []struct {
		fields   string
		status   int
		location string
	}{
		{"auth_token=%s", 302, "/?embedApp=true"},
		{"auth_token=%s&username=ann", 302, "/?embedApp=true"},
		{"auth_token=%s&redirect_url=https%%3A%%2F%%2Fapp.example%%2F", 302, "https://app.example/"},
		{"auth_token=%s&no_url_redirection=True", 204, ""},
		{"auth_token=%s&no_url_redirection=false", 302, "/?embedApp=true"},
		{"auth_token=%s&no_url_redirection=no", 400, ""},
		{"auth_token=%s&username=bob", 401, ""},
		{"auth_token=x%s", 401, ""},
		{"username=ann&auth=%s", 400, ""},
	} {
		fields := fmt.Sprintf(test.fields, string(tok))
		for way, a := range map[string]answer{
			"POST": callAs(t, sim, v1ByToken, formType, fields),
			"GET":  call(t, sim, "GET "+v1+"login/token?"+fields, ""),
		} {
			if a.status != test.status {
				t.Fatalf("%s %s: status %d: %s", way, test.fields, a.status, a.body)
			}
			if a.header.Get("Location") != test.location {
				t.Errorf("%s %s: Location %q", way, test.fields, a.header.Get("Location"))
			}
			if test.status >= 400 {
				if strings.Contains(string(a.body), string(tok)) || len(a.header.Values("Set-Cookie")) > 0 {
					t.Errorf("%s %s: %s %v", way, test.fields, a.body, a.header)
				}
				continue
			}
			if u := whoIs(t, sim, cookie(a.sessionCookies(t))); u.Name != "ann" || u.CurrentOrg.ID != 1 {
				t.Errorf("%s %s: %s in Org %d", way, test.fields, u.Name, u.CurrentOrg.ID)
			}
		}
	}
	want(t, callAs(t, sim, v1ByToken, formType, "auth_token="+string(reads)), 403)

	// The session outlives the token, but not its revocation.
	c := cookie(callAs(t, sim, v1ByToken, formType, "auth_token="+string(tok)).sessionCookies(t))
	want(t, call(t, sim, revoke, `{"token":"`+string(tok)+`"}`, bearer(tok)), 204)
	want(t, call(t, sim, v1Active, "", c), 401)
	tok = token(t, sim, full, trusted("")).Token
	c = cookie(callAs(t, sim, v1ByToken, formType, "auth_token="+string(tok)).sessionCookies(t))
	sim.Advance(5 * time.Minute)
	want(t, call(t, sim, v1Active, "", c), 204)
	want(t, callAs(t, sim, v1ByToken, formType, "auth_token="+string(tok)), 401)

	tok = token(t, sim, full, trusted("")).Token
	sim.SetStatus("ann", gen.AccountStatusInactive)
	want(t, callAs(t, sim, v1ByToken, formType, "auth_token="+string(tok)), 403)
}

func TestV1AuthToken(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithOrg(1, "Sales"))
	for _, test := range []struct {
		body   string
		status int
	}{
		{v1KeyOfAnn, 200},
		{v1KeyOfAnn + "&orgid=0", 200},
		{v1KeyOfAnn + "&orgid=Primary", 400},
		{v1KeyOfAnn + "&orgid=1", 403},
		{v1KeyOfAnn + "&orgid=2", 400},
		{"username=ann&access_level=FULL&secret_key=no", 401},
		{"username=ann&access_level=FULL", 400},
		{"access_level=FULL&secret_key=" + authtest.DefaultSecretKey, 400},
		{"username=zoe&access_level=FULL&secret_key=" + authtest.DefaultSecretKey, 400},
		{"username=ann&access_level=REPORT_BOOK_VIEW&secret_key=" + authtest.DefaultSecretKey, 400},
	} {
		a := callAs(t, sim, v1Token, formType, test.body)
		want(t, a, test.status)
		if test.status != 200 {
			continue
		}
		if ct := a.header.Get("Content-Type"); ct != "text/plain; charset=utf-8" {
			t.Errorf("content type %q", ct)
		}
		if u := whoIs(t, sim, bearer(gen.Secret(a.body))); u.Name != "ann" {
			t.Errorf("the token is that of %q", u.Name)
		}
	}
}

// The calls of cs_tools: a token by secret key, a session of it, then calls.
func TestV1TrustedAuthentication(t *testing.T) {
	for _, way := range []string{"in process", "TLS"} {
		opts := []authtest.Option{ann(authtest.Privileges(authtest.PrivilegeAdministration))}
		sim := authtest.New(opts...)
		client := sim.Client()
		if way == "TLS" {
			server := authtest.NewTLSServer(opts...)
			defer server.Close()
			sim, client = server.Simulator, server.Client()
		}
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client.Jar = jar
		const old = "/callosum/v1/tspublic/v1/session/"
		ask := func(method, path string, fields url.Values) (int, string) {
			t.Helper()
			req, err := http.NewRequestWithContext(t.Context(), method, sim.URL+path, strings.NewReader(fields.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", formType)
			res, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			return res.StatusCode, string(body)
		}
		status, token := ask(http.MethodPost, old+"auth/token", url.Values{
			"secret_key": {authtest.DefaultSecretKey}, "orgid": {"0"}, "username": {"ann"}, "access_level": {"FULL"},
		})
		if status != 200 {
			t.Fatalf("%s: auth/token: %d %s", way, status, token)
		}
		if status, body := ask(http.MethodPost, old+"login/token", url.Values{
			"auth_token": {token}, "username": {"ann"}, "no_url_redirection": {"true"},
		}); status != 204 {
			t.Fatalf("%s: login/token: %d %s", way, status, body)
		}
		for path, want := range map[string]int{v1 + "isactive": 204, base + "auth/session/user": 200, base + "system": 200, base + "orgs": 200} {
			if status, body := ask(http.MethodGet, path, nil); status != want {
				t.Errorf("%s: %s: %d %s", way, path, status, body)
			}
		}
		if n := sim.Calls(authtest.OpV1TokenLogin); n != 1 {
			t.Errorf("%s: %d logins", way, n)
		}
	}
}
