package authtest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestValidateToken(t *testing.T) {
	sim := authtest.New(ann(authtest.UserID("u-1")), authtest.WithTokenValidity(time.Hour))
	tok := token(t, sim, full, trusted(""))
	obj := token(t, sim, object, trusted(`,"object_id":"o-1","validity_time_in_sec":60`))
	body := func(token gen.Secret) string { return fmt.Sprintf(`{"token":%q}`, string(token)) }

	a := call(t, sim, validate, body(obj.Token), bearer(tok.Token))
	want(t, a, 200)
	var v gen.TokenValidationResponse
	a.decode(t, &v)
	if v.TokenType != "BEARER" || v.ValidForUserID != "u-1" || v.Scope.MetadataID != "o-1" ||
		v.CreationTimeInMillis != obj.CreationTimeInMillis || v.ExpirationTimeInMillis != obj.ExpirationTimeInMillis {
		t.Errorf("%+v", v)
	}
	want(t, call(t, sim, validate, body(obj.Token), bearer(obj.Token)), 200)
	want(t, call(t, sim, validate, body(obj.Token)), 401)
	want(t, call(t, sim, validate, body("x"), bearer(tok.Token)), 400)
	want(t, call(t, sim, validate, `{"token":""}`, bearer(tok.Token)), 400)
	want(t, call(t, sim, validate, `{}`, bearer(tok.Token)), 400)
	sim.Advance(time.Minute)
	want(t, call(t, sim, validate, body(obj.Token), bearer(tok.Token)), 400)
	c := cookie(call(t, sim, login, annPW).sessionCookies(t))
	want(t, call(t, sim, revoke, body(tok.Token), c), 204)
	want(t, call(t, sim, validate, body(tok.Token), c), 400)
}

func TestRevokeToken(t *testing.T) {
	const admin, mine, annOther, bobs = "{admin}", "{ann}", "{ann2}", "{bob}"
	for _, test := range []struct {
		name   string
		caller string
		body   string
		status int
		ended  []string
	}{
		{"own", mine, `{"token":"{ann2}"}`, 204, []string{annOther}},
		{"own, with the name", mine, `{"user_identifier":"ann","token":"{ann2}"}`, 204, []string{annOther}},
		{"own, with the GUID", mine, `{"user_identifier":"u-ann","token":"{ann2}"}`, 204, []string{annOther}},
		{"itself", mine, `{"token":"{ann}"}`, 204, []string{mine}},
		{"all own", mine, `{"user_identifier":"ann"}`, 204, []string{mine, annOther}},
		{"neither", mine, `{}`, 400, nil},
		{"neither, but a field", mine, `{"x":1}`, 400, nil},
		{"empty token", mine, `{"user_identifier":"ann","token":""}`, 400, nil},
		{"empty user", mine, `{"user_identifier":"","token":"{ann2}"}`, 400, nil},
		{"null token", mine, `{"user_identifier":"ann","token":null}`, 400, nil},
		{"no body", mine, ``, 400, nil},
		{"unknown token", mine, `{"token":"x"}`, 400, nil},
		{"another's", mine, `{"user_identifier":"bob","token":"{bob}"}`, 403, nil},
		{"another's, by token", mine, `{"token":"{bob}"}`, 403, nil},
		{"all of another user", mine, `{"user_identifier":"bob"}`, 403, nil},
		{"unknown user", mine, `{"user_identifier":"zoe"}`, 403, nil},
		{"not that user's", mine, `{"user_identifier":"ann","token":"{bob}"}`, 400, nil},
		{"admin: another's", admin, `{"user_identifier":"bob","token":"{bob}"}`, 204, []string{bobs}},
		{"admin: another's, by token", admin, `{"token":"{bob}"}`, 204, []string{bobs}},
		{"admin: all of another user", admin, `{"user_identifier":"u-ann"}`, 204, []string{mine, annOther}},
		{"admin: not that user's", admin, `{"user_identifier":"bob","token":"{ann}"}`, 400, nil},
		{"admin: unknown user", admin, `{"user_identifier":"zoe"}`, 400, nil},
		{"nobody", "", `{"token":"{ann}"}`, 401, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(
				ann(authtest.UserID("u-ann")), authtest.WithUser("bob", "pw"),
				authtest.WithUser("root", "pw", authtest.InGroups("Admins")), authtest.WithGroup("Admins", authtest.PrivilegeAdministration),
			)
			tokens := map[string]gen.Secret{
				mine:     token(t, sim, full, annPW).Token,
				annOther: token(t, sim, full, annPW).Token,
				bobs:     token(t, sim, full, `{"username":"bob","password":"pw"}`).Token,
				admin:    token(t, sim, full, `{"username":"root","password":"pw"}`).Token,
			}
			body := test.body
			for name, value := range tokens {
				body = strings.ReplaceAll(body, name, string(value))
			}
			var auth []header
			if test.caller != "" {
				auth = []header{bearer(tokens[test.caller])}
			}
			want(t, call(t, sim, revoke, body, auth...), test.status)
			ended := make(map[string]bool)
			for _, name := range test.ended {
				ended[name] = true
			}
			for name, value := range tokens {
				status := 200
				if ended[name] {
					status = 401
				}
				if got := call(t, sim, whoami, "", bearer(value)).status; got != status {
					t.Errorf("%s: %d, want %d", name, got, status)
				}
			}
		})
	}
}

