package authtest

import "github.com/go-thoughtspot/tsauth/gen"

// keys are the secret keys of trusted authentication.
type keys struct {
	enabled bool
	cluster gen.Secret // good for every Org; empty: none
	orgs    map[int32]gen.Secret
}

// check rejects a key that is not good for an Org.
func (k *keys) check(key gen.Secret, org int32) error {
	switch {
	case !k.enabled, k.cluster == "" && k.orgs[org] == "":
		return forbidden("trusted authentication is disabled")
	case k.cluster != "" && key == k.cluster:
		return nil
	case k.orgs[org] != "" && key == k.orgs[org]:
		return nil
	}
	return unauthorized("the secret key is not valid")
}

// RotateSecretKey replaces the secret key of the cluster; an empty one removes it.
// Tokens made with the old one stay valid.
func (s *Simulator) RotateSecretKey(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.cluster = gen.Secret(key)
}

// RotateOrgSecretKey replaces the secret key of an Org, or gives the Org one; an
// empty one removes it. It panics if there is no such Org.
func (s *Simulator) RotateOrgSecretKey(orgID int32, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.orgs.byID(orgID); !ok {
		must(absentf("id", "there is no Org %d", orgID))
	}
	s.keys.orgs[orgID] = gen.Secret(key)
}

// SetTrustedAuthentication switches trusted authentication. While it is off
// every secret key is rejected with 403.
func (s *Simulator) SetTrustedAuthentication(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.enabled = on
}

// SetMFA switches multi-factor authentication. While it is on, passwords are
// rejected with 401, right or wrong.
func (s *Simulator) SetMFA(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mfa = on
}
