package authtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Token is a bearer token in force, as a test sees it: a copy. Package fmt and
// log/slog print it without its value.
type Token struct {
	// ID is the server's name for the token, and no secret. For a custom access
	// token it is the id of the response.
	ID string
	// Value is what a client sends. To read it, convert it to a string.
	Value gen.Secret
	// Kind is [KindFull], [KindObject], [KindCustom] or [KindSession].
	Kind string
	User string
	Org  gen.Org
	// ObjectID of an object access token.
	ObjectID         string
	Created, Expires time.Time
	// PersistOption and Rules are as in the request for a custom access token.
	// The rules hold for this token alone; [User.Properties] has the rules that
	// it stored for the user.
	PersistOption gen.PersistOption
	Rules         Properties
}

// Session is a cookie session in force, as a test sees it: a copy. Package fmt
// and log/slog print it without its cookies.
type Session struct {
	// SessionID and ClientID are the values of the cookies JSESSIONID and
	// clientId.
	SessionID, ClientID gen.Secret
	User                string
	Org                 gen.Org
	RememberMe          bool
	// Begun is the time of the login, and Used that of the last call.
	Begun, Used time.Time
	// Expires is when the session ends if it is not used any more.
	Expires time.Time
	// TokenID is the [Token.ID] of the token that the session was begun with,
	// or empty after a login with a password.
	TokenID string
	// Rules are those that the user has stored now: they hold for a session. The
	// rules of the token that began it do not.
	Rules Properties
}

// Tokens returns the tokens that are in force, the oldest first.
func (s *Simulator) Tokens() []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	list := make([]Token, 0, len(s.tokens))
	for _, t := range s.tokens {
		if now.Before(t.expires) {
			list = append(list, Token{
				ID: t.id, Value: t.value, Kind: t.kind, User: t.user.name, Org: t.org, ObjectID: t.objectID,
				Created: t.created, Expires: t.expires, PersistOption: t.persist, Rules: t.asked.clone(),
			})
		}
	}
	slices.SortFunc(list, func(a, b Token) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// Sessions returns the sessions that are in force, the oldest first.
func (s *Simulator) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	list := make([]Session, 0, len(s.sessions))
	for _, c := range s.sessions {
		if !now.Before(s.expires(c)) {
			continue
		}
		one := Session{
			SessionID: gen.Secret(c.id), ClientID: gen.Secret(c.clientID), User: c.user.name, Org: c.org,
			RememberMe: c.remember, Begun: c.begun, Used: c.used, Expires: s.expires(c),
			Rules: c.user.properties[c.org.ID].clone(),
		}
		if c.begunWith != nil {
			one.TokenID = c.begunWith.id
		}
		list = append(list, one)
	}
	slices.SortFunc(list, func(a, b Session) int {
		return cmp.Or(a.Begun.Compare(b.Begun), cmp.Compare(a.SessionID, b.SessionID))
	})
	return list
}

// RevokeToken ends one token, given by its value or its [Token.ID], and the
// sessions begun with it. It reports whether the token was in force.
func (s *Simulator) RevokeToken(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokens[token]
	for _, other := range s.tokens {
		if other.id == token {
			t = other
		}
	}
	if t == nil {
		return false
	}
	s.end(t)
	return s.Now().Before(t.expires)
}

// RevokeUser ends every token and every session of a user. It panics if there
// is no such user.
func (s *Simulator) RevokeUser(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustUser(name)
	s.cutOff(func(holder *account, _ gen.Org) bool { return holder == a })
}

// cutOff ends the tokens and the sessions that gone holds for. It needs s.mu.
func (s *Simulator) cutOff(gone func(holder *account, org gen.Org) bool) {
	for value, t := range s.tokens {
		if gone(t.user, t.org) {
			delete(s.tokens, value)
		}
	}
	for id, c := range s.sessions {
		if gone(c.user, c.org) {
			delete(s.sessions, id)
		}
	}
}