func TestRevokingATokenEndsItsSessions(t *testing.T) {
	for _, body := range []string{`{"user_identifier":"ann"}`, `{"token":"{tok}"}`} {
		sim := authtest.New(ann())
		tok := token(t, sim, full, annPW)
		byToken := cookie(call(t, sim, login, `{}`, bearer(tok.Token)).sessionCookies(t))
		byPassword := cookie(call(t, sim, login, annPW).sessionCookies(t))
		want(t, call(t, sim, revoke, strings.ReplaceAll(body, "{tok}", string(tok.Token)), byPassword), 204)
		want(t, call(t, sim, whoami, "", byToken), 401)
		want(t, call(t, sim, whoami, "", byPassword), 200)
	}
}

func TestObjectTokensReadOnly(t *testing.T) {
	sim := authtest.New(ann())
	obj := token(t, sim, object, trusted(`,"object_id":"o"`))
	other := token(t, sim, full, annPW)
	auth := bearer(obj.Token)
	for _, to := range []string{whoami, myToken, "GET " + base + "x", search} {
		want(t, call(t, sim, to, "", auth), 200)
	}
	for _, to := range []string{"PUT ", "PATCH ", "DELETE "} {
		want(t, call(t, sim, to+base+"x", "", auth), 403)
		want(t, call(t, sim, to+base+"x", "", bearer(other.Token)), 200)
	}
	want(t, call(t, sim, login, `{}`, auth), 403)
	want(t, call(t, sim, revoke, `{"user_identifier":"ann"}`, auth), 403)
	want(t, call(t, sim, revoke, `{"token":"`+string(other.Token)+`"}`, auth), 403)
	want(t, call(t, sim, revoke, `{"token":"`+string(obj.Token)+`"}`, auth), 204)
	want(t, call(t, sim, whoami, "", auth), 401)
}

func TestRevokeAllAndItsParts(t *testing.T) {
	for _, test := range []struct {
		name                          string
		do                            func(*authtest.Simulator)
		token, byToken, byPW, session int // statuses
	}{
		{"RevokeAll", (*authtest.Simulator).RevokeAll, 401, 401, 401, 401},
		{"RevokeTokens", (*authtest.Simulator).RevokeTokens, 401, 401, 200, 401},
		{"EndSessions", (*authtest.Simulator).EndSessions, 200, 401, 401, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			sim := authtest.New(ann())
			tok := token(t, sim, full, annPW)
			byToken := cookie(call(t, sim, login, `{}`, bearer(tok.Token)).sessionCookies(t))
			byPW := cookie(call(t, sim, login, annPW).sessionCookies(t))
			fromSession := token(t, sim, myToken, "", byPW)
			test.do(sim)
			want(t, call(t, sim, whoami, "", bearer(tok.Token)), test.token)
			want(t, call(t, sim, whoami, "", byToken), test.byToken)
			want(t, call(t, sim, whoami, "", byPW), test.byPW)
			want(t, call(t, sim, whoami, "", bearer(fromSession.Token)), test.session)
			want(t, call(t, sim, login, annPW), 204)
		})
	}
}
