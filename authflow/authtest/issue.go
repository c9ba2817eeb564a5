package authtest

import (
	"context"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

// GetFullAccessToken issues a token with all rights of its user.
func (o operations) GetFullAccessToken(_ context.Context, in stub.GetFullAccessTokenRequestObject) (stub.GetFullAccessTokenResponseObject, error) {
	t, err := o.s.apply(KindFull, gen.GetObjectAccessTokenRequest{
		AutoCreate: in.Body.AutoCreate, DisplayName: in.Body.DisplayName, Email: in.Body.Email,
		GroupIdentifiers: in.Body.GroupIdentifiers, OrgID: in.Body.OrgID,
		Password: in.Body.Password, SecretKey: in.Body.SecretKey, UserParameters: in.Body.UserParameters,
		Username: in.Body.Username, ValidityTimeInSec: in.Body.ValidityTimeInSec,
	})
	return stub.GetFullAccessToken200JSONResponse(t), err
}

// GetObjectAccessToken issues a token that reads one object.
func (o operations) GetObjectAccessToken(_ context.Context, in stub.GetObjectAccessTokenRequestObject) (stub.GetObjectAccessTokenResponseObject, error) {
	t, err := o.s.apply(KindObject, *in.Body)
	return stub.GetObjectAccessToken200JSONResponse(t), err
}

// apply issues a full or an object access token. Their requests differ by
// object_id alone, which is empty for a full one.
func (s *Simulator) apply(kind string, req gen.GetObjectAccessTokenRequest) (gen.Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := PrimaryOrg
	if req.OrgID != nil {
		id = *req.OrgID
	}
	org, ok := s.orgs.byID(id)
	if !ok {
		return gen.Token{}, badRequest("org_id: there is no such Org")
	}
	a, err := s.admit(application{
		username: req.Username, password: req.Password, secretKey: req.SecretKey, org: org,
		autoCreate: req.AutoCreate, updates: true, email: req.Email, displayName: req.DisplayName,
		groupsField: "group_identifiers", groups: req.GroupIdentifiers,
	})
	if err != nil {
		return gen.Token{}, err
	}
	if req.UserParameters != nil {
		a.userParameters = req.UserParameters
	}
	t := s.issue(&token{kind: kind, user: a, org: org, objectID: req.ObjectID}, s.validity(req.ValidityTimeInSec))
	created, expires := t.times()
	return gen.Token{
		Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		Scope: t.scope(), ValidForUserID: a.id, ValidForUsername: a.name,
	}, nil
}

// GetCustomAccessToken issues a JWT that carries the rules of the request.
func (o operations) GetCustomAccessToken(_ context.Context, in stub.GetCustomAccessTokenRequestObject) (stub.GetCustomAccessTokenResponseObject, error) {
	s, req := o.s, in.Body
	s.mu.Lock()
	defer s.mu.Unlock()
	switch req.PersistOption {
	case gen.PersistOptionReset, gen.PersistOptionNone:
		if req.VariableValues != nil {
			return nil, badRequest("variable_values: not together with persist_option %s", req.PersistOption)
		}
	}
	org, _ := s.orgs.byID(PrimaryOrg)
	if req.OrgIdentifier != "" {
		found, ok := s.orgs.find(req.OrgIdentifier)
		if !ok {
			return nil, badRequest("org_identifier: there is no such Org")
		}
		org = found
	}
	var groups []string
	for _, g := range req.Groups {
		groups = append(groups, g.Identifier)
	}
	a, err := s.admit(application{
		username: req.Username, password: req.Password, secretKey: req.SecretKey, org: org,
		autoCreate: req.AutoCreate, createByDefault: true, email: req.Email, displayName: req.DisplayName,
		groupsField: "groups", groups: groups,
	})
	if err != nil {
		return nil, err
	}
	rules := propertiesOf(req)
	a.properties = a.properties.persist(req.PersistOption, rules)
	t := s.custom(a, org, req, rules)
	created, expires := t.times()
	return stub.GetCustomAccessToken200JSONResponse{
		ID: t.id, Token: t.value, CreationTimeInMillis: created, ExpirationTimeInMillis: expires,
		Org: &org, User: gen.UserRef{ID: a.id, Name: a.name},
	}, nil
}

// custom puts a JWT into force.
func (s *Simulator) custom(a *account, org gen.Org, req *gen.GetCustomAccessTokenRequest, rules Properties) *token {
	t := &token{kind: KindCustom, user: a, org: org}
	s.stamp(t, s.validity(req.ValidityTimeInSec))
	t.value = jwt(claims{
		Issuer: s.URL, Subject: a.name, ID: t.id, Org: org,
		IssuedAt: t.created.Unix(), ExpiresAt: t.expires.Unix(),
		PersistOption: req.PersistOption, Rules: rules,
	})
	s.tokens[string(t.value)] = t
	return t
}
