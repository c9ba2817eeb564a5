package authtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// What does not fit the spec is rejected with a text that names the field and
// does not repeat a value.
func TestRequestsAreHeldToTheSpec(t *testing.T) {
	const secret = "hunter2"
	for _, test := range []struct {
		name, op, body, says string
	}{
		{"no body", full, ``, "body"},
		{"not JSON", full, `{"username":"` + secret, "body"},
		{"two values", full, annPW + `{}`, "body"},
		{"no object", full, `["` + secret + `"]`, "object"},
		{"missing", full, `{"password":"` + secret + `"}`, "username"},
		{"wrong type", full, `{"username":1}`, "username"},
		{"empty", full, `{"username":"","password":"` + secret + `"}`, "username"},
		{"null", full, `{"username":"ann","password":"` + secret + `","email":null}`, "email"},
		{"null secret", full, `{"username":"ann","password":null}`, "password"},
		{"zero validity", full, trusted(`,"validity_time_in_sec":0`), "validity_time_in_sec"},
		{"negative validity", full, trusted(`,"validity_time_in_sec":-1`), "validity_time_in_sec"},
		{"validity too large", full, trusted(`,"validity_time_in_sec":2147483648`), "validity_time_in_sec"},
		{"Org by name", full, trusted(`,"org_id":"Sales"`), "org_id"},
		{"negative Org", full, trusted(`,"org_id":-1`), "org_id"},
		{"groups", full, trusted(`,"group_identifiers":"g"`), "group_identifiers"},
		{"unknown persist_option", custom, trusted(`,"persist_option":"` + secret + `"`), "persist_option"},
		{"Org by number", custom, trusted(`,"persist_option":"NONE","org_identifier":1`), "org_identifier"},
		{"operator", custom, trusted(`,"persist_option":"NONE","filter_rules":[{"column_name":"c","operator":"=","values":[]}]`), "filter_rules.0.operator"},
		{"values", custom, trusted(`,"persist_option":"NONE","filter_rules":[{"column_name":"c","operator":"EQ"}]`), "filter_rules.0.values"},
		{"a null value", custom, trusted(`,"persist_option":"NONE","parameter_values":[{"name":"p","values":[1,null]}]`), "parameter_values.0.values.1"},
		{"password", login, `{"username":"ann","password":12}`, "password"},
		{"two values of a Parameter", custom, trusted(`,"persist_option":"NONE","parameter_values":[{"name":"p","values":[1,2]}]`), "parameter_values.0.values"},
		{"no value of a Parameter", custom, trusted(`,"persist_option":"NONE","parameter_values":[{"name":"p","values":[]}]`), "parameter_values.0.values"},
		{"two values of a runtime Parameter", full, trusted(`,"user_parameters":{"parameters":[{"name":"p","values":["1","2"]}]}`), "user_parameters.parameters.0.values"},
		{"object", object, trusted(`,"object_id":""`), "object_id"},
		{"no object", object, trusted(`,"object_id":null`), "object_id"},
		{"token to revoke", revoke, `{"user_identifier":"ann","token":""}`, "token"},
		{"no token to revoke", revoke, `{"user_identifier":"ann","token":null}`, "token"},
		{"no credential", full, `{"username":"ann","password":"","secret_key":""}`, "password and secret_key"},
		{"token", validate, `{"token":""}`, "token"},
		{"too long", full, trusted(`,"email":"` + strings.Repeat("x", 1<<20) + `"`), "1048576"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(ann())
			var auth []header
			if test.op == validate || test.op == revoke {
				auth = []header{bearer(token(t, sim, full, annPW).Token)}
			}
			a := call(t, sim, test.op, test.body, auth...)
			want(t, a, 400)
			if says := a.failure(t).Debug; !strings.Contains(says, test.says) || strings.Contains(says, secret) || len(says) > 200 {
				t.Errorf("it says %q, want %q and no values", says, test.says)
			}
		})
	}
}

// The way to the field is told once, wherever the field comes from.
func TestTheFieldIsNamedOnce(t *testing.T) {
	sim := authtest.New(ann())
	for body, way := range map[string]string{
		`{"username":"ann","password":null}`:                                              "password",
		`{"username":"ann","password":["hunter2"]}`:                                       "password",
		trusted(`,"scope":{"org_scope":null}`):                                            "scope.org_scope",
		trusted(`,"scope":{"org_scope":"hunter2"}`):                                       "scope.org_scope",
		trusted(`,"scope":{"org_scope":"SPECIFIC_ORGS","org_identifiers":["hunter2",7]}`): "scope.org_identifiers.1",
		trusted(`,"group_identifiers":["g",7]`):                                           "group_identifiers.1",
		trusted(`,"user_parameters":{"parameters":[{"name":"p","values":[7]}]}`):          "user_parameters.parameters.0.values.0",
	} {
		if says := call(t, sim, full, body).failure(t).Debug; !strings.HasPrefix(says, way+": ") {
			t.Errorf("%s: it says %q, want %s", body, says, way)
		}
	}
}

func TestContentTypes(t *testing.T) {
	sim := authtest.New(ann())
	for ct, status := range map[string]int{
		"application/json": 200, "application/json; charset=utf-8": 200, "text/plain": 400, "": 400, "application/x-www-form-urlencoded": 400,
	} {
		if got := callAs(t, sim, full, ct, annPW).status; got != status {
			t.Errorf("content type %q: %d, want %d", ct, got, status)
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	sim := authtest.New(ann())
	auth := bearer(token(t, sim, full, annPW).Token)
	a := call(t, sim, "GET "+base+"auth/token/full", "", auth)
	want(t, a, 405)
	if got := a.header.Get("Allow"); got != "POST" {
		t.Errorf("Allow %q", got)
	}
	want(t, call(t, sim, "GET /", ""), 404)
	want(t, call(t, sim, "GET /api/rest/1.0/x", "", auth), 404)
	want(t, call(t, sim, "GET "+base+"auth/token/fulll", ""), 401)
	want(t, call(t, sim, "GET "+base+"auth/token/fulll", "", auth), 200)
}

func TestEcho(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(1)), authtest.WithOrg(1, "Sales"))
	tok := token(t, sim, full, trusted(`,"org_id":1`))
	want(t, call(t, sim, search, `{}`), 401)
	var e authtest.EchoAnswer
	call(t, sim, "PATCH "+base+"a/b?c=d", `{"x":1}`, bearer(tok.Token)).decode(t, &e)
	wanted := authtest.EchoAnswer{
		Method: "PATCH", Path: base + "a/b", Query: "c=d", User: "ann", Auth: "bearer",
		TokenKind: authtest.KindFull, OrgID: 1, Body: `{"x":1}`,
	}
	if e != wanted {
		t.Errorf("echo %+v\nwant %+v", e, wanted)
	}
	e = authtest.EchoAnswer{}
	c := cookie(call(t, sim, login, annPW).sessionCookies(t))
	call(t, sim, search, strings.Repeat("x", 3<<20), c).decode(t, &e)
	if e.Auth != "session" || e.TokenKind != "" || len(e.Body) != 64<<10 {
		t.Errorf("echo of %d bytes by %q %q", len(e.Body), e.Auth, e.TokenKind)
	}
}

// The constants are the operationIds of the spec.
func TestOperations(t *testing.T) {
	var ids []string
	for _, item := range authtest.Document().Paths.Map() {
		for _, op := range item.Operations() {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	if !slices.Equal(ids, authtest.Operations()) {
		t.Errorf("the spec has %q", ids)
	}
}
