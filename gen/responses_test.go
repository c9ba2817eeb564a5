package gen_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

// oddities are one value of each JSON type, and numbers that fit no Go type.
var oddities = []string{
	`null`, `true`, `"text"`, `"7"`, `""`, `7`, `-1`, `4.0`, `1675171235.5`, `2147483648`, `9223372036854775808`, `1e300`,
	`[]`, `[1, "a", null, {}, [true]]`, `{}`, `{"id": {}, "a": 1}`, `{"0": 7}`,
}

// responses are the types of responses, each with a document in which every field
// has a good value, and the field that the type needs.
var responses = []struct {
	of    any
	full  string
	needs string
}{
	{gen.Token{}, `{"token": "secret", "creation_time_in_millis": 1, "expiration_time_in_millis": 2, "valid_for_user_id": "u",
		"valid_for_username": "n", "scope": {"access_type": "FULL", "org_id": 3, "metadata_id": "m", "org_scope": "SPECIFIC_ORGS", "org_ids": [{"id": 3, "name": "o"}]}}`, "token"},
	{gen.GetTokenResponse{}, `{"token": "secret", "creation_time_in_millis": 1, "expiration_time_in_millis": 2, "valid_for_user_id": "u", "valid_for_username": "n"}`, "token"},
	{gen.AccessToken{}, `{"token": "secret", "creation_time_in_millis": 1, "expiration_time_in_millis": 2, "id": "i", "org": {"id": 3, "name": "o"},
		"user": {"id": "u", "name": "n"}, "scope": {"org_scope": "SPECIFIC_ORGS", "org_ids": [{"id": 3}]}}`, "token"},
	{gen.TokenValidationResponse{}, `{"creation_time_in_millis": 1, "expiration_time_in_millis": 2, "scope": {"access_type": "FULL"}, "token_type": "BEARER", "valid_for_user_id": "u"}`, ""},
	{gen.Scope{}, `{"access_type": "FULL", "org_id": 3, "metadata_id": "m", "org_scope": "SPECIFIC_ORGS", "org_ids": [{"id": 3, "name": "o"}]}`, ""},
	{gen.AccessTokenScope{}, `{"org_scope": "SPECIFIC_ORGS", "org_ids": [{"id": 3}]}`, ""},
	{gen.Org{}, `{"id": 3, "name": "o"}`, "id"},
	{gen.UserRef{}, `{"id": "u", "name": "n"}`, ""},
	{gen.NamedRef{}, `{"id": "u", "name": "n"}`, ""},
	{gen.FavoriteMetadata{}, `{"id": "u", "name": "n", "type": "LIVEBOARD"}`, ""},
	{gen.AuthSettings{}, `{"auth_type": "TRUSTED_AUTH", "cluster_preferences": {"auth_status": "ENABLED", "access_tokens": [{"key": "secret"}]},
		"org_preferences": [{"org": {"id": 3}, "auth_status": "DISABLED"}]}`, ""},
	{gen.AuthClusterPreferences{}, `{"auth_status": "ENABLED", "access_tokens": [{"key": "secret"}]}`, ""},
	{gen.AuthOrgPreference{}, `{"org": {"id": 3}, "auth_status": "ENABLED", "access_tokens": [{"key": "secret"}]}`, ""},
	{gen.AuthSettingsAccessToken{}, `{"key": "secret"}`, "key"},
	{gen.User{}, fullUser(), ""},
}

