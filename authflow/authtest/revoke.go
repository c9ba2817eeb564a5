package authtest

import (
	"context"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

func (s *Simulator) administers(a *account) bool {
	return slices.Contains(s.privilegesOf(a), PrivilegeAdministration)
}

// RevokeToken ends one token of a user, or all of them.
func (o operations) RevokeToken(ctx context.Context, in stub.RevokeTokenRequestObject) (stub.RevokeTokenResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	c, err := s.authenticate(exchangeOf(ctx))
	if err != nil {
		return nil, err
	}
	ending, err := s.revocable(c, in.Body)
	if err != nil {
		return nil, err
	}
	for _, t := range ending {
		s.end(t)
	}
	return s.settings.done, nil
}

// revocable returns the tokens that a request ends, if the caller may.
func (s *Simulator) revocable(c *caller, req *gen.RevokeTokenRequest) ([]*token, error) {
	if req.Token == "" && req.UserIdentifier == "" {
		return nil, badRequest("user_identifier and token: one of them is needed")
	}
	own, admin := c.user, s.administers(c.user)
	target := own
	if id := req.UserIdentifier; id != "" && id != own.id && id != own.name {
		if !admin {
			return nil, forbidden("ending the tokens of another user needs the privilege %s", PrivilegeAdministration)
		}
		target = s.users.find(id)
		if target == nil {
			return nil, badRequest("user_identifier: there is no such user")
		}
	}
	if req.Token == "" {
		if c.kind() == KindObject {
			return nil, forbidden("an object access token ends no token but itself")
		}
		return s.tokensOf(target), nil
	}
	t := s.valid(string(req.Token))
	switch {
	case t == nil:
		return nil, badRequest("token: it is not valid")
	case req.UserIdentifier != "" && t.user != target:
		return nil, badRequest("token: it belongs to another user than user_identifier")
	case t.user != own && !admin:
		return nil, forbidden("ending the token of another user needs the privilege %s", PrivilegeAdministration)
	case c.kind() == KindObject && t != c.token:
		return nil, forbidden("an object access token ends no token but itself")
	}
	return []*token{t}, nil
}

func (s *Simulator) tokensOf(a *account) []*token {
	var list []*token
	for _, t := range s.tokens {
		if t.user == a {
			list = append(list, t)
		}
	}
	return list
}

// ValidateToken tells whom a token is for. An expired, a revoked and a
// malformed token are all answered with 400.
func (o operations) ValidateToken(ctx context.Context, in stub.ValidateTokenRequestObject) (stub.ValidateTokenResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	if _, err := s.authenticate(exchangeOf(ctx)); err != nil {
		return nil, err
	}
	t := s.valid(string(in.Body.Token))
	if t == nil {
		return nil, badRequest("token: it is not valid: unknown, expired or revoked")
	}
	created, expires := t.times()
	return whole{gen.TokenValidationResponse{
		CreationTimeInMillis: created, ExpirationTimeInMillis: expires, Scope: t.scope(),
		TokenType: "BEARER", ValidForUserID: t.user.id,
	}}, nil
}
