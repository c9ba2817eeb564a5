package authtest

import (
	"crypto/rand"
	"encoding/base64"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The kinds of tokens, as [EchoAnswer] names them.
const (
	KindFull    = "full"
	KindObject  = "object"
	KindCustom  = "custom"
	KindSession = "session"
)

// token is a bearer token that the server has issued.
type token struct {
	value            gen.Secret
	id               string
	kind             string
	user             *account
	org              gen.Org
	orgScope         gen.OrgScope        // of a token for several Orgs
	orgs             []gen.Org           // that it is for; each call chooses one
	objectID         string              // of an object access token
	persist          gen.PersistOption   // of the request for a custom access token
	asked            Properties          // the rules of that request
	rules            *Properties         // of a custom access token with NONE
	userParameters   *gen.UserParameters // of a full or object access token that was requested with some
	created, expires time.Time
}

// opaque returns the value of a token that means nothing to a client.
func opaque() gen.Secret {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return gen.Secret(base64.RawURLEncoding.EncodeToString(b[:]))
}

// stamp gives a token its identity and its times.
func (s *Simulator) stamp(t *token, validity time.Duration) {
	t.id, t.created = guid(), s.millis()
	t.expires = t.created.Add(validity)
}

// issue puts a token with a value that means nothing into force.
func (s *Simulator) issue(t *token, validity time.Duration) *token {
	s.stamp(t, validity)
	t.value = opaque()
	s.tokens[string(t.value)] = t
	return t
}

// validity is the life of a token that was requested, given in seconds, or 0.
func (s *Simulator) validity(seconds int32) time.Duration {
	if seconds == 0 {
		return s.settings.tokenValidity
	}
	return time.Duration(seconds) * time.Second
}

// valid returns a token in force, or nil.
func (s *Simulator) valid(value string) *token {
	t := s.tokens[value]
	if t != nil && !s.Now().Before(t.expires) {
		delete(s.tokens, value)
		return nil
	}
	return t
}

// end takes a token out of force, and with it the sessions begun with it.
func (s *Simulator) end(t *token) {
	delete(s.tokens, string(t.value))
	for id, session := range s.sessions {
		if session.begunWith == t {
			delete(s.sessions, id)
		}
	}
}

// times are a token's times as answers have them.
func (t *token) times() (created, expires gen.UnixMilli) {
	return wire.UnixMilli(t.created.UnixMilli()), wire.UnixMilli(t.expires.UnixMilli())
}

func (t *token) scope() *gen.Scope {
	org := t.org.ID
	scope := &gen.Scope{AccessType: gen.AccessTypeFull, OrgID: &org, OrgScope: t.orgScope, OrgIDs: t.orgIDs()}
	if t.kind == KindObject {
		scope.AccessType, scope.MetadataID = gen.AccessTypeReportBookView, t.objectID
	}
	return scope
}

// RevokeTokens ends every token, and every session begun with one.
func (s *Simulator) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	for id, session := range s.sessions {
		if session.begunWith != nil {
			delete(s.sessions, id)
		}
	}
}

// EndSessions ends every session. Tokens issued from them stay.
func (s *Simulator) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.sessions)
}

// RevokeAll ends every token and every session.
func (s *Simulator) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
	clear(s.sessions)
}
