package authtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

// PrivilegeControlTrustedAuth lets a user read and switch the secret keys, as
// [PrivilegeAdministration] does.
const PrivilegeControlTrustedAuth = "CONTROL_TRUSTED_AUTH"

// SearchAuthSettings tells the secret keys. A caller in the Primary Org who
// names no scope sees the cluster's and all Orgs'; one in another Org, that Org's.
func (o operations) SearchAuthSettings(ctx context.Context, in stub.SearchAuthSettingsRequestObject) (stub.SearchAuthSettingsResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	c, err := s.controller(ctx)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(checkAuthType(in.Body.AuthType), checkAuthScope(in.Body.Scope)); err != nil {
		return nil, err
	}
	scope, primary := in.Body.Scope, c.org.ID == PrimaryOrg
	if scope == gen.AuthScopeCluster && !primary {
		return nil, forbidden("scope: the cluster's settings are for callers in the Primary Org")
	}
	answer := gen.AuthSettings{AuthType: in.Body.AuthType}
	if primary && scope != gen.AuthScopeOrg {
		level := s.keys.level(s.keys.cluster)
		answer.ClusterPreferences = &level
	}
	if scope == gen.AuthScopeCluster {
		return whole{answer}, nil
	}
	for _, org := range s.orgs {
		if org.ID == c.org.ID || primary && scope == "" {
			level := s.keys.level(s.keys.orgs[org.ID])
			answer.OrgPreferences = append(answer.OrgPreferences, gen.AuthOrgPreference{
				Org: &org, AuthStatus: level.AuthStatus, AccessTokens: level.AccessTokens,
			})
		}
	}
	return whole{answer}, nil
}

// ConfigureAuthSettings makes and revokes secret keys: all that the request
// says, or nothing.
func (o operations) ConfigureAuthSettings(ctx context.Context, in stub.ConfigureAuthSettingsRequestObject) (stub.ConfigureAuthSettingsResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	c, err := s.controller(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkAuthSettings(in.Body); err != nil {
		return nil, err
	}
	if in.Body.ClusterPreferences != nil && c.org.ID != PrimaryOrg {
		return nil, forbidden("cluster_preferences: they are for callers in the Primary Org")
	}
	ids := make([]int32, len(in.Body.OrgPreferences))
	for i, p := range in.Body.OrgPreferences {
		org, ok := s.orgs.find(p.OrgIdentifier)
		switch {
		case !ok:
			return nil, badRequest("org_preferences.%d.org_identifier: there is no such Org", i)
		case c.org.ID != PrimaryOrg && c.org.ID != org.ID:
			return nil, forbidden("org_preferences: those of Org %d are for callers in it or in the Primary Org", org.ID)
		}
		ids[i] = org.ID
	}
	s.keys.resume(in.Body)
	if p := in.Body.ClusterPreferences; p != nil {
		s.keys.cluster = changed(s.keys.cluster, p.AuthStatus)
	}
	for i, p := range in.Body.OrgPreferences {
		s.keys.orgs[ids[i]] = changed(s.keys.orgs[ids[i]], p.AuthStatus)
	}
	return stub.ConfigureAuthSettings204Response{}, nil
}

// checkAuthSettings rejects values that the simulator does not know.
func checkAuthSettings(req *gen.ConfigureAuthSettingsRequest) error {
	if err := checkAuthType(req.AuthType); err != nil {
		return err
	}
	if p := req.ClusterPreferences; p != nil {
		if err := checkAuthStatus("cluster_preferences.auth_status", p.AuthStatus); err != nil {
			return err
		}
	}
	for i, p := range req.OrgPreferences {
		if err := checkAuthStatus(fmt.Sprintf("org_preferences.%d.auth_status", i), p.AuthStatus); err != nil {
			return err
		}
	}
	return nil
}

// controller returns a caller who may see and switch the secret keys.
func (s *Simulator) controller(ctx context.Context) (*caller, error) {
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	has := s.privilegesOf(c.user)
	if c.kind() == KindObject || !slices.Contains(has, PrivilegeAdministration) && !slices.Contains(has, PrivilegeControlTrustedAuth) {
		return nil, forbidden("the privilege %s or %s is needed", PrivilegeAdministration, PrivilegeControlTrustedAuth)
	}
	return c, nil
}

// resume switches trusted authentication on when a key is switched on while
// [Simulator.SetTrustedAuthentication] has it off. The keys of before are gone, as
// those that were switched off here are.
func (k *keys) resume(in *gen.ConfigureAuthSettingsRequest) {
	on := in.ClusterPreferences != nil && in.ClusterPreferences.AuthStatus == gen.AuthStatusEnabled
	for _, p := range in.OrgPreferences {
		on = on || p.AuthStatus == gen.AuthStatusEnabled
	}
	if on && !k.enabled {
		*k = keys{enabled: true, orgs: make(map[int32]gen.Secret)}
	}
}

// changed returns the key that is in force after a change of status.
func changed(key gen.Secret, status gen.AuthStatus) gen.Secret {
	switch status {
	case gen.AuthStatusDisabled:
		return ""
	case gen.AuthStatusEnabled:
		if key == "" {
			return gen.Secret(guid())
		}
	}
	return key
}

// level returns the settings of the cluster or of an Org, of which key is the
// secret key.
func (k *keys) level(key gen.Secret) gen.AuthClusterPreferences {
	if !k.enabled || key == "" {
		return gen.AuthClusterPreferences{AuthStatus: gen.AuthStatusDisabled}
	}
	return gen.AuthClusterPreferences{
		AuthStatus: gen.AuthStatusEnabled, AccessTokens: []gen.AuthSettingsAccessToken{{Key: key}},
	}
}
