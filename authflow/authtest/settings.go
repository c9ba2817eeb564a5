package authtest

import (
	"context"
	"encoding/json"
	"net/http"
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
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.controller(ctx)
	if err != nil {
		return nil, err
	}
	scope, primary := in.Body.Scope, c.org.ID == PrimaryOrg
	if scope == gen.AuthScopeCluster && !primary {
		return nil, forbidden("scope: the cluster's settings are for callers in the Primary Org")
	}
	answer := settingsAnswer{AuthType: in.Body.AuthType}
	if primary && scope != gen.AuthScopeOrg {
		answer.Cluster = s.keys.level(s.keys.cluster)
	}
	if scope == gen.AuthScopeCluster {
		return answer, nil
	}
	for _, org := range s.orgs {
		if org.ID == c.org.ID || primary && scope == "" {
			answer.Orgs = append(answer.Orgs, orgSettings{org, *s.keys.level(s.keys.orgs[org.ID])})
		}
	}
	return answer, nil
}

// ConfigureAuthSettings makes and revokes secret keys: all that the request
// says, or nothing.
func (o operations) ConfigureAuthSettings(ctx context.Context, in stub.ConfigureAuthSettingsRequestObject) (stub.ConfigureAuthSettingsResponseObject, error) {
	s := o.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.controller(ctx)
	if err != nil {
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
	if p := in.Body.ClusterPreferences; p != nil {
		s.keys.cluster = s.keys.changed(s.keys.cluster, p.AuthStatus)
	}
	for i, p := range in.Body.OrgPreferences {
		s.keys.orgs[ids[i]] = s.keys.changed(s.keys.orgs[ids[i]], p.AuthStatus)
	}
	return stub.ConfigureAuthSettings204Response{}, nil
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

// changed returns the key that is in force after a change of status.
func (k *keys) changed(key gen.Secret, status gen.AuthStatus) gen.Secret {
	switch status {
	case gen.AuthStatusDisabled:
		return ""
	case gen.AuthStatusEnabled:
		k.enabled = true
		if key == "" {
			return gen.Secret(guid())
		}
	}
	return key
}

// level returns the settings of the cluster or of an Org, of which key is the
// secret key.
func (k *keys) level(key gen.Secret) *levelSettings {
	l := &levelSettings{AuthStatus: gen.AuthStatusDisabled}
	if k.enabled && key != "" {
		l.AuthStatus = gen.AuthStatusEnabled
		l.AccessTokens = []keySetting{{key}}
	}
	return l
}

// settingsAnswer is the answer to searchAuthSettings. It is written by hand
// because that of the models prints its keys redacted.
type settingsAnswer struct {
	AuthType gen.AuthType   `json:"auth_type"`
	Cluster  *levelSettings `json:"cluster_preferences"`
	Orgs     []orgSettings  `json:"org_preferences"`
}

type levelSettings struct {
	AuthStatus   gen.AuthStatus `json:"auth_status"`
	AccessTokens []keySetting   `json:"access_tokens,omitempty"`
}

type orgSettings struct {
	Org gen.Org `json:"org"`
	levelSettings
}

type keySetting struct {
	Key gen.Secret `json:"key"`
}

// VisitSearchAuthSettingsResponse implements stub.SearchAuthSettingsResponseObject.
func (a settingsAnswer) VisitSearchAuthSettingsResponse(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(a)
}
