package authtest_test

import (
	"reflect"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestUsersComeAndGo(t *testing.T) {
	sim := authtest.New(ann())
	const zoe = `{"username":"zoe","password":"pw"}`
	want(t, call(t, sim, full, zoe), 401)
	sim.AddGroup("g", "DATADOWNLOADING")
	sim.AddUser("zoe", "pw", authtest.InGroups("g"), authtest.Email("z@x.test"))
	tok := token(t, sim, full, zoe)
	session := cookie(call(t, sim, login, zoe).sessionCookies(t))
	if u := whoIs(t, sim, bearer(tok.Token)); u.Email != "z@x.test" || !reflect.DeepEqual(u.Privileges, []string{"DATADOWNLOADING"}) {
		t.Errorf("%+v", u)
	}
	sim.RemoveGroup("g")
	if u, _ := sim.User("zoe"); len(u.Groups) != 0 || len(u.Privileges) != 0 || len(sim.Groups()) != 0 {
		t.Errorf("after the group: %+v", u)
	}
	sim.RemoveUser("zoe")
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 401)
	want(t, call(t, sim, whoami, "", session), 401)
	want(t, call(t, sim, full, zoe), 401)
	if _, ok := sim.User("zoe"); ok {
		t.Error("the user is still there")
	}
	sim.AddUser("zoe", "other") // the name is free again
	want(t, call(t, sim, full, zoe), 401)
}

func TestOrgsComeAndGo(t *testing.T) {
	sim := authtest.New(ann())
	sim.AddOrg(1, "Sales")
	sim.RotateOrgSecretKey(1, "of-sales")
	sim.AddUser("zoe", "pw", authtest.InOrgs(1, 0))
	const inSales = `{"username":"zoe","secret_key":"of-sales","org_id":1}`
	tok := token(t, sim, full, inSales)
	session := cookie(call(t, sim, login, `{"username":"zoe","password":"pw"}`).sessionCookies(t))
	elsewhere := token(t, sim, full, `{"username":"zoe","password":"pw","org_id":0}`)
	wanted := []gen.Org{{ID: 0, Name: "Primary"}, {ID: 1, Name: "Sales"}}
	if got := sim.Orgs(); !reflect.DeepEqual(got, wanted) {
		t.Errorf("Orgs %v", got)
	}
	sim.RemoveOrg(1)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 401)
	want(t, call(t, sim, whoami, "", session), 401)
	want(t, call(t, sim, whoami, "", bearer(elsewhere.Token)), 200)
	want(t, call(t, sim, full, inSales), 400)
	want(t, call(t, sim, login, `{"username":"zoe","password":"pw"}`), 204) // leads to the Org that is left
	sim.AddOrg(1, "Other")
	want(t, call(t, sim, full, inSales), 401) // the key has gone with the Org
}

func TestKeysComeAndGo(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithOrg(1, "Sales"))
	sim.RotateSecretKey("")
	want(t, call(t, sim, full, trusted("")), 403) // without any key trusted authentication is off
	sim.RotateSecretKey("back")
	want(t, call(t, sim, full, `{"username":"ann","secret_key":"back"}`), 200)
	sim.RotateOrgSecretKey(0, "own")
	want(t, call(t, sim, full, `{"username":"ann","secret_key":"own"}`), 200)
	sim.RotateOrgSecretKey(0, "")
	want(t, call(t, sim, full, `{"username":"ann","secret_key":"own"}`), 401)
}
