package authtest_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func threeOrgs(more ...authtest.Option) *authtest.Simulator {
	return authtest.New(append([]authtest.Option{
		ann(authtest.InOrgs(1, 2)), authtest.WithUser("bob", "pw", authtest.InOrgs(0, 1, 2, 3)),
		authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Support"), authtest.WithOrg(3, "7"), authtest.WithOrg(7, "Seven"),
		authtest.WithOrgSecretKey(2, "key-2"), authtest.WithOrgSecretKey(3, "key-3"),
	}, more...)...)
}

// An absent Org is not the Primary Org: it is the Org of the key, and otherwise
// the Org of the user's last session.
func TestAbsentOrg(t *testing.T) {
	sim := threeOrgs()
	inOrg := func(body string) (ids []int32) {
		t.Helper()
		ids = append(ids, *token(t, sim, full, body).Scope.OrgID)
		ids = append(ids, *token(t, sim, object, strings.Replace(body, "{", `{"object_id":"o",`, 1)).Scope.OrgID)
		var tok gen.AccessToken
		a := call(t, sim, custom, strings.Replace(body, "{", `{"persist_option":"NONE",`, 1))
		want(t, a, 200)
		a.decode(t, &tok)
		return append(ids, tok.Org.ID)
	}
	all := func(what string, got []int32, org int32) {
		t.Helper()
		if !slices.Equal(got, []int32{org, org, org}) {
			t.Errorf("%s: Orgs %d, want %d", what, got, org)
		}
	}
	const byKey = `{"username":"bob","secret_key":"` + authtest.DefaultSecretKey + `"}`
	all("no session yet", inOrg(byKey), 0)
	all("an Org's key", inOrg(`{"username":"bob","secret_key":"key-2"}`), 2)
	all("by password", inOrg(annPW), 1)
	want(t, call(t, sim, login, `{"username":"bob","password":"pw","org_identifier":"Sales"}`), 204)
	all("after a session in Org 1", inOrg(byKey), 1)
	all("an Org's key after a session in another Org", inOrg(`{"username":"bob","secret_key":"key-3"}`), 3)
	all("by password after a session", inOrg(`{"username":"bob","password":"pw"}`), 1)

	var tok gen.AccessToken
	call(t, sim, custom, `{"username":"zoe","persist_option":"NONE","secret_key":"key-2"}`).decode(t, &tok)
	if u, _ := sim.User("zoe"); tok.Org.ID != 2 || u.Orgs[0].ID != 2 {
		t.Errorf("a new user by an Org's key: token of %+v, user %+v", tok.Org, u)
	}
	// A name goes before a number, and digits are a number where no Org has them as its name.
	for identifier, id := range map[string]int32{"Sales": 1, "1": 1, "7": 3, "Seven": 7} {
		sim := threeOrgs(authtest.WithUser("eve", "", authtest.InOrgs(1, 3, 7)))
		a := call(t, sim, custom, `{"username":"eve","persist_option":"NONE","secret_key":"`+authtest.DefaultSecretKey+`","org_identifier":"`+identifier+`"}`)
		want(t, a, 200)
		if a.decode(t, &tok); tok.Org.ID != id {
			t.Errorf("%q is Org %d, want %d", identifier, tok.Org.ID, id)
		}
	}
}

func selects(org string) header { return header{"X-Org-Selector", org} }

// A request with a token for several Orgs says which one it is for.
func TestTokensForSeveralOrgs(t *testing.T) {
	const two = `,"scope":{"org_scope":"SPECIFIC_ORGS","org_identifiers":["Sales","2"]}`
	orgs := []gen.Org{{ID: 1, Name: "Sales"}, {ID: 2, Name: "Support"}}
	sim := threeOrgs()
	a := token(t, sim, full, trusted(two))
	if s := a.Scope; *s.OrgID != 1 || s.OrgScope != gen.OrgScopeSpecificOrgs || !slices.Equal(s.OrgIDs, orgs) {
		t.Errorf("scope %+v", s)
	}
	b := token(t, sim, object, trusted(`,"object_id":"o","org_id":2`+two))
	if s := b.Scope; *s.OrgID != 2 || s.MetadataID != "o" || !slices.Equal(s.OrgIDs, orgs) {
		t.Errorf("scope %+v", s)
	}
	c := customToken(t, sim, `,"persist_option":"APPEND","filter_rules":[{"column_name":"c","operator":"EQ","values":[1]}]`+two)
	if !reflect.DeepEqual(c.Scope, &gen.AccessTokenScope{OrgScope: gen.OrgScopeSpecificOrgs, OrgIDs: orgs}) || c.Org.ID != 1 {
		t.Errorf("scope %+v, Org %+v", c.Scope, c.Org)
	}
	if u, _ := sim.User("ann"); len(u.Properties[1].FilterRules) != 1 || len(u.Properties[2].FilterRules) != 1 || len(u.Properties) != 2 {
		t.Errorf("rules are stored as %+v", u.Properties)
	}
	d := token(t, sim, full, trusted(`,"scope":{"org_scope":"ALL_MEMBER_ORGS"}`))
	if s := d.Scope; s.OrgScope != gen.OrgScopeAllMemberOrgs || s.OrgIDs != nil {
		t.Errorf("scope %+v", s)
	}
	for kind, tok := range map[string]gen.Secret{"full": a.Token, "object": b.Token, "custom": c.Token, "all": d.Token} {
		t.Run(kind, func(t *testing.T) {
			for org, status := range map[string]int{"Sales": 200, "1": 200, "2": 200, "0": 403, "7": 403, "99": 400} {
				want(t, call(t, sim, whoami, "", bearer(tok), selects(org)), status)
				want(t, call(t, sim, search, `{}`, bearer(tok), selects(org)), status)
			}
			for _, op := range []string{whoami, search, logout, myToken} {
				want(t, call(t, sim, op, "", bearer(tok)), 400)
			}
			if u := whoIs(t, sim, bearer(tok), selects("2")); u.CurrentOrg.ID != 2 {
				t.Errorf("Org %d", u.CurrentOrg.ID)
			}
		})
	}
}

