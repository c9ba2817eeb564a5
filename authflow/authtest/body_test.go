package authtest_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The vendor's SDKs send an empty text for the credential that they do not use,
// and null for a boolean that is not set.
func TestUnusedFieldsAreAbsent(t *testing.T) {
	const key = authtest.DefaultSecretKey
	for _, test := range []struct{ name, op, body string }{
		{"no key", full, `{"username":"ann","password":"pw","secret_key":""}`},
		{"no password", full, trusted(`,"password":""`)},
		{"object", object, trusted(`,"password":"","object_id":"o","auto_create":null`)},
		{"custom", custom, trusted(`,"password":"","persist_option":"NONE","auto_create":null`)},
		{"a null boolean", full, `{"username":"ann","password":"pw","auto_create":null}`},
		{"a null boolean further down", full, trusted(`,"user_parameters":{"runtime_filters":[{"column_name":"c","operator":"EQ","values":[],"persist":null}]}`)},
		{"log-in", login, `{"username":"ann","password":"pw","remember_me":null}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if a := call(t, authtest.New(ann()), test.op, test.body); a.status >= 300 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}

	// As if absent means the default: true for a custom token, false for others.
	sim := authtest.New()
	want(t, call(t, sim, full, `{"username":"zoe","secret_key":"`+key+`","auto_create":null}`), 400)
	want(t, call(t, sim, custom, `{"username":"zoe","secret_key":"`+key+`","auto_create":null,"persist_option":"NONE"}`), 200)
	// A bearer token goes on with what is then an empty body.
	sim = authtest.New(ann())
	want(t, call(t, sim, login, `{"password":"","remember_me":null}`, bearer(token(t, sim, full, annPW).Token)), 204)
}

// JSON has no integers: clients of some languages write 300 as 300.0.
func TestIntegersWithAFraction(t *testing.T) {
	sim := authtest.New(ann())
	for number, status := range map[string]int{"300": 200, "300.0": 200, "3e2": 200, "300.5": 400, "3e9": 400, "1e300": 400} {
		a := call(t, sim, full, trusted(`,"validity_time_in_sec":`+number))
		want(t, a, status)
		if status == 400 && !strings.HasPrefix(a.failure(t).Debug, "validity_time_in_sec: ") {
			t.Errorf("%s: it says %q", number, a.failure(t).Debug)
		}
		if status == 200 {
			var tok gen.Token
			if a.decode(t, &tok); tok.ExpirationTimeInMillis-tok.CreationTimeInMillis != 300_000 {
				t.Errorf("%s: valid from %v to %v", number, tok.CreationTimeInMillis, tok.ExpirationTimeInMillis)
			}
		}
	}
}

func TestUnknownNamesReachTheObserver(t *testing.T) {
	var seen []authtest.Call
	sim := authtest.New(ann(), authtest.WithObserver(func(c authtest.Call) { seen = append(seen, c) }))
	for _, test := range []struct {
		op, body string
		unknown  []string
	}{
		{custom, trusted(`,"persist_option":"NONE","org_id":0,"group_identifiers":["g"],"filter_rules":[{"column_name":"c","operator":"EQ","values":[],"column":"c"}]`),
			[]string{"filter_rules.0.column", "group_identifiers", "org_id"}},
		{full, trusted(`,"org_identifier":"0","PASSWORD":"x"`), []string{"PASSWORD", "org_identifier"}},
		{full, trusted(`,"org_id":0,"scope":null,"user_parameters":{"filters":[]}`), []string{"user_parameters.filters"}},
		{full, annPW, nil},
		{full, `{"username":`, nil},
		{search, `{"anything":1}`, nil},
	} {
		call(t, sim, test.op, test.body)
		if got := seen[len(seen)-1].Unknown; !slices.Equal(got, test.unknown) {
			t.Errorf("%s %s: unknown %q, want %q", test.op, test.body, got, test.unknown)
		}
	}
	// A fault in the way changes nothing about the request.
	sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Status(500))
	call(t, sim, full, trusted(`,"org":1`))
	if got := seen[len(seen)-1]; got.Status != 500 || !slices.Equal(got.Unknown, []string{"org"}) {
		t.Errorf("behind a fault: %+v", got)
	}
}

// Bodies of older clients, and how the server reads them. Without the option it is
// rejected.
func TestLenientBodies(t *testing.T) {
	for _, test := range []struct{ name, op, body string }{
		{"number for text", custom, trusted(`,"persist_option":"NONE","org_identifier":1`)},
		{"boolean for text", full, trusted(`,"auto_create":true,"display_name":true`)},
		{"text for number", full, trusted(`,"org_id":"1","validity_time_in_sec":" 60 "`)},
		{"exponent for number", full, trusted(`,"validity_time_in_sec":"6e1"`)},
		{"name for number", full, trusted(`,"org_id":"Sales"`)},
		{"text for boolean", full, trusted(`,"auto_create":"True"`)},
		{"number for boolean", full, trusted(`,"auto_create":1`)},
		{"one value for a list", full, trusted(`,"auto_create":true,"group_identifiers":"g"`)},
		{"one object for a list", custom, trusted(`,"persist_option":"NONE","groups":{"identifier":7}`)},
		{"numbers in a list", full, trusted(`,"auto_create":true,"group_identifiers":[7]`)},
		{"null", full, trusted(`,"org_id":null,"email":null,"group_identifiers":null`)},
	} {
		t.Run(test.name, func(t *testing.T) {
			options := []authtest.Option{ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales")}
			want(t, call(t, authtest.New(options...), test.op, test.body), 400)
			want(t, call(t, authtest.New(append(options, authtest.WithLenientBodies())...), test.op, test.body), 200)
		})
	}

	sim := authtest.New(ann(authtest.InOrgs(0, 1)), authtest.WithOrg(1, "Sales"), authtest.WithLenientBodies())
	tok := token(t, sim, full, trusted(`,"org_id":"1","validity_time_in_sec":"60","auto_create":"true","display_name":12,"group_identifiers":7`))
	if *tok.Scope.OrgID != 1 || tok.ExpirationTimeInMillis-tok.CreationTimeInMillis != 60_000 {
		t.Errorf("token of Org %d, from %d to %d", *tok.Scope.OrgID, tok.CreationTimeInMillis, tok.ExpirationTimeInMillis)
	}
	if u, _ := sim.User("ann"); u.DisplayName != "12" || !slices.Equal(u.Groups, []string{"7"}) {
		t.Errorf("user %+v", u)
	}
	if tok := token(t, sim, full, trusted(`,"org_id":"Sales"`)); *tok.Scope.OrgID != 0 {
		t.Errorf("a name where the number belongs has led to Org %d", *tok.Scope.OrgID)
	}
	// The values of rules stay as they are: all three types are right.
	customToken(t, sim, `,"persist_option":"APPEND","org_identifier":"0","filter_rules":[{"column_name":"c","operator":"EQ","values":["1",1,true]}]`)
	if u, _ := sim.User("ann"); !reflect.DeepEqual(u.Properties[0].FilterRules[0].Values, []gen.FilterValue{"1", 1., true}) {
		t.Errorf("values %#v", u.Properties[0].FilterRules[0].Values)
	}
	// A required field stays required, and a null token does not end all of them.
	want(t, call(t, sim, object, trusted(`,"object_id":null`)), 400)
	want(t, call(t, sim, object, trusted(`,"object_id":""`)), 400)
	want(t, call(t, sim, full, `{"username":"ann","password":"pw","validity_time_in_sec":1.5}`), 400)
	want(t, call(t, sim, revoke, `{"user_identifier":"ann","token":null}`, bearer(tok.Token)), 400)
	want(t, call(t, sim, whoami, "", bearer(tok.Token)), 200)
}
