package authtest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// The names of the session's two cookies.
const (
	sessionCookie = "JSESSIONID"
	clientCookie  = "clientId"
)

// session is a cookie session.
type session struct {
	id, clientID string
	user         *account
	org          gen.Org
	remember     bool
	begun, used  time.Time
	begunWith    *token // nil if begun with a password
	rotate       bool   // gets another id at its next use
}

// expires is when a session ends that is not used any more.
func (s *Simulator) expires(c *session) time.Time {
	if c.remember {
		return c.begun.Add(s.settings.rememberFor)
	}
	return c.used.Add(s.settings.idleTimeout)
}

func (s *Simulator) begin(a *account, org gen.Org, remember bool, with *token) *session {
	now := s.millis()
	c := &session{
		id: guid(), clientID: guid(), user: a, org: org,
		remember: remember, begun: now, used: now, begunWith: with,
	}
	s.sessions[c.id] = c
	a.lastOrg = org.ID
	if a.loggedIn.IsZero() {
		a.loggedIn = now
	}
	return c
}

// resume returns the session that a request's cookies name, or nil. A request
// may lack clientId, because it is a Secure cookie and cookie jars keep it
// back on plain http; if it is sent it must be right.
func (s *Simulator) resume(x *exchange) *session {
	cookie, err := x.r.Cookie(sessionCookie)
	if err != nil {
		return nil
	}
	c := s.sessions[cookie.Value]
	if c == nil {
		return nil
	}
	if client, err := x.r.Cookie(clientCookie); err == nil && client.Value != c.clientID {
		return nil
	}
	now := s.Now()
	if !now.Before(s.expires(c)) {
		delete(s.sessions, c.id)
		return nil
	}
	c.used = now
	if c.rotate {
		delete(s.sessions, c.id)
		c.id, c.rotate = guid(), false
		s.sessions[c.id] = c
		x.header.Add("Set-Cookie", s.setSession(x, c))
	}
	return c
}

// setSession and setClient are the Set-Cookie headers of a session, with
// attributes in the order that the API's documentation shows. Attributes for
// embedding follow: browsers send a cookie across sites only with
// SameSite=None, and take that only with Secure.
func (s *Simulator) setSession(x *exchange, c *session) string {
	line := fmt.Sprintf("%s=%s; Path=/;%s HttpOnly", sessionCookie, c.id, s.maxAge(c))
	if s.embedded(x) {
		line += "; Secure; SameSite=None"
	}
	return line
}

func (s *Simulator) setClient(x *exchange, c *session) string {
	line := fmt.Sprintf("%s=%s; Path=/;%s Secure; HttpOnly", clientCookie, c.clientID, s.maxAge(c))
	if s.embedded(x) {
		line += "; SameSite=None"
	}
	return line
}

// embedded reports whether cookies are to be good for pages of other sites.
func (s *Simulator) embedded(x *exchange) bool { return x.r.TLS != nil && len(s.settings.origins) > 0 }

// maxAge is empty without remember_me: the cookies then last as long as the
// client.
func (s *Simulator) maxAge(c *session) string {
	if !c.remember {
		return ""
	}
	left := s.expires(c).Sub(s.Now()).Round(time.Second)
	return fmt.Sprintf(" Max-Age=%d;", int64(left/time.Second))
}

// RotateCookie gives each session of a user another JSESSIONID, in a
// Set-Cookie header of the session's next response. The old id ends with that
// answer. It panics if there is no such user.
func (s *Simulator) RotateCookie(username string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustUser(username)
	for _, c := range s.sessions {
		if c.user == a {
			c.rotate = true
		}
	}
}

// cookies is the response to a login. It is written by hand because the
// generated one cannot send two Set-Cookie headers.
type cookies struct {
	done

	session, client string
}

// VisitLoginResponse implements stub.LoginResponseObject.
func (c cookies) VisitLoginResponse(w http.ResponseWriter) error {
	c.add(w.Header())
	return c.write(w)
}

func (c cookies) add(answer http.Header) {
	answer.Add("Set-Cookie", c.session)
	answer.Add("Set-Cookie", c.client)
}
