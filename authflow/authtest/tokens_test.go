package authtest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestTokenRequests(t *testing.T) {
	key := authtest.DefaultSecretKey
	for _, test := range []struct {
		name   string
		op     string
		body   string
		status int
	}{
		{"password", full, annPW, 200},
		{"secret key", full, trusted(""), 200},
		{"default Org is 0", full, trusted(`,"org_id":0`), 200},
		{"both", full, trusted(`,"password":"pw"`), 400},
		{"neither", full, `{"username":"ann"}`, 400},
		{"wrong password", full, `{"username":"ann","password":"no"}`, 401},
		{"unknown user with a password", full, `{"username":"zoe","password":"pw"}`, 401},
		{"user without a password", full, `{"username":"bot","password":"pw"}`, 401},
		{"wrong key", full, `{"username":"ann","secret_key":"no"}`, 401},
		{"unknown user with the key", full, `{"username":"zoe","secret_key":"` + key + `"}`, 400},
		{"unknown Org", full, trusted(`,"org_id":9`), 400},
		{"Org of others", full, trusted(`,"org_id":2`), 403},
		{"Org of others, with the password", full, `{"username":"ann","password":"pw","org_id":2}`, 403},
		{"auto_create with a password", full, `{"username":"ann","password":"pw","auto_create":true}`, 400},
		{"auto_create false with a password", full, `{"username":"ann","password":"pw","auto_create":false}`, 200},
		{"inactive", full, `{"username":"ina","secret_key":"` + key + `"}`, 403},
		{"inactive with the password", full, `{"username":"ina","password":"pw"}`, 403},

		{"object", object, trusted(`,"object_id":"o1"`), 200},
		{"object without object_id", object, trusted(``), 400},
		{"object with an empty object_id", object, trusted(`,"object_id":""`), 400},
		{"object, both", object, trusted(`,"object_id":"o1","password":"pw"`), 400},
		{"object, wrong password", object, `{"username":"ann","password":"no","object_id":"o"}`, 401},

		{"custom", custom, trusted(`,"persist_option":"NONE"`), 200},
		{"custom with a password", custom, `{"username":"ann","password":"pw","persist_option":"NONE"}`, 200},
		{"custom with a password and auto_create", custom, `{"username":"ann","password":"pw","persist_option":"NONE","auto_create":true}`, 400},
		{"custom, both", custom, trusted(`,"persist_option":"NONE","password":"pw"`), 400},
		{"custom, neither", custom, `{"username":"ann","persist_option":"NONE"}`, 400},
		{"custom without persist_option", custom, trusted(``), 400},
		{"custom, Org by name", custom, trusted(`,"persist_option":"NONE","org_identifier":"Sales"`), 200},
		{"custom, Org by number", custom, trusted(`,"persist_option":"NONE","org_identifier":"1"`), 200},
		{"custom, unknown Org", custom, trusted(`,"persist_option":"NONE","org_identifier":"Nowhere"`), 400},
		{"custom, unknown number", custom, trusted(`,"persist_option":"NONE","org_identifier":"9"`), 400},
		{"custom, Org of others", custom, trusted(`,"persist_option":"NONE","org_identifier":"2"`), 403},
		{"custom, wrong key", custom, `{"username":"ann","secret_key":"no","persist_option":"NONE"}`, 401},
		{"custom, unknown user without auto_create", custom, `{"username":"zoe","secret_key":"` + key + `","persist_option":"NONE","auto_create":false}`, 400},
		{"NONE with variable_values", custom, trusted(`,"persist_option":"NONE","variable_values":[]`), 400},
		{"RESET with variable_values", custom, trusted(`,"persist_option":"RESET","variable_values":[{"name":"v","values":[1]}]`), 400},
		{"APPEND with variable_values", custom, trusted(`,"persist_option":"APPEND","variable_values":[{"name":"v","values":[1]}]`), 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(
				ann(authtest.InOrgs(0, 1)), authtest.WithUser("bot", ""),
				authtest.WithUser("ina", "pw", authtest.AccountStatus(gen.AccountStatusInactive)),
				authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Others"),
			)
			want(t, call(t, sim, test.op, test.body), test.status)
			if n := len(sim.Users()); n != 3 {
				t.Errorf("%d users, want the 3 that there were", n)
			}
		})
	}
}

