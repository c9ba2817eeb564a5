package authtest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func provisioning(t *testing.T) *authtest.Simulator {
	t.Helper()
	return authtest.New(
		ann(authtest.InGroups("Staff"), authtest.Email("ann@old"), authtest.DisplayName("Old Ann")),
		authtest.WithGroup("Staff"), authtest.WithGroup("Analyst", "DATADOWNLOADING"), authtest.WithGroup("Admin", authtest.PrivilegeAdministration),
		authtest.WithOrg(1, "Sales"),
	)
}

// Full and object access tokens: auto_create is false unless sent.
func TestProvisioningByFullAndObjectTokens(t *testing.T) {
	for _, op := range []string{full, object} {
		t.Run(op, func(t *testing.T) {
			sim := provisioning(t)
			zoe := func(more string) answer {
				return call(t, sim, op, `{"username":"zoe","object_id":"o","secret_key":"`+authtest.DefaultSecretKey+`"`+more+`}`)
			}
			want(t, zoe(``), 400)
			want(t, zoe(`,"auto_create":false`), 400)
			if _, ok := sim.User("zoe"); ok {
				t.Fatal("a rejected request has made a user")
			}
			a := zoe(`,"auto_create":true,"org_id":1,"email":"z@x","display_name":"Zoe","group_identifiers":["Analyst","` +
				sim.GroupID("Admin") + `","Analyst"]`)
			want(t, a, 200)
			u, _ := sim.User("zoe")
			want := authtest.User{
				ID: u.ID, Name: "zoe", DisplayName: "Zoe", Email: "z@x", Type: gen.AccountTypeRemoteUser,
				Status: gen.AccountStatusActive, Orgs: []gen.Org{{ID: 1, Name: "Sales"}}, Groups: []string{"Analyst", "Admin"},
				Privileges: []string{"ADMINISTRATION", "DATADOWNLOADING"},
			}
			if !reflect.DeepEqual(u, want) {
				t.Errorf("made %+v\nwant %+v", u, want)
			}
			var tok gen.Token
			a.decode(t, &tok)
			if tok.ValidForUserID != u.ID || tok.ValidForUsername != "zoe" {
				t.Errorf("token for %+v", tok)
			}
		})
	}
}

func TestAutoCreateUpdatesAUserWhoExists(t *testing.T) {
	sim := provisioning(t)
	more := `,"object_id":"o","email":"ann@new","display_name":"New Ann","group_identifiers":["Analyst"]`
	old, _ := sim.User("ann")

	for _, body := range []string{trusted(more), trusted(more + `,"auto_create":false`)} {
		want(t, call(t, sim, full, body), 200)
		want(t, call(t, sim, object, body), 200)
	}
	want(t, call(t, sim, full, trusted(more+`,"auto_create":true,"org_id":1`)), 403) // into no other Org
	if u, _ := sim.User("ann"); !reflect.DeepEqual(u, old) {
		t.Errorf("changed without auto_create, or by a rejected request: %+v", u)
	}

	want(t, call(t, sim, full, trusted(`,"auto_create":true`)), 200)
	if u, _ := sim.User("ann"); !reflect.DeepEqual(u, old) {
		t.Errorf("changed by absent fields: %+v", u)
	}
	want(t, call(t, sim, object, trusted(more+`,"auto_create":true`)), 200)
	u, _ := sim.User("ann")
	if u.Email != "ann@new" || u.DisplayName != "New Ann" || !reflect.DeepEqual(u.Groups, []string{"Analyst"}) || u.Type != gen.AccountTypeLocalUser {
		t.Errorf("not updated: %+v", u)
	}
	want(t, call(t, sim, full, trusted(`,"auto_create":true,"group_identifiers":[]`)), 200)
	if u, _ := sim.User("ann"); len(u.Groups) != 0 {
		t.Errorf("an empty list has left %v", u.Groups)
	}
}

