package authtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/gen"
)

// The spec keeps other values out, so that only a value that it gains gets here.
func TestEnums_ValueThatTheSpecGains_IsRejected(t *testing.T) {
	later := gen.TokenScopeInput{OrgScope: "LATER"}
	for field, err := range map[string]error{
		"persist_option":                  checkRules(&gen.GetCustomAccessTokenRequest{PersistOption: "LATER"}),
		"scope.org_scope":                 func() error { _, _, err := New().target("tsadmin", "", nil, &later); return err }(),
		"auth_type":                       checkAuthSettings(&gen.ConfigureAuthSettingsRequest{AuthType: "LATER"}),
		"scope":                           checkAuthScope("LATER"),
		"cluster_preferences.auth_status": checkAuthSettings(&gen.ConfigureAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth, ClusterPreferences: &gen.AuthClusterPreferencesInput{AuthStatus: "LATER"}}),
		"org_preferences.0.auth_status":   checkAuthSettings(&gen.ConfigureAuthSettingsRequest{AuthType: gen.AuthTypeTrustedAuth, OrgPreferences: []gen.AuthOrgPreferenceInput{{AuthStatus: "LATER"}}}),
	} {
		var r *refusalError
		if !errors.As(err, &r) || r.status != 400 || !strings.HasPrefix(r.debug, field+": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}
