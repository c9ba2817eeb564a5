package authtest

import (
	"context"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/stub"
	"github.com/go-thoughtspot/tsauth/gen"
)

// operations are the operations, in the form that the generated server
// wants: a change of the spec that they do not follow breaks the build.
type operations struct{ s *Simulator }

var _ stub.StrictServerInterface = operations{}

// Login begins a session, with a password or with the bearer token of the
// call.
func (o operations) Login(ctx context.Context, in stub.LoginRequestObject) (stub.LoginResponseObject, error) {
	s, x := o.s, exchangeOf(ctx)
	s.lock(x)
	defer s.mu.Unlock()
	var req gen.LoginRequest
	if in.Body != nil {
		req = *in.Body
	}
	a, with, org, err := s.logsIn(x, req)
	if err != nil {
		return nil, err
	}
	if req.OrgIdentifier != "" {
		found, ok := s.orgs.find(req.OrgIdentifier)
		if !ok {
			return nil, s.rejectsOrg(badRequest("org_identifier: there is no such Org"))
		}
		org = found
	}
	if !slices.Contains(a.orgs, org.ID) {
		return nil, s.rejectsOrg(forbidden("the user is not in Org %d", org.ID))
	}
	c := s.begin(a, org, req.RememberMe, with)
	return cookies{s.settings.done, s.setSession(x, c), s.setClient(x, c)}, nil
}

// logsIn returns the account that logs in, the token it logs in with, if any,
// and the Org that it goes to if the request names none.
func (s *Simulator) logsIn(x *exchange, req gen.LoginRequest) (*account, *token, gen.Org, error) {
	switch {
	case req.Username != "" && req.Password != "":
		a, err := s.checkPassword(req.Username, req.Password)
		if err != nil {
			return nil, nil, gen.Org{}, rejected(err, s.settings.loginRejection)
		}
		org, _ := s.orgs.byID(a.lastOrg)
		return a, nil, org, nil
	case req.Password != "":
		return nil, nil, gen.Org{}, badRequest("username: it is missing")
	case req.Username != "":
		return nil, nil, gen.Org{}, badRequest("password: it is missing")
	case x.r.Header.Get("Authorization") == "":
		return nil, nil, gen.Org{}, badRequest("username: it is missing, and so is a bearer token")
	}
	c, err := s.authenticate(x)
	if err != nil {
		return nil, nil, gen.Org{}, err
	}
	if c.token.kind == KindObject {
		return nil, nil, gen.Org{}, forbidden("an object access token does not begin a session")
	}
	return c.user, c.token, c.org, nil
}

// Logout ends the session, or the token, that the call came with.
func (o operations) Logout(ctx context.Context, _ stub.LogoutRequestObject) (stub.LogoutResponseObject, error) {
	s := o.s
	s.lock(exchangeOf(ctx))
	defer s.mu.Unlock()
	if err := s.logsOut(exchangeOf(ctx)); err != nil {
		return nil, err
	}
	return s.settings.done, nil
}

// logsOut ends what a call is authenticated by.
func (s *Simulator) logsOut(x *exchange) error {
	c, err := s.authenticate(x)
	if err != nil {
		return err
	}
	if c.token != nil {
		s.end(c.token)
	} else {
		delete(s.sessions, c.session.id)
	}
	return nil
}
