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
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	return stub.GetCurrentUserInfo200JSONResponse(s.details(c)), nil
}

// GetCurrentUserToken issues a token from a session. A caller with a token
// gets that token, with the times it has.
func (o operations) GetCurrentUserToken(ctx context.Context, _ stub.GetCurrentUserTokenRequestObject) (stub.GetCurrentUserTokenResponseObject, error) {
	s := o.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	t := c.token
	if t == nil {
		t = s.issue(&token{kind: KindSession, user: c.user, org: c.org}, s.settings.sessionTokenValidity)
	}
	created, expires := t.times()
	return stub.GetCurrentUserToken200JSONResponse{
		Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		ValidForUserID: t.user.id, ValidForUsername: t.user.name,
	}, nil
}

// details are all that the server tells about a user, in the state that the
// API's documentation shows.
func (s *Simulator) details(c *caller) gen.User {
	a, org, now := c.user, c.org, s.Now()
	groups := s.groupsOf(a)
	u := gen.User{
		ID: a.id, Name: a.name, DisplayName: a.displayName, Email: a.email,
		AccountType: a.kind, AccountStatus: a.statusAt(now), Visibility: gen.VisibilitySharable,
		AuthorID: a.id, OwnerID: a.id, ModifierID: a.id, ParentType: "USER",
		CurrentOrg: &org, Orgs: s.orgsOf(a),
		Privileges: s.privilegesOf(a), UserGroups: groups, UserInheritedGroups: groups,
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
	if !a.loggedIn.IsZero() {
		u.FirstLoginTimeInMillis = wire.UnixMilli(a.loggedIn.UnixMilli())
	}
	if !a.properties.empty() {
		u.AccessControlProperties = byOrg(org, a.properties)
		variables := make(map[string]any)
		for _, v := range a.properties.VariableValues {
			variables[v.Name] = v.Values
		}
		u.VariableValues = byOrg(org, variables)
	}
	if a.userParameters != nil {
		u.UserParameters = a.userParameters
	}
	return u
}

// byOrg files what a user has in an Org as the server does: by number of the Org
// and, below it, by what it applies to.
func byOrg(org gen.Org, v any) map[string]map[string]any {
	return map[string]map[string]any{strconv.Itoa(int(org.ID)): {"ALL": v}}
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
