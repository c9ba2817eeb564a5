package authtest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// caller is whom a call is authenticated for: by a token or by a session.
type caller struct {
	user    *account
	org     gen.Org
	token   *token
	session *session
}

// auth names the way in.
func (c *caller) auth() string {
	if c.token != nil {
		return "bearer"
	}
	return "session"
}

func (c *caller) kind() string {
	if c.token != nil {
		return c.token.kind
	}
	return ""
}

// authenticate finds the caller of a call. An Authorization header goes
// before the cookies, also when it is wrong. It needs s.mu.
func (s *Simulator) authenticate(x *exchange) (*caller, error) {
	c, err := s.bearer(x)
	if err != nil {
		return nil, err
	}
	if c == nil {
		session := s.resume(x)
		if session == nil {
			return nil, unauthorized("the call has no valid token and no valid session")
		}
		c = &caller{user: session.user, org: session.org, session: session}
	}
	if err := c.user.usable(s.Now()); err != nil {
		return nil, err
	}
	if err := s.choose(x, c); err != nil {
		return nil, err
	}
	x.caller = c
	return c, nil
}

// bearer returns the caller whom a bearer token names, or nil if there is no
// Authorization header.
func (s *Simulator) bearer(x *exchange) (*caller, error) {
	header := x.r.Header.Get("Authorization")
	if header == "" {
		return nil, nil
	}
	scheme, value, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, unauthorized("the Authorization header is not a bearer token")
	}
	t := s.valid(strings.TrimSpace(value))
	if t == nil {
		return nil, unauthorized("the token is not valid: unknown, expired or revoked")
	}
	return &caller{user: t.user, org: t.org, token: t}, nil
}

// checkPassword returns the account of a user whose password is right. A user
// who does not exist and a wrong password have the same response.
func (s *Simulator) checkPassword(username string, password gen.Secret) (*account, error) {
	wrong := unauthorized("the username or the password is wrong")
	a := s.users[username]
	if a == nil {
		return nil, wrong
	}
	now := s.Now()
	if err := a.usable(now); err != nil {
		return nil, err
	}
	if a.password == "" || password != a.password {
		a.miss(now)
		return nil, wrong
	}
	a.misses = nil
	if s.mfa {
		return nil, unauthorized("multi-factor authentication is on: a password alone does not do")
	}
	return a, nil
}

// rejected answers wrong credentials with the status that the simulator was
// told to use.
func rejected(err error, status int) error {
	var r *refusalError
	if errors.As(err, &r) && r.status == http.StatusUnauthorized {
		return refusalFor(status, r.debug)
	}
	return err
}
