package authtest_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The rest of the settings is in tests/contract.
func TestSettingsAreForTwoPrivileges(t *testing.T) {
	const body = `{"auth_type":"TRUSTED_AUTH"}`
	for privilege, status := range map[string]int{
		authtest.PrivilegeAdministration: 200, authtest.PrivilegeControlTrustedAuth: 200, "DATADOWNLOADING": 403,
	} {
		sim := authtest.New(ann(authtest.Privileges(privilege)))
		tok := token(t, sim, full, trusted(""))
		want(t, call(t, sim, auth+"search", body, bearer(tok.Token)), status)
		want(t, call(t, sim, auth+"configure", body, bearer(tok.Token)), map[int]int{200: 204, 403: 403}[status])
		obj := token(t, sim, object, trusted(`,"object_id":"o-1"`))
		want(t, call(t, sim, auth+"search", body, bearer(obj.Token)), 403)
	}
}

const auth = "POST " + base + "auth/"

// keysOf lists the secret keys that auth/search tells, the cluster's under
// "cluster" and an Org's under its name.
func keysOf(t *testing.T, sim *authtest.Simulator, caller header) map[string]string {
	t.Helper()
	a := call(t, sim, auth+"search", `{"auth_type":"TRUSTED_AUTH"}`, caller)
	want(t, a, 200)
	var found gen.AuthSettings
	a.decode(t, &found)
	keys := make(map[string]string)
	add := func(name string, status gen.AuthStatus, tokens []gen.AuthSettingsAccessToken) {
		if (status == gen.AuthStatusEnabled) != (len(tokens) == 1) {
			t.Errorf("%s is %s with %d keys", name, status, len(tokens))
		}
		if len(tokens) > 0 {
			keys[name] = string(tokens[0].Key)
		}
	}
	if c := found.ClusterPreferences; c != nil {
		add("cluster", c.AuthStatus, c.AccessTokens)
	}
	for _, o := range found.OrgPreferences {
		add(o.Org.Name, o.AuthStatus, o.AccessTokens)
	}
	return keys
}

func TestOrgsHaveKeysOfTheirOwn(t *testing.T) {
	sim := authtest.New(ann(authtest.InOrgs(0, 1, 2), authtest.Privileges(authtest.PrivilegeControlTrustedAuth)),
		authtest.WithOrg(1, "Sales"), authtest.WithOrg(2, "Support"))
	admin := bearer(token(t, sim, full, `{"username":"ann","password":"pw","org_id":0}`).Token)
	configure := func(more string, status int) {
		t.Helper()
		want(t, call(t, sim, auth+"configure", `{"auth_type":"TRUSTED_AUTH"`+more+`}`, admin), status)
	}
	works := func(key string, org, status int) {
		t.Helper()
		want(t, call(t, sim, full, fmt.Sprintf(`{"username":"ann","secret_key":%q,"org_id":%d}`, key, org)), status)
	}
	cluster := map[string]string{"cluster": authtest.DefaultSecretKey}
	if got := keysOf(t, sim, admin); !maps.Equal(got, cluster) {
		t.Errorf("at first %q", got)
	}
	configure(``, 204)
	configure(`,"cluster_preferences":{},"org_preferences":[{"org_identifier":"1"}]`, 204)
	if got := keysOf(t, sim, admin); !maps.Equal(got, cluster) {
		t.Errorf("absent has changed %q", got)
	}

	configure(`,"org_preferences":[{"org_identifier":"1","auth_status":"ENABLED"},{"org_identifier":"Support","auth_status":"ENABLED"}]`, 204)
	keys := keysOf(t, sim, admin)
	if len(keys) != 3 || keys["cluster"] != authtest.DefaultSecretKey || keys["Sales"] == keys["Support"] {
		t.Fatalf("keys %q", keys)
	}
	works(keys["Sales"], 1, 200)
	works(keys["Sales"], 2, 401)
	works(keys["Sales"], 0, 401)
	works(keys["cluster"], 1, 200)
	configure(`,"org_preferences":[{"org_identifier":"Sales","auth_status":"ENABLED"}]`, 204)
	if got := keysOf(t, sim, admin); !maps.Equal(got, keys) {
		t.Errorf("ENABLED has changed a key that was there: %q", got)
	}

	// Rotation leaves no overlap: the old key ends before the new one begins.
	configure(`,"cluster_preferences":{"auth_status":"DISABLED"}`, 204)
	works(keys["cluster"], 0, 403)
	works(keys["cluster"], 1, 401)
	works(keys["Support"], 2, 200)
	configure(`,"cluster_preferences":{"auth_status":"ENABLED"}`, 204)
	next := keysOf(t, sim, admin)
	if next["cluster"] == keys["cluster"] || next["Sales"] != keys["Sales"] {
		t.Errorf("rotated to %q", next)
	}
	works(keys["cluster"], 0, 401)
	works(next["cluster"], 0, 200)
	configure(`,"org_preferences":[{"org_identifier":"Sales","auth_status":"DISABLED"}]`, 204)
	works(keys["Sales"], 1, 401)
	works(next["cluster"], 1, 200)

	// A caller in another Org sees and changes that Org alone.
	other := bearer(token(t, sim, full, `{"username":"ann","password":"pw","org_id":2}`).Token)
	if got := keysOf(t, sim, other); !maps.Equal(got, map[string]string{"Support": keys["Support"]}) {
		t.Errorf("in Org 2 there is %q", got)
	}
	want(t, call(t, sim, auth+"search", `{"auth_type":"TRUSTED_AUTH","scope":"CLUSTER"}`, other), 403)
	admin = other
	configure(`,"cluster_preferences":{"auth_status":"ENABLED"}`, 403)
	configure(`,"org_preferences":[{"org_identifier":"Sales","auth_status":"ENABLED"}]`, 403)
	configure(`,"org_preferences":[{"org_identifier":"Support","auth_status":"DISABLED"}]`, 204)
}

// While trusted authentication is off there is no key; to switch one on makes
// that one, and brings back none that was there before.
func TestKeysAfterTrustedAuthenticationWasOff(t *testing.T) {
	for level, preferences := range map[string]string{
		"cluster": `"cluster_preferences":{"auth_status":"ENABLED"}`,
		"Sales":   `"org_preferences":[{"org_identifier":"Sales","auth_status":"ENABLED"}]`,
	} {
		t.Run(level, func(t *testing.T) {
			sim := authtest.New(ann(authtest.InOrgs(0, 1), authtest.Privileges(authtest.PrivilegeAdministration)),
				authtest.WithOrg(1, "Sales"), authtest.WithOrgSecretKey(1, "key-1"))
			admin := bearer(token(t, sim, full, annPW).Token)
			old := keysOf(t, sim, admin)
			sim.SetTrustedAuthentication(false)
			if got := keysOf(t, sim, admin); len(got) != 0 {
				t.Errorf("keys %q", got)
			}
			want(t, call(t, sim, auth+"configure", `{"auth_type":"TRUSTED_AUTH",`+preferences+`}`, admin), 204)
			if got := keysOf(t, sim, admin); len(got) != 1 || got[level] == old[level] || got[level] == "" {
				t.Errorf("keys %q", got)
			}
		})
	}
}
