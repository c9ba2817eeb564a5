package authtest_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

const guidPattern = `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`

// S1: there are two Set-Cookie headers, written as the API's documentation
// shows them.
func TestLoginSetsTwoCookies(t *testing.T) {
	for _, test := range []struct{ body, age string }{
		{annPW, ""},
		{`{"username":"ann","password":"pw","remember_me":false}`, ""},
		{`{"username":"ann","password":"pw","remember_me":true}`, " Max-Age=604800;"},
	} {
		a := call(t, authtest.New(ann()), login, test.body)
		want(t, a, 204)
		got := a.header.Values("Set-Cookie")
		patterns := []string{
			"^JSESSIONID=" + guidPattern + "; Path=/;" + test.age + " HttpOnly$",
			"^clientId=" + guidPattern + "; Path=/;" + test.age + " Secure; HttpOnly$",
		}
		if len(got) != 2 {
			t.Fatalf("%d Set-Cookie headers: %q", len(got), got)
		}
		for i, p := range patterns {
			if !regexp.MustCompile(p).MatchString(got[i]) {
				t.Errorf("%q does not match %q", got[i], p)
			}
		}
	}
}

func TestLoginRequests(t *testing.T) {
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"right", annPW, 204},
		{"no body", ``, 400},
		{"empty", `{}`, 400},
		{"null", `null`, 400},
		{"no password", `{"username":"ann"}`, 400},
		{"no username", `{"password":"pw"}`, 400},
		{"wrong password", `{"username":"ann","password":"no"}`, 401},
		{"unknown user", `{"username":"zoe","password":"pw"}`, 401},
		{"Org by name", `{"username":"ann","password":"pw","org_identifier":"Sales"}`, 204},
		{"Org by number", `{"username":"ann","password":"pw","org_identifier":"1"}`, 204},
		{"unknown Org", `{"username":"ann","password":"pw","org_identifier":"Nowhere"}`, 400},
		{"Org of others", `{"username":"ann","password":"pw","org_identifier":"Others"}`, 403},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Others"))
			a := call(t, sim, login, test.body)
			want(t, a, test.status)
			if n := len(a.header.Values("Set-Cookie")); n != 0 && test.status != 204 {
				t.Errorf("%d cookies", n)
			}
		})
	}
}

func TestLoginRejection(t *testing.T) {
	for _, status := range []int{400, 500} {
		sim := authtest.New(ann(), authtest.WithLoginRejection(status))
		want(t, call(t, sim, login, `{"username":"ann","password":"no"}`), status)
		want(t, call(t, sim, full, `{"username":"ann","password":"no"}`), 401)
	}
}

func TestLoginGoesToTheOrgOfThePreviousSession(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"))
	org := func(body string) int32 {
		return whoIs(t, sim, cookie(call(t, sim, login, body).sessionCookies(t))).CurrentOrg.ID
	}
	if got := org(annPW); got != 0 {
		t.Errorf("first login: Org %d", got)
	}
	if got := org(`{"username":"ann","password":"pw","org_identifier":"Sales"}`); got != 1 {
		t.Errorf("login to Sales: Org %d", got)
	}
	if got := org(annPW); got != 1 {
		t.Errorf("login after that: Org %d", got)
	}
}

func TestSessionIsRecognised(t *testing.T) {
	sim := authtest.New(ann())
	pairs := strings.Split(call(t, sim, login, annPW).sessionCookies(t), "; ")
	want(t, call(t, sim, whoami, "", cookie(pairs[0]+"; "+pairs[1])), 200)
	want(t, call(t, sim, whoami, "", cookie(pairs[0])), 200) // a jar on plain http sends no more
	want(t, call(t, sim, whoami, "", cookie(pairs[1])), 401)
	want(t, call(t, sim, whoami, "", cookie(pairs[0]+"; clientId=x")), 401)
	want(t, call(t, sim, whoami, "", cookie("JSESSIONID=x")), 401)
	want(t, call(t, sim, whoami, ""), 401)
	// A wrong header is not made good by right cookies.
	want(t, call(t, sim, whoami, "", cookie(pairs[0]), bearer("x")), 401)
	want(t, call(t, sim, whoami, "", header{"Authorization", "Basic YW5uOnB3"}, cookie(pairs[0])), 401)
}

// S2: a session lasts for 3 h from its last use.
func TestSessionEndsWhenIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann())
		c := cookie(call(t, sim, login, annPW).sessionCookies(t))
		for range 5 {
			time.Sleep(3*time.Hour - time.Second) // fake clock
			want(t, call(t, sim, search, `{}`, c), 200)
		}
		time.Sleep(3 * time.Hour) // fake clock
		want(t, call(t, sim, search, `{}`, c), 401)
	})
}

