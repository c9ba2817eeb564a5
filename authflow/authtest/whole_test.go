package authtest_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// documentedUser are the keys of the User that the API's documentation shows.
const documentedUser = `account_status account_type author_id can_change_password complete_detail creation_time_in_millis
	current_org deleted deprecated display_name email expiration_time_in_millis external favorite_metadata
	first_login_time_in_millis group_mask hidden home_liveboard id incomplete_details is_first_login
	modification_time_in_millis modifier_id name notify_on_share onboarding_experience_completed orgs owner_id
	parent_type privileges show_onboarding_experience super_user system_user tags tenant_id user_groups
	user_inherited_groups visibility welcome_email_sent`

// raw is the body of a response by key, each value as it is written.
func raw(t *testing.T, body []byte) map[string]string {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	text := make(map[string]string, len(fields))
	for name, v := range fields {
		text[name] = string(v)
	}
	return text
}

func holds(t *testing.T, what string, body []byte, fields map[string]string) {
	t.Helper()
	got := raw(t, body)
	for name, v := range fields {
		if got[name] != v {
			t.Errorf("%s: %s is %q, want %s", what, name, got[name], v)
		}
	}
}

// A user without any details has every key that the documentation shows,
// and every one of the spec.
func TestUsersAreToldWhole(t *testing.T) {
	sim := authtest.New(ann())
	a := call(t, sim, whoami, "", bearer(token(t, sim, full, annPW).Token))
	got := raw(t, a.body)
	keys := strings.Fields(documentedUser)
	if len(keys) != 39 {
		t.Fatalf("%d keys", len(keys))
	}
	for name := range authtest.Document().Components.Schemas["User"].Value.Properties {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	if keys = slices.Compact(keys); !slices.Equal(slices.Sorted(maps.Keys(got)), keys) {
		t.Errorf("keys %q, want %q", slices.Sorted(maps.Keys(got)), keys)
	}
	holds(t, "user", a.body, map[string]string{
		"deleted": "false", "welcome_email_sent": "false", "email": `""`, "group_mask": "0",
		"tags": "[]", "favorite_metadata": "[]", "user_groups": "[]", "privileges": "[]", "org_privileges": `{"0":[]}`,
		"home_liveboard": "null", "incomplete_details": "null", "first_login_time_in_millis": "null",
		"access_control_properties": "null", "variable_values": "null", "user_parameters": "null", "extended_properties": "null",
		"current_org": `{"id":0,"name":"Primary"}`,
	})
	if len(got["tenant_id"]) != 38 {
		t.Errorf("tenant_id is %s, want a GUID", got["tenant_id"])
	}
}

// Rules that custom access tokens store are filed by the number of the Org.
func TestStoredRulesAreToldByOrg(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1), authtest.Privileges("DEVELOPER")), authtest.WithOrg(1, "Sales"))
	customToken(t, sim, `,"persist_option":"APPEND","org_identifier":"0","variable_values":[{"name":"v","values":["x"]}]`)
	tok := customToken(t, sim, `,"persist_option":"REPLACE","org_identifier":"Sales","filter_rules":[{"column_name":"c","operator":"EQ","values":[1]}],
		"variable_values":[{"name":"v","values":["y"]},{"name":"v","values":["z"]}]`)
	holds(t, "user", call(t, sim, whoami, "", bearer(tok.Token)).body, map[string]string{
		"access_control_properties": `{"1":{"ALL":{"filter_rules":[{"column_name":"c","operator":"EQ","values":[1]}]}}}`,
		"variable_values":           `{"0":{"ALL":{"v":["x"]}},"1":{"ALL":{"v":["y","z"]}}}`,
		"org_privileges":            `{"0":["DEVELOPER"],"1":["DEVELOPER"]}`,
	})
}

func TestTokensAreToldWhole(t *testing.T) {
	sim := authtest.New(ann(authtest.Privileges(authtest.PrivilegeAdministration)))
	a := call(t, sim, full, annPW)
	scope := `{"access_type":"FULL","metadata_id":null,"org_id":0,"org_ids":null,"org_scope":null}`
	holds(t, "full", a.body, map[string]string{"scope": scope, "valid_for_username": `"ann"`})
	auth := bearer(token(t, sim, full, annPW).Token)

	holds(t, "object", call(t, sim, object, trusted(`,"object_id":"o"`)).body, map[string]string{
		"scope": strings.Replace(strings.Replace(scope, "FULL", "REPORT_BOOK_VIEW", 1), `"metadata_id":null`, `"metadata_id":"o"`, 1),
	})
	holds(t, "custom", call(t, sim, custom, trusted(`,"persist_option":"NONE"`)).body, map[string]string{"scope": "null", "org": `{"id":0,"name":"Primary"}`})

	if got := raw(t, call(t, sim, myToken, "", auth).body); len(got) != 5 || got["valid_for_username"] != `"ann"` {
		t.Errorf("session token with %q", slices.Sorted(maps.Keys(got)))
	}
	got := call(t, sim, validate, `{"token":"`+strings.TrimPrefix(auth[1], "Bearer ")+`"}`, auth).body
	holds(t, "validate", got, map[string]string{"scope": scope, "token_type": `"BEARER"`})
	if _, named := raw(t, got)["valid_for_username"]; named {
		t.Error("validate tells a user name")
	}
	holds(t, "settings", call(t, sim, "POST "+base+"auth/search", `{"auth_type":"TRUSTED_AUTH"}`, auth).body, map[string]string{
		"cluster_preferences": `{"access_tokens":[{"key":"` + authtest.DefaultSecretKey + `"}],"auth_status":"ENABLED"}`,
		"org_preferences":     `[{"access_tokens":null,"auth_status":"DISABLED","org":{"id":0,"name":"Primary"}}]`,
	})
}