func TestFullAndObjectTokensSayWhatTheyAreFor(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1), authtest.UserID("u-1")), authtest.WithOrg(1, "Sales"))
	before := sim.Now().UnixMilli()
	tok := token(t, sim, full, trusted(`,"org_id":1`))
	if tok.ValidForUserID != "u-1" || tok.ValidForUsername != "ann" || *tok.Scope.OrgID != 1 ||
		tok.Scope.AccessType != gen.AccessTypeFull || tok.Scope.MetadataID != "" {
		t.Errorf("full: %+v %+v", tok, tok.Scope)
	}
	if at := int64(tok.CreationTimeInMillis); at < before || at > sim.Now().UnixMilli() {
		t.Errorf("created at %d, not now (%d)", at, before)
	}
	if life := tok.ExpirationTimeInMillis - tok.CreationTimeInMillis; life != 300_000 {
		t.Errorf("valid for %d ms, want 300 s", life)
	}
	tok = token(t, sim, object, trusted(`,"object_id":"o-1","validity_time_in_sec":7`))
	if *tok.Scope.OrgID != 0 || tok.Scope.AccessType != gen.AccessTypeReportBookView || tok.Scope.MetadataID != "o-1" {
		t.Errorf("object: %+v", tok.Scope)
	}
	if life := tok.ExpirationTimeInMillis - tok.CreationTimeInMillis; life != 7000 {
		t.Errorf("valid for %d ms, want 7 s", life)
	}
}

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(ann())
		long := token(t, sim, full, trusted(`,"validity_time_in_sec":3600`))
		tok := token(t, sim, full, trusted(""))
		time.Sleep(300*time.Second - time.Millisecond) // fake clock
		want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
		time.Sleep(time.Millisecond) // fake clock
		want(t, call(t, sim, whoami, "", bearer(tok.Token)), 401)
		want(t, call(t, sim, whoami, "", bearer(long.Token)), 200)
		sim.Advance(55 * time.Minute)
		want(t, call(t, sim, search, "", bearer(long.Token)), 401)
		sim.Advance(-time.Hour)
		want(t, call(t, sim, search, "", bearer(long.Token)), 401) // an expired token stays expired
	})
}

func TestTokenValidityOptions(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithTokenValidity(time.Second), authtest.WithSessionTokenValidity(time.Minute))
	tok := token(t, sim, full, trusted(""))
	if life := tok.ExpirationTimeInMillis - tok.CreationTimeInMillis; life != 1000 {
		t.Errorf("valid for %d ms", life)
	}
	cookies := call(t, sim, login, annPW).sessionCookies(t)
	tok = token(t, sim, myToken, "", cookie(cookies))
	if life := tok.ExpirationTimeInMillis - tok.CreationTimeInMillis; life != 60_000 {
		t.Errorf("session token valid for %d ms", life)
	}
}

// R1: clients must not compare their clock with the server's.
func TestClockOffset(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithClockOffset(-24*time.Hour))
	a := call(t, sim, full, trusted(""))
	var tok gen.Token
	a.decode(t, &tok)
	if behind := time.Since(tok.CreationTimeInMillis.Time()); behind < 23*time.Hour {
		t.Errorf("the server's clock is only %v behind", behind)
	}
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil || time.Since(date) < 23*time.Hour {
		t.Errorf("Date %v, %v", date, err)
	}
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
}

