package authtest_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func customToken(t *testing.T, sim *authtest.Simulator, more string) gen.AccessToken {
	t.Helper()
	a := call(t, sim, custom, trusted(more))
	want(t, a, 200)
	var tok gen.AccessToken
	a.decode(t, &tok)
	return tok
}

func TestCustomTokenIsAJWTWithItsRules(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1), authtest.UserID("u-1")), authtest.WithOrg(1, "Sales"))
	tok := customToken(t, sim, `,"persist_option":"NONE","org_identifier":"Sales","validity_time_in_sec":60,
		"filter_rules":[{"column_name":"c","operator":"IN","values":["a",2,true]}],
		"parameter_values":[{"name":"p","values":["20"]}],
		"objects":[{"type":"LIVEBOARD","identifier":"o"}]`)
	if tok.Org == nil || *tok.Org != (gen.Org{ID: 1, Name: "Sales"}) || tok.User != (gen.UserRef{ID: "u-1", Name: "ann"}) || tok.ID == "" {
		t.Errorf("org %+v user %+v id %q", tok.Org, tok.User, tok.ID)
	}
	if life := tok.ExpirationTimeInMillis - tok.CreationTimeInMillis; life != 60_000 {
		t.Errorf("valid for %d ms", life)
	}

	parts := strings.Split(string(tok.Token), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts, a JWT has 3", len(parts))
	}
	decode := func(part string, v any) {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, v); err != nil {
			t.Fatal(err)
		}
	}
	var head map[string]string
	decode(parts[0], &head)
	if head["alg"] != "HS256" || head["typ"] != "JWT" {
		t.Errorf("header %v", head)
	}
	var claims struct {
		Sub      string
		Iat, Exp int64
		Jti      string
		Org      gen.Org
		Rules    authtest.Properties
	}
	decode(parts[1], &claims)
	if claims.Sub != "ann" || claims.Jti != tok.ID || claims.Org != *tok.Org ||
		claims.Iat != int64(tok.CreationTimeInMillis)/1000 || claims.Exp-claims.Iat != 60 {
		t.Errorf("claims %+v", claims)
	}
	if got := claims.Rules; len(got.FilterRules) != 1 || len(got.FilterRules[0].Values) != 3 ||
		got.ParameterValues[0].Name != "p" || got.Objects[0].Type != "LIVEBOARD" {
		t.Errorf("rules %+v", got)
	}
	if u := whoIs(t, sim, bearer(tok.Token)); u.Name != "ann" || u.CurrentOrg.ID != 1 {
		t.Errorf("it is %s in Org %d", u.Name, u.CurrentOrg.ID)
	}
}

func TestPersistOptions(t *testing.T) {
	const (
		none      = `,"persist_option":"NONE"`
		appending = `,"persist_option":"APPEND"`
		replace   = `,"persist_option":"REPLACE"`
		reset     = `,"persist_option":"RESET"`
		ruleB     = `,"filter_rules":[{"column_name":"b","operator":"EQ","values":["2"]}]`
		paramQ    = `,"parameter_values":[{"name":"q","values":[1]}]`
		varV      = `,"variable_values":[{"name":"v","values":["x"]}]`
		objectO   = `,"objects":[{"identifier":"o2"}]`
	)
	for _, test := range []struct {
		name string
		body string
		want string // columns, parameters, variables, objects
	}{
		{"NONE leaves", none + ruleB + paramQ, "a|p|w|o1"},
		{"APPEND adds", appending + ruleB + paramQ + varV + objectO, "a,b|p,q|w,v|o1,o2"},
		{"APPEND of nothing", appending, "a|p|w|o1"},
		{"REPLACE puts in place", replace + ruleB + varV, "b|p|v|o1"},
		{"REPLACE with absent lists leaves", replace, "a|p|w|o1"},
		{"REPLACE with empty lists clears", replace + `,"filter_rules":[],"variable_values":[]`, "|p||o1"},
		{"RESET clears", reset + ruleB, "|||"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(ann())
			customToken(t, sim, appending+`,"filter_rules":[{"column_name":"a","operator":"EQ","values":["1"]}],
				"parameter_values":[{"name":"p","values":[1]}],"variable_values":[{"name":"w","values":[1]}],"objects":[{"identifier":"o1"}]`)
			tok := customToken(t, sim, test.body)
			u, _ := sim.User("ann")
			if got := summary(u.Properties); got != test.want {
				t.Errorf("stored %s, want %s", got, test.want)
			}
			if told := whoIs(t, sim, bearer(tok.Token)).AccessControlProperties != nil; told != (test.want != "|||") {
				t.Errorf("session/user tells of them: %v", told)
			}
		})
	}
}

func summary(p authtest.Properties) string {
	var lists [4][]string
	for _, r := range p.FilterRules {
		lists[0] = append(lists[0], r.ColumnName)
	}
	for _, v := range p.ParameterValues {
		lists[1] = append(lists[1], v.Name)
	}
	for _, v := range p.VariableValues {
		lists[2] = append(lists[2], v.Name)
	}
	for _, o := range p.Objects {
		lists[3] = append(lists[3], o.Identifier)
	}
	joined := make([]string, 4)
	for i, l := range lists {
		joined[i] = strings.Join(l, ",")
	}
	return strings.Join(joined, "|")
}

func TestUsersAreCopies(t *testing.T) {
	sim := authtest.New(ann(authtest.InGroups("g")), authtest.WithGroup("g"))
	customToken(t, sim, `,"persist_option":"APPEND","filter_rules":[{"column_name":"a","operator":"EQ","values":["1"]}]`)
	u, _ := sim.User("ann")
	before, _ := sim.User("ann")
	u.Groups[0], u.Properties.FilterRules[0].Values[0] = "x", "x"
	if after, _ := sim.User("ann"); !reflect.DeepEqual(before, after) {
		t.Errorf("changed through a copy: %+v", after)
	}
}