func TestScope_ThatDoesNotFit_IsRejected(t *testing.T) {
	const specific = `,"scope":{"org_scope":"SPECIFIC_ORGS","org_identifiers":`
	for body, status := range map[string]int{
		specific + `[]}`:                  400,
		specific + `["nowhere"]}`:         400,
		specific + `["1"]},"org_id":2`:    400,
		specific + `["1","0"]}`:           403, // ann is not in Org 0
		`,"scope":{"org_identifiers":[]}`: 400,
	} {
		want(t, call(t, threeOrgs(), full, trusted(body)), status)
	}
	want(t, call(t, threeOrgs(), custom, trusted(`,"persist_option":"NONE","scope":{"org_scope":"ALL_MEMBER_ORGS"}`)), 400)
	// An Org's key is good for that Org alone.
	want(t, call(t, threeOrgs(), full, `{"username":"ann","secret_key":"key-2"`+specific+`["2"]}}`), 200)
	want(t, call(t, threeOrgs(), full, `{"username":"ann","secret_key":"key-2"`+specific+`["2","1"]}}`), 401)
	// A new user is put in all of them.
	sim := threeOrgs()
	want(t, call(t, sim, custom, `{"username":"zoe","persist_option":"NONE","secret_key":"`+authtest.DefaultSecretKey+`"`+specific+`["2","1"]}}`), 200)
	if u, _ := sim.User("zoe"); len(u.Orgs) != 2 || u.Orgs[0].ID != 2 {
		t.Errorf("Orgs %+v", u.Orgs)
	}
}

// Credentials for one Org may name it, and no other.
func TestSelectorWithOneOrg(t *testing.T) {
	sim := threeOrgs()
	tok := bearer(token(t, sim, full, trusted(`,"org_id":2`)).Token)
	session := cookie(call(t, sim, login, `{"username":"ann","password":"pw","org_identifier":"2"}`).sessionCookies(t))
	for _, credential := range []header{tok, session} {
		want(t, call(t, sim, whoami, "", credential, selects("Support")), 200)
		want(t, call(t, sim, whoami, "", credential, selects("1")), 403)
		want(t, call(t, sim, whoami, "", credential, selects("nowhere")), 400)
	}
}

// An empty header is not an absent one, whatever the method and the path.
func TestOrgSelector_EmptyHeader_IsNamedInTheError(t *testing.T) {
	sim := threeOrgs()
	tok := bearer(token(t, sim, full, annPW).Token)
	empty := header{"X-Org-Selector", ""}
	for to, body := range map[string]string{
		whoami: "", myToken: "", search: `{}`, "GET " + base + "users/x": "", "GET " + v1WhoIs[4:]: "", revoke: `{"user_identifier":"ann"}`,
	} {
		a := call(t, sim, to, body, tok, empty)
		want(t, a, 400)
		if d := a.failure(t); !strings.HasPrefix(d.Debug, "X-Org-Selector: ") {
			t.Errorf("%s: %s", to, d.Debug)
		}
		want(t, call(t, sim, whoami, "", tok), 200)
	}
}

// One client of the vendor's people expects 400 with 13090.
func TestWithOrgRejection_OrgThatTheUserMayNotEnter_HasItsStatusAndCode(t *testing.T) {
	sim := threeOrgs(authtest.WithOrgRejection(400, 13090))
	tok := bearer(token(t, sim, full, annPW).Token)
	for body, to := range map[string]string{
		trusted(`,"org_id":3`):                                    full,
		trusted(`,"org_id":99`):                                   full,
		trusted(`,"object_id":"o","org_id":3`):                    object,
		trusted(`,"persist_option":"NONE","org_identifier":"3"`):  custom,
		trusted(`,"persist_option":"NONE","org_identifier":"x"`):  custom,
		`{"username":"ann","password":"pw","org_identifier":"3"}`: login,
		`{"username":"ann","password":"pw","org_identifier":"x"}`: login,
	} {
		a := call(t, sim, to, body)
		if d := a.failure(t); a.status != 400 || d.Code != 13090 {
			t.Errorf("%s %s: %d %s", to, body, a.status, a.body)
		}
	}
	for _, org := range []string{"3", "x"} {
		a := call(t, sim, whoami, "", tok, header{"X-Org-Selector", org})
		if d := a.failure(t); a.status != 400 || d.Code != 13090 {
			t.Errorf("X-Org-Selector %s: %d %s", org, a.status, a.body)
		}
	}
	want(t, call(t, sim, full, `{"username":"ann","password":"wrong"}`), 401)
	want(t, call(t, sim, full, trusted(`,"org_id":2`)), 200)
}
