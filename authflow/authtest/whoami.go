package authtest

import (
	"context"
	"strconv"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

// GetCurrentUserInfo tells who is behind the token or the session.
func (o operations) GetCurrentUserInfo(ctx context.Context, _ stub.GetCurrentUserInfoRequestObject) (stub.GetCurrentUserInfoResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	return whole{s.details(c)}, nil
}

// WithSameSessionToken makes getCurrentUserToken answer a caller who has a token
// with that token, as servers did before August 2026 by the vendor's documents.
// Without it the response is a new token for everybody.
func WithSameSessionToken() Option {
	return func(s *settings) { s.sameSessionToken = true }
}

// GetCurrentUserToken issues a token that can do what the caller can: one of an
// object access token reads the same object.
func (o operations) GetCurrentUserToken(ctx context.Context, _ stub.GetCurrentUserTokenRequestObject) (stub.GetCurrentUserTokenResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	t := c.token
	if t == nil || !s.settings.sameSessionToken {
		next := &token{kind: KindSession, user: c.user, org: c.org}
		if t != nil {
			next.objectID, next.rules, next.userParameters = t.objectID, t.rules, t.userParameters
		}
		if c.kind() == KindObject {
			next.kind = KindObject
		}
		t = s.issue(next, s.settings.sessionTokenValidity)
	}
	created, expires := t.times()
	return whole{gen.GetTokenResponse{
		Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		ValidForUserID: t.user.id, ValidForUsername: t.user.name,
	}}, nil
}

// details are all that the server tells about a user, in the state that the
// API's documentation shows.
func (s *Simulator) details(c *caller) gen.User {
	a, org, now := c.user, c.org, s.Now()
	groups := s.groupsOf(a)
	privileges := append([]string{}, s.privilegesOf(a)...) // never null
	u := gen.User{
		ID: a.id, Name: a.name, DisplayName: a.displayName, Email: a.email,
		AccountType: a.kind, AccountStatus: a.statusAt(now), Visibility: gen.VisibilitySharable,
		AuthorID: a.id, OwnerID: a.id, ModifierID: a.id, ParentType: "USER",
		TenantID: s.tenant, CurrentOrg: &org, Orgs: s.orgsOf(a), OrgPrivileges: make(map[string][]string),
		Privileges: privileges, UserGroups: groups, UserInheritedGroups: groups,
		Tags: []gen.NamedRef{}, FavoriteMetadata: []gen.FavoriteMetadata{},
		CreationTimeInMillis:     wire.UnixMilli(a.created.UnixMilli()),
		ModificationTimeInMillis: wire.UnixMilli(a.modified.UnixMilli()),
		ExpirationTimeInMillis:   wire.Integer(s.ends(c).Unix()), // seconds, as seen live
		CanChangePassword:        a.password != "",
		CompleteDetail:           true,
		IsFirstLogin:             a.loggedIn.IsZero(),
		NotifyOnShare:            true,
		ShowOnboardingExperience: true,
		SuperUser:                s.administers(a),
	}
	for _, id := range a.orgs {
		u.OrgPrivileges[strconv.Itoa(int(id))] = privileges
	}
	if !a.loggedIn.IsZero() {
		u.FirstLoginTimeInMillis = wire.UnixMilli(a.loggedIn.UnixMilli())
	}
	u.AccessControlProperties, u.VariableValues = a.propertiesByOrg()
	if a.userParameters != nil {
		u.UserParameters = a.userParameters
	}
	return u
}

// propertiesByOrg files what custom access tokens have stored as the server does:
// by number of the Org and, below it, by what it applies to.
func (a *account) propertiesByOrg() (rules, variables map[string]map[string]any) {
	for id, p := range a.properties {
		org := strconv.Itoa(int(id))
		if len(p.VariableValues) > 0 {
			values := make(map[string][]gen.FilterValue)
			for _, v := range p.VariableValues {
				values[v.Name] = append(values[v.Name], v.Values...)
			}
			variables = fileForAll(variables, org, values)
		}
		p.VariableValues = nil
		if !p.empty() {
			rules = fileForAll(rules, org, p)
		}
	}
	return rules, variables
}

// fileForAll files v under an Org, for all objects.
func fileForAll(m map[string]map[string]any, org string, v any) map[string]map[string]any {
	if m == nil {
		m = make(map[string]map[string]any)
	}
	m[org] = map[string]any{"ALL": v}
	return m
}

func (s *Simulator) ends(c *caller) time.Time {
	if c.token != nil {
		return c.token.expires
	}
	return s.expires(c.session)
}

func (s *Simulator) groupsOf(a *account) []gen.NamedRef {
	refs := make([]gen.NamedRef, 0, len(a.groups))
	for _, name := range a.groups {
		one, _ := s.groups.find(name)
		refs = append(refs, gen.NamedRef{ID: one.id, Name: one.name})
	}
	return refs
}
