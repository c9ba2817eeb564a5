package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// orgSelector is the header in which a request with a token for several Orgs
// names one of them.
const orgSelector = "X-Org-Selector"

// target returns the Org that a token is requested, and all Orgs that it is to
// be good for. named is the Org that the request names, or nil.
func (s *Simulator) target(username string, key gen.Secret, named *gen.Org, scope *gen.TokenScopeInput) (gen.Org, []gen.Org, error) {
	if err := checkOrgScope(scope); err != nil {
		return gen.Org{}, nil, err
	}
	if scope == nil || scope.OrgScope != gen.OrgScopeSpecificOrgs {
		if named == nil {
			org := s.absentOrg(username, key)
			named = &org
		}
		return *named, []gen.Org{*named}, nil
	}
	var all []gen.Org
	for i, identifier := range scope.OrgIdentifiers {
		org, ok := s.orgs.find(identifier)
		if !ok {
			return gen.Org{}, nil, s.rejectsOrg(badRequest("scope.org_identifiers.%d: there is no such Org", i))
		}
		all = append(all, org)
	}
	switch {
	case len(all) == 0:
		return gen.Org{}, nil, badRequest("scope.org_identifiers: %s needs some", scope.OrgScope)
	case named == nil:
		named = &all[0]
	case !slices.Contains(all, *named):
		return gen.Org{}, nil, badRequest("scope.org_identifiers: Org %d is not among them", named.ID)
	}
	return *named, all, nil
}

// absentOrg is the Org of a token request that names none: that of the key, if
// the key is an Org's, and otherwise that of the user's last session.
func (s *Simulator) absentOrg(username string, key gen.Secret) gen.Org {
	id := PrimaryOrg
	if a := s.users[username]; a != nil {
		id = a.lastOrg
	}
	for _, org := range s.orgs {
		if key != "" && key != s.keys.cluster && key == s.keys.orgs[org.ID] {
			return org
		}
	}
	org, _ := s.orgs.byID(id)
	return org
}

// spread makes a token one for several Orgs, if its request says so.
func (s *Simulator) spread(t *token, scope *gen.TokenScopeInput, orgs []gen.Org) *token {
	if scope != nil {
		t.orgScope, t.orgs = scope.OrgScope, orgs
		if t.orgScope == gen.OrgScopeAllMemberOrgs {
			t.orgs = s.orgsOf(t.user)
		}
	}
	return t
}

// orgIDs are the Orgs of a token's scope in answers, which list them only where
// the request did.
func (t *token) orgIDs() []gen.Org {
	if t.orgScope == gen.OrgScopeSpecificOrgs {
		return t.orgs
	}
	return nil
}

// choose puts a caller into the Org that the call selects. With a token for
// several Orgs it has to.
func (s *Simulator) choose(x *exchange, c *caller) error {
	identifier := x.r.Header.Get(orgSelector)
	if identifier == "" && x.r.Header.Values(orgSelector) != nil {
		return badRequest("%s: the header is empty", orgSelector)
	}
	allowed := []gen.Org{c.org}
	if c.token != nil && c.token.orgScope != "" {
		allowed = c.token.orgs
		if identifier == "" {
			return badRequest("%s: the token is for several Orgs, and the request does not say which", orgSelector)
		}
	}
	if identifier == "" {
		return nil
	}
	org, ok := s.orgs.find(identifier)
	switch {
	case !ok:
		return s.rejectsOrg(badRequest("%s: there is no such Org", orgSelector))
	case !slices.Contains(allowed, org):
		return s.rejectsOrg(forbidden("%s: the credential is not for Org %d", orgSelector, org.ID))
	}
	c.org = org
	return nil
}
