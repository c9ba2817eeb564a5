package authtest

import (
	"context"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

// GetFullAccessToken issues a token with all rights of its user.
func (o operations) GetFullAccessToken(ctx context.Context, in stub.GetFullAccessTokenRequestObject) (stub.GetFullAccessTokenResponseObject, error) {
	t, err := o.s.apply(exchangeOf(ctx), KindFull, gen.GetObjectAccessTokenRequest{
		AutoCreate: in.Body.AutoCreate, DisplayName: in.Body.DisplayName, Email: in.Body.Email,
		GroupIdentifiers: in.Body.GroupIdentifiers, OrgID: in.Body.OrgID,
		Password: in.Body.Password, Scope: in.Body.Scope, SecretKey: in.Body.SecretKey, UserParameters: in.Body.UserParameters,
		Username: in.Body.Username, ValidityTimeInSec: in.Body.ValidityTimeInSec,
	})
	return whole{t}, err
}

// GetObjectAccessToken issues a token that reads one object.
func (o operations) GetObjectAccessToken(ctx context.Context, in stub.GetObjectAccessTokenRequestObject) (stub.GetObjectAccessTokenResponseObject, error) {
	t, err := o.s.apply(exchangeOf(ctx), KindObject, *in.Body)
	return whole{t}, err
}

// apply issues a full or an object access token. Their requests differ by
// object_id alone, which is empty for a full one.
func (s *Simulator) apply(x *exchange, kind string, req gen.GetObjectAccessTokenRequest) (gen.Token, error) {
	s.lock(x)
	defer s.mu.Unlock()
	if err := checkParameters(req.UserParameters); err != nil {
		return gen.Token{}, err
	}
	var named *gen.Org
	if req.OrgID != nil {
		org, ok := s.orgs.byID(*req.OrgID)
		if !ok {
			return gen.Token{}, s.rejectsOrg(badRequest("org_id: there is no such Org"))
		}
		named = &org
	}
	org, orgs, err := s.target(req.Username, req.SecretKey, named, req.Scope)
	if err != nil {
		return gen.Token{}, err
	}
	a, err := s.admit(application{
		username: req.Username, password: req.Password, secretKey: req.SecretKey, orgs: orgs,
		autoCreate: req.AutoCreate, updates: true, email: req.Email, displayName: req.DisplayName,
		groupsField: "group_identifiers", groups: req.GroupIdentifiers,
	})
	if err != nil {
		return gen.Token{}, err
	}
	a.userParameters = persistParameters(a.userParameters, req.UserParameters)
	t := s.spread(&token{kind: kind, user: a, org: org, objectID: req.ObjectID, userParameters: req.UserParameters}, req.Scope, orgs)
	s.issue(t, s.validity(req.ValidityTimeInSec))
	created, expires := t.times()
	return gen.Token{
		Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		Scope: t.scope(), ValidForUserID: a.id, ValidForUsername: a.name,
	}, nil
}

// GetCustomAccessToken issues a JWT that carries the rules of the request.
func (o operations) GetCustomAccessToken(ctx context.Context, in stub.GetCustomAccessTokenRequestObject) (stub.GetCustomAccessTokenResponseObject, error) {
	s, req := o.s, in.Body
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	if err := checkRules(req); err != nil {
		return nil, err
	}
	var named *gen.Org
	if req.OrgIdentifier != "" {
		org, ok := s.orgs.find(req.OrgIdentifier)
		if !ok {
			return nil, s.rejectsOrg(badRequest("org_identifier: there is no such Org"))
		}
		named = &org
	}
	org, orgs, err := s.target(req.Username, req.SecretKey, named, req.Scope)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, g := range req.Groups {
		groups = append(groups, g.Identifier)
	}
	a, err := s.admit(application{
		username: req.Username, password: req.Password, secretKey: req.SecretKey, orgs: orgs,
		autoCreate: req.AutoCreate, createByDefault: true, email: req.Email, displayName: req.DisplayName,
		groupsField: "groups", groups: groups,
	})
	if err != nil {
		return nil, err
	}
	rules := propertiesOf(req)
	for _, o := range orgs {
		a.persist(o.ID, req.PersistOption, rules)
	}
	t := s.spread(s.custom(a, org, req, rules), req.Scope, orgs)
	created, expires := t.times()
	answer := gen.AccessToken{
		ID: t.id, Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		Org: &org, User: gen.UserRef{ID: a.id, Name: a.name},
	}
	if t.orgScope != "" {
		answer.Scope = &gen.AccessTokenScope{OrgScope: t.orgScope, OrgIDs: t.orgIDs()}
	}
	return whole{answer}, nil
}

// custom puts a JWT into force.
func (s *Simulator) custom(a *account, org gen.Org, req *gen.GetCustomAccessTokenRequest, rules Properties) *token {
	t := &token{kind: KindCustom, user: a, org: org, persist: req.PersistOption, asked: rules.clone()}
	if req.PersistOption == gen.PersistOptionNone {
		t.rules = &rules
	}
	s.stamp(t, s.validity(req.ValidityTimeInSec))
	t.value = jwt(claims{
		Issuer: s.URL, Subject: a.name, ID: t.id, Org: org,
		IssuedAt: t.created.Unix(), ExpiresAt: t.expires.Unix(),
		PersistOption: req.PersistOption, Rules: rules,
	})
	s.tokens[string(t.value)] = t
	return t
}