// S2: with remember_me it lasts for 7 days from the login.
func TestRememberedSessionEndsAfterAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann())
		c := cookie(call(t, sim, login, `{"username":"ann","password":"pw","remember_me":true}`).sessionCookies(t))
		time.Sleep(7*24*time.Hour - time.Second) // fake clock
		want(t, call(t, sim, search, `{}`, c), 200)
		time.Sleep(time.Second) // fake clock
		want(t, call(t, sim, search, `{}`, c), 401)
	})
}

func TestSessionTimesAreOptions(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithIdleTimeout(time.Minute), authtest.WithRememberFor(time.Hour))
	idle := cookie(call(t, sim, login, annPW).sessionCookies(t))
	a := call(t, sim, login, `{"username":"ann","password":"pw","remember_me":true}`)
	if got := a.header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=3600;") {
		t.Errorf("cookie %q", got)
	}
	remembered := cookie(a.sessionCookies(t))
	sim.Advance(time.Minute)
	want(t, call(t, sim, whoami, "", idle), 401)
	want(t, call(t, sim, whoami, "", remembered), 200)
	sim.Advance(59 * time.Minute)
	want(t, call(t, sim, whoami, "", remembered), 401)
}

func TestLogout(t *testing.T) {
	sim := authtest.New(ann())
	first := cookie(call(t, sim, login, annPW).sessionCookies(t))
	second := cookie(call(t, sim, login, annPW).sessionCookies(t))
	tok := token(t, sim, myToken, "", first)
	want(t, call(t, sim, logout, "", first), 204)
	want(t, call(t, sim, whoami, "", first), 401)
	want(t, call(t, sim, logout, "", first), 401)
	want(t, call(t, sim, whoami, "", second), 200)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
	want(t, call(t, sim, logout, "", bearer(tok.Token)), 204)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 401)
}

func TestLoginWithAToken(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithUser("bob", "pw"), authtest.WithOrg(1, "Sales"))
	tok := token(t, sim, full, trusted(`,"org_id":1`))
	for _, body := range []string{`{}`, ``, `{"remember_me":true}`} {
		a := call(t, sim, login, body, bearer(tok.Token))
		want(t, a, 204)
		if u := whoIs(t, sim, cookie(a.sessionCookies(t))); u.Name != "ann" || u.CurrentOrg.ID != 1 {
			t.Errorf("body %q: %s in Org %d", body, u.Name, u.CurrentOrg.ID)
		}
	}
	want(t, call(t, sim, login, `{}`, bearer("x")), 401)
	want(t, call(t, sim, login, `{"username":"ann"}`, bearer(tok.Token)), 400)
	a := call(t, sim, login, `{"username":"bob","password":"pw"}`, bearer(tok.Token))
	if u := whoIs(t, sim, cookie(a.sessionCookies(t))); u.Name != "bob" {
		t.Errorf("a login with a password is that of %s", u.Name)
	}

	c := cookie(call(t, sim, login, `{}`, bearer(tok.Token)).sessionCookies(t))
	sim.Advance(301 * time.Second) // the session outlives the token
	want(t, call(t, sim, whoami, "", c), 200)
	want(t, call(t, sim, login, `{}`, bearer(tok.Token)), 401)
}

// S1: a Set-Cookie on any response changes the session.
func TestRotateCookie(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithUser("bob", "pw"))
	anns := call(t, sim, login, annPW).sessionCookies(t)
	bobs := call(t, sim, login, `{"username":"bob","password":"pw"}`).sessionCookies(t)
	sim.RotateCookie("ann")
	if got := call(t, sim, search, `{}`, cookie(bobs)).header.Values("Set-Cookie"); got != nil {
		t.Errorf("bob's cookie has changed: %q", got)
	}
	a := call(t, sim, search, `{}`, cookie(anns))
	want(t, a, 200)
	fresh := a.sessionCookies(t)
	if !strings.HasPrefix(fresh, "JSESSIONID=") || strings.HasPrefix(anns, fresh) {
		t.Errorf("new cookie %q after %q", fresh, anns)
	}
	_, client, _ := strings.Cut(anns, "; ")
	want(t, call(t, sim, search, `{}`, cookie(anns)), 401)
	a = call(t, sim, search, `{}`, cookie(fresh+"; "+client))
	want(t, a, 200)
	if got := a.header.Values("Set-Cookie"); got != nil {
		t.Errorf("changed again: %q", got)
	}
}
