package authtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestSessionInfo(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(1), authtest.UserID("guid-of-ann"), authtest.Privileges("B", "A")), authtest.WithOrg(1, "Sales"))
	tok := token(t, sim, full, trusted(`,"org_id":1`))
	c := cookie(call(t, sim, login, annPW).sessionCookies(t))
	type info struct {
		UserGUID, UserName, ReleaseVersion string
		CurrentOrgID                       int32
		Privileges                         []string
		ConfigInfo                         struct {
			MixpanelConfig    *struct{ DevSdkKey, ProdSdkKey *string }
			OrgsConfiguration *struct{ Enabled *bool }
		}
	}
	for name, by := range map[string]header{"bearer": bearer(tok.Token), "session": c} {
		var got info
		call(t, sim, v1WhoIs, "", by).decode(t, &got)
		var wrapped struct{ Info info }
		call(t, sim, "GET /prism/preauth/info", "", by).decode(t, &wrapped)
		for _, i := range []info{got, wrapped.Info} {
			if i.UserGUID != "guid-of-ann" || i.UserName != "ann" || i.CurrentOrgID != 1 || i.ReleaseVersion == "" || !slices.Equal(i.Privileges, []string{"A", "B"}) {
				t.Errorf("%s: %+v", name, i)
			}
			// The vendor's MCP server offers Orgs by it.
			if o := i.ConfigInfo.OrgsConfiguration; o == nil || o.Enabled == nil || !*o.Enabled {
				t.Errorf("%s: orgsConfiguration %+v", name, o)
			}
			// The SDK fails without the keys, and reports to a third party if
			// one has a value.
			if m := i.ConfigInfo.MixpanelConfig; m == nil || m.DevSdkKey == nil || *m.DevSdkKey != "" || m.ProdSdkKey == nil || *m.ProdSdkKey != "" {
				t.Errorf("%s: mixpanelConfig %+v", name, m)
			}
		}
	}
	want(t, call(t, sim, v1WhoIs, ""), 401)
	want(t, call(t, sim, "GET /prism/preauth/info", ""), 401)
	want(t, call(t, sim, v1WhoIs, "", bearer("x"), c), 401)
}

func TestPreauthInfo_ClusterWithOneOrg_HasOrgsDisabled(t *testing.T) {
	sim := authtest.New(ann())
	a := call(t, sim, "GET /prism/preauth/info", "", bearer(token(t, sim, full, annPW).Token))
	if !strings.Contains(string(a.body), `"orgsConfiguration":{"enabled":false}`) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestSystemInformation(t *testing.T) {
	sim := authtest.New(ann(), authtest.WithUser("root", "pw", authtest.Privileges(authtest.PrivilegeAdministration)),
		authtest.WithUser("ops", "pw", authtest.Privileges("SYSTEM_INFO_ADMINISTRATION")))
	as := func(user string) header {
		return cookie(callAs(t, sim, v1Login, formType, "username="+user+"&password=pw").sessionCookies(t))
	}
	const system = "GET " + base + "system"
	want(t, call(t, sim, system, ""), 401)
	want(t, call(t, sim, system, "", as("ann")), 403)
	want(t, call(t, sim, system, "", as("ops")), 200)
	a := call(t, sim, system, "", as("root"))
	want(t, a, 200)
	var got map[string]any
	a.decode(t, &got)
	// The keys that the operation documents. The others are null.
	for _, key := range []string{
		"id", "name", "release_version", "time_zone", "locale", "date_format", "api_version", "type", "environment",
		"license", "date_time_format", "time_format", "system_user_id", "super_user_id", "hidden_object_id",
		"system_group_id", "tsadmin_user_id", "admin_group_id", "all_tables_connection_id", "all_user_group_id",
		"accept_language", "all_user_group_member_user_count", "logical_model_version",
	} {
		if _, ok := got[key]; !ok {
			t.Errorf("%s is missing", key)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("not documented: %v", got)
	}
	var again struct {
		ID    string
		Count int     `json:"all_user_group_member_user_count"`
		Admin *string `json:"tsadmin_user_id"`
	}
	a.decode(t, &again)
	if again.ID == "" || again.Count != 3 || again.Admin != nil {
		t.Errorf("%+v", again)
	}
}