func TestSecretKeys(t *testing.T) {
	sim := authtest.New(
		authtest.WithUser("ann", "", authtest.InOrgs(0, 1, 2)), authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Ops"),
		authtest.WithSecretKey("cluster"), authtest.WithOrgSecretKey(1, "sales"),
	)
	ask := func(key, org string) int {
		return call(t, sim, full, `{"username":"ann","secret_key":"`+key+`","org_id":`+org+`}`).status
	}
	for _, test := range []struct {
		key, org string
		status   int
	}{
		{"cluster", "0", 200}, {"cluster", "1", 200}, {"cluster", "2", 200},
		{"sales", "1", 200}, {"sales", "0", 401}, {"sales", "2", 401},
	} {
		if got := ask(test.key, test.org); got != test.status {
			t.Errorf("key %s for Org %s: %d, want %d", test.key, test.org, got, test.status)
		}
	}
	tok := token(t, sim, full, `{"username":"ann","secret_key":"cluster"}`)
	sim.RotateSecretKey("new")
	sim.RotateOrgSecretKey(1, "newsales")
	for key, status := range map[string]int{"cluster": 401, "sales": 401, "new": 200, "newsales": 200} {
		if got := ask(key, "1"); got != status {
			t.Errorf("after the rotation, key %s: %d, want %d", key, got, status)
		}
	}
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)

	sim.SetTrustedAuthentication(false)
	if got := ask("new", "0"); got != 403 {
		t.Errorf("trusted authentication off: %d", got)
	}
	sim.SetTrustedAuthentication(true)
	if got := ask("new", "0"); got != 200 {
		t.Errorf("trusted authentication on again: %d", got)
	}
}

func TestMFA(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithMFA())
	want(t, call(t, sim, full, annPW), 401)
	want(t, call(t, sim, login, annPW), 401)
	tok := token(t, sim, full, trusted(""))
	want(t, call(t, sim, login, `{}`, bearer(tok.Token)), 204)
	sim.SetMFA(false)
	want(t, call(t, sim, login, annPW), 204)
}

func TestWrongPasswordsLockTheAccount(t *testing.T) {
	sim := authtest.New(ann())
	wrong := `{"username":"ann","password":"no"}`
	for range 4 {
		want(t, call(t, sim, login, wrong), 401)
	}
	want(t, call(t, sim, full, annPW), 200) // in a row, that is
	for range 4 {
		want(t, call(t, sim, full, wrong), 401)
	}
	want(t, call(t, sim, login, wrong), 401)
	want(t, call(t, sim, login, annPW), 403)
	want(t, call(t, sim, full, annPW), 403)
	want(t, call(t, sim, full, trusted("")), 403)
	if u, _ := sim.User("ann"); u.Status != gen.AccountStatusLocked {
		t.Errorf("status %s", u.Status)
	}
	sim.Advance(time.Hour)
	want(t, call(t, sim, login, annPW), 204)

	for range 5 {
		want(t, call(t, sim, full, wrong), 401)
	}
	want(t, call(t, sim, full, annPW), 403)
	sim.SetStatus("ann", gen.AccountStatusActive)
	want(t, call(t, sim, full, annPW), 200)
}

func TestChangesToAUser(t *testing.T) {
	sim := authtest.New(ann())
	tok := token(t, sim, full, annPW)
	sim.SetPassword("ann", "new")
	want(t, call(t, sim, full, annPW), 401)
	want(t, call(t, sim, full, `{"username":"ann","password":"new"}`), 200)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
	for _, status := range []gen.AccountStatus{"INACTIVE", "EXPIRED", "LOCKED", "PENDING", "SUSPENDED"} {
		sim.SetStatus("ann", status)
		want(t, call(t, sim, whoami, "", bearer(tok.Token)), 403)
		want(t, call(t, sim, login, `{"username":"ann","password":"new"}`), 403)
	}
}

func TestDefaults(t *testing.T) {
	sim := authtest.New(authtest.WithOrg(1, "Sales"))
	tok := token(t, sim, full, `{"username":"tsadmin","password":"admin","org_id":1}`)
	if u := whoIs(t, sim, bearer(tok.Token)); !u.SuperUser {
		t.Error("the default user is not an administrator")
	}
	want(t, call(t, sim, full, `{"username":"tsadmin","secret_key":"`+authtest.DefaultSecretKey+`"}`), 200)

	sim = authtest.New(ann(), authtest.WithSecretKey("k"))
	want(t, call(t, sim, full, `{"username":"tsadmin","password":"admin"}`), 401)
	want(t, call(t, sim, full, trusted("")), 401)
}