// fullUser is a user with a good value in every field.
func fullUser() string {
	fields := make(map[string]any)
	for i := range reflect.TypeFor[gen.User]().NumField() {
		f := reflect.TypeFor[gen.User]().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch k := f.Type.Kind(); {
		case k == reflect.Bool:
			fields[name] = true
		case k == reflect.String:
			fields[name] = "text"
		case k == reflect.Int64:
			fields[name] = 5
		case name == "privileges":
			fields[name] = []string{"AUTHORING"}
		case name == "org_privileges":
			fields[name] = map[string][]string{"0": {"AUTHORING"}}
		case k == reflect.Map:
			fields[name] = map[string]any{"0": map[string]any{"ALL": map[string]any{"a": "b"}}}
		case k == reflect.Slice:
			fields[name] = []any{map[string]any{"id": 7, "name": "n"}}
		case k == reflect.Pointer:
			fields[name] = map[string]any{"id": 7, "name": "n"}
		default:
			fields[name] = map[string]any{"a": "b"}
		}
	}
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// A field of an unexpected type costs only itself: all others have the values that they
// have without it.
func TestResponse_OneOddField_CostsNoOther(t *testing.T) {
	for _, a := range responses {
		typ := reflect.TypeOf(a.of)
		t.Run(typ.Name(), func(t *testing.T) {
			var fields map[string]json.RawMessage
			if err := json.Unmarshal([]byte(a.full), &fields); err != nil {
				t.Fatal(err)
			}
			whole := reflect.New(typ)
			if err := json.Unmarshal([]byte(a.full), whole.Interface()); err != nil {
				t.Fatal(err)
			}
			for i := range typ.NumField() {
				name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if whole.Elem().Field(i).IsZero() {
					t.Errorf("%s is not set by a good value", name)
				}
				good, there := fields[name]
				if !there {
					t.Errorf("%s is not in the document of the test", name)
				}
				for _, odd := range oddities {
					fields[name] = json.RawMessage(odd)
					text, err := json.Marshal(fields)
					if err != nil {
						t.Fatal(err)
					}
					got := reflect.New(typ)
					err = json.Unmarshal(text, got.Interface())
					if name == a.needs {
						if err != nil && !strings.Contains(err.Error(), name) {
							t.Errorf("%s is %s: the error does not name it: %v", name, odd, err)
						}
						continue
					}
					if err != nil {
						t.Errorf("%s is %s: %v", name, odd, err)
						continue
					}
					for j := range typ.NumField() {
						if j != i && !reflect.DeepEqual(got.Elem().Field(j).Interface(), whole.Elem().Field(j).Interface()) {
							t.Errorf("%s is %s: it cost %s", name, odd, typ.Field(j).Name)
						}
					}
				}
				fields[name] = good
			}
		})
	}
}

// Some values of an unexpected type can be read.
func TestResponse_OddField_IsReadWherePossible(t *testing.T) {
	for text, want := range map[string]gen.User{
		`{"id": 5, "name": "n"}`:                            {ID: "5", Name: "n"},
		`{"group_mask": 4.0}`:                               {GroupMask: 4},
		`{"group_mask": "4"}`:                               {GroupMask: 4},
		`{"current_org": {"id": "0", "name": "Primary"}}`:   {CurrentOrg: &gen.Org{Name: "Primary"}},
		`{"current_org": {"id": "x"}}`:                      {},
		`{"current_org": {"name": "x"}}`:                    {},
		`{"current_org": {"id": 2147483648}}`:               {},
		`{"current_org": 0}`:                                {},
		`{"expiration_time_in_millis": 1675171235.5}`:       {},
		`{"expiration_time_in_millis": "1675171235"}`:       {ExpirationTimeInMillis: 1675171235},
		`{"creation_time_in_millis": 1.6e12}`:               {CreationTimeInMillis: 1_600_000_000_000},
		`{"deleted": "true", "hidden": 1}`:                  {Deleted: true},
		`{"orgs": [{"id": 1}, {"id": {}}, 7, {"id": "2"}]}`: {Orgs: []gen.Org{{ID: 1}, {ID: 2}}},
		`{"privileges": ["A", null, 7, {}]}`:                {Privileges: []string{"A", "7"}},
		`{"privileges": ["A", null]}`:                       {Privileges: []string{"A"}},
		`{"privileges": [ null ]}`:                          {Privileges: []string{}},
		`{"orgs": [null, {"id": 1}], "name": "n"}`:          {Name: "n", Orgs: []gen.Org{{ID: 1}}},
		`{"name": "a, null", "email": null}`:                {Name: "a, null"},
		`{"current_org": {"id": 0, "name": "Primary"}}`:     {CurrentOrg: &gen.Org{Name: "Primary"}},
		`{"orgs": [{"id": 1}, {"name": "no number"}]}`:      {Orgs: []gen.Org{{ID: 1}}},
		`{"privileges": "A"}`:                               {},
		`{"org_privileges": {"0": ["A"], "1": "B"}}`:        {OrgPrivileges: map[string][]string{"0": {"A"}}},
		`{"org_privileges": {"0": null}}`:                   {OrgPrivileges: map[string][]string{"0": nil}},
		`{"variable_values": {"0": {"ALL": 1}, "1": []}}`:   {VariableValues: map[string]map[string]any{"0": {"ALL": 1.0}}},
		`{"tags": []}`:                                      {Tags: []gen.NamedRef{}},
	} {
		var got gen.User
		if err := json.Unmarshal([]byte(text), &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", text, got, err)
		}
	}
	var settings gen.AuthClusterPreferences
	err := json.Unmarshal([]byte(`{"access_tokens": [{"key": "k"}, {}, {"key": null}]}`), &settings)
	if want := []gen.AuthSettingsAccessToken{{Key: "k"}}; err != nil || !reflect.DeepEqual(settings.AccessTokens, want) {
		t.Errorf("got %d keys, %v", len(settings.AccessTokens), err)
	}
	for orgID, want := range map[string]string{`"1"`: "1", `1.0`: "1", `2147483648`: "none", `"Sales"`: "none", `0`: "0", `null`: "none"} {
		var got gen.Token
		err := json.Unmarshal(fmt.Appendf(nil, `{"token": "t", "scope": {"org_id": %s, "access_type": "FULL"}}`, orgID), &got)
		if err != nil || got.Token != "t" || got.Scope == nil || got.Scope.AccessType != gen.AccessTypeFull {
			t.Errorf("org_id %s: %+v, %v", orgID, got, err)
			continue
		}
		is := "none"
		if got.Scope.OrgID != nil {
			is = fmt.Sprint(*got.Scope.OrgID)
		}
		if is != want {
			t.Errorf("org_id %s: got %s, want %s", orgID, is, want)
		}
	}
}

// A response without a token is an error, and the error holds nothing of the
// response.
func TestResponse_NoToken_IsAnError(t *testing.T) {
	const secret = "ey-the-secret"
	for _, body := range []string{
		`{}`, `{"token": null}`, `{"token": 7}`, `{"token": {"value": "` + secret + `"}}`, `{"token": ["` + secret + `"]}`,
		`{"token": "` + secret, `["` + secret + `"]`, `"` + secret + `"`, `{"token": true, "` + secret + `": 1}`,
	} {
		result, err := parse(200, "application/json", body)
		if err == nil {
			t.Errorf("%s: read as %+v", body, result.JSON200)
		} else if strings.Contains(err.Error(), secret) || !strings.HasPrefix(err.Error(), "getFullAccessToken: ") {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// Proxies and older servers change the content type and the beginning of a response.
func TestResponse_AnyContentTypeAndFrame_IsRead(t *testing.T) {
	const body = `{"token": "t"}`
	for name, r := range map[string]response{
		"as documented":          {200, "application/json", body},
		"with a charset":         {200, "application/json; charset=utf-8", body},
		"in upper case":          {200, "APPLICATION/JSON", body},
		"of a kind of JSON":      {200, "application/vnd.api+json", body},
		"as text":                {200, "text/plain", body},
		"as a page":              {200, "text/html", body},
		"without a type":         {200, "", body},
		"with another status":    {201, "application/json", body},
		"with a byte order mark": {200, "application/json", "\xef\xbb\xbf" + body},
		"in white space":         {200, "", "\r\n\t " + body + "\n\n"},
		"guarded":                {200, "application/json", ")]}'\n" + body},
		"guarded with a comma":   {200, "application/json", ")]}',\n" + body + "\n"},
	} {
		if result, err := parse(r.status, r.contentType, r.body); err != nil || result.JSON200 == nil || result.JSON200.Token != "t" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, r := range map[string]response{
		"a page":         {200, "text/html", "<html>Site Maintenance</html>"},
		"nothing":        {200, "application/json", ""},
		"null":           {200, "application/json", "null"},
		"braces of text": {200, "text/plain", "{not JSON}"},
	} {
		if result, err := parse(r.status, r.contentType, r.body); err != nil || result.JSON200 != nil {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	failed, err := gen.ParseGetCustomAccessTokenResult(httpResponse(409, "text/plain", "\xef\xbb\xbf"+`{"error":{"message":{"code":10000}}}`)) //nolint:bodyclose // the client closes it
	if err != nil || failed.JSON409 == nil || !strings.Contains(string(failed.JSON409.Error.Message), "10000") {
		t.Errorf("a failure: %+v, %v", failed, err)
	}
}

// A failure of an unknown form is not an error: the caller gets its status and its body.
func TestResponse_FailureOfAnyForm_HasItsStatusAndBody(t *testing.T) {
	for _, body := range []string{
		`"text"`, `["text"]`, `7`, `{"error": "text"}`, `{"error": null}`, `{"error": ["text"]}`, `{"message": "text"}`, `{"error": {"mess`, `upstream connect error`, `<html>`, ``, `null`,
	} {
		for _, status := range []int{400, 401, 403, 429, 500, 503} {
			result, err := parse(status, "application/json", body)
			if err != nil || result.StatusCode() != status || string(result.Body) != body || result.JSON200 != nil {
				t.Errorf("%d %s: %+v, %v", status, body, result, err)
			}
		}
	}
}

type response struct {
	status            int
	contentType, body string
}

func parse(status int, contentType, body string) (*gen.GetFullAccessTokenResult, error) {
	return gen.ParseGetFullAccessTokenResult(httpResponse(status, contentType, body)) //nolint:bodyclose // the client closes it
}

func httpResponse(status int, contentType, body string) *http.Response {
	h := http.Header{}
	if contentType != "" {
		h.Set("Content-Type", contentType)
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}