// Custom access tokens: auto_create is true unless sent, and changes nobody.
func TestProvisioningByCustomTokens(t *testing.T) {
	sim := provisioning(t)
	zoe := func(more string) answer {
		return call(t, sim, custom, `{"username":"zoe","persist_option":"NONE","secret_key":"`+authtest.DefaultSecretKey+`"`+more+`}`)
	}
	want(t, zoe(`,"auto_create":false`), 400)
	if _, ok := sim.User("zoe"); ok {
		t.Fatal("a rejected request has made a user")
	}
	want(t, zoe(`,"org_identifier":"Sales","email":"z@x","display_name":"Zoe","groups":[{"identifier":"Analyst"}]`), 200)
	u, _ := sim.User("zoe")
	if u.Email != "z@x" || u.DisplayName != "Zoe" || !reflect.DeepEqual(u.Groups, []string{"Analyst"}) || u.Orgs[0].ID != 1 {
		t.Errorf("made %+v", u)
	}

	old, _ := sim.User("ann")
	want(t, call(t, sim, custom, trusted(`,"persist_option":"NONE","auto_create":true,"email":"ann@new","groups":[{"identifier":"Analyst"}]`)), 200)
	if u, _ := sim.User("ann"); !reflect.DeepEqual(u, old) {
		t.Errorf("a custom token has changed %+v", u)
	}
}

// The server ignores names that it does not know; what a client sends under
// the wrong name has no effect.
func TestWrongNamesAreIgnored(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"))
	a := call(t, sim, custom, trusted(`,"persist_option":"NONE","org_id":1`))
	want(t, a, 200)
	var tok gen.AccessToken
	a.decode(t, &tok)
	if tok.Org.ID != 0 {
		t.Errorf("org_id has led to Org %d", tok.Org.ID)
	}
	want(t, call(t, sim, full, `{"username":"ann","PASSWORD":"pw"}`), 400)
}

// Groups that do not exist are made, once, and only by a request that goes
// through.
func TestGroupsAreMadeJustInTime(t *testing.T) {
	for _, op := range []string{full, custom} {
		t.Run(op, func(t *testing.T) {
			sim := provisioning(t)
			zoe := func(name, key string) answer {
				return call(t, sim, op, `{"username":"`+name+`","secret_key":"`+key+`","persist_option":"NONE","auto_create":true,
					"group_identifiers":["New","Analyst","New"],"groups":[{"identifier":"New"},{"identifier":"Analyst"},{"identifier":"New"}]}`)
			}
			want(t, zoe("zoe", "wrong"), 401)
			func() {
				defer func() {
					if recover() == nil {
						t.Error("a rejected request has made a group")
					}
				}()
				sim.GroupID("New")
			}()
			want(t, zoe("zoe", authtest.DefaultSecretKey), 200)
			u, _ := sim.User("zoe")
			if !reflect.DeepEqual(u.Groups, []string{"New", "Analyst"}) || !reflect.DeepEqual(u.Privileges, []string{"DATADOWNLOADING"}) {
				t.Errorf("made %+v", u)
			}
			id := sim.GroupID("New")
			if want(t, zoe("yan", authtest.DefaultSecretKey), 200); sim.GroupID("New") != id {
				t.Error("made twice")
			}
		})
	}
}

func TestStrictProvisioning(t *testing.T) {
	const known = `,"email":"z@x","display_name":"Zoe"`
	groups := func(name string) string {
		return `,"group_identifiers":["` + name + `"],"groups":[{"identifier":"` + name + `"}]`
	}
	for _, op := range []string{full, object, custom} {
		t.Run(op, func(t *testing.T) {
			sim := authtest.New(ann(), authtest.WithGroup("Analyst"), authtest.WithStrictProvisioning())
			ask := func(user, more string) answer {
				return call(t, sim, op, `{"username":"`+user+`","secret_key":"`+authtest.DefaultSecretKey+`","object_id":"o","persist_option":"NONE","auto_create":true`+more+`}`)
			}
			for more, field := range map[string]string{
				``: "email", `,"email":"z@x"`: "display_name", `,"display_name":"Zoe"`: "email", known + groups("Nobody"): "no such group",
			} {
				a := ask("zoe", more)
				if want(t, a, 400); !strings.Contains(a.failure(t).Debug, field) {
					t.Errorf("%s: %q", more, a.failure(t).Debug)
				}
			}
			if _, ok := sim.User("zoe"); ok {
				t.Fatal("a rejected request has made a user")
			}
			want(t, ask("zoe", known+groups("Analyst")), 200)
			want(t, ask("ann", ``), 200)
			want(t, ask("ann", groups("Nobody")), 400)
		})
	}
}
