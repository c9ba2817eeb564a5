package embed

import (
	"context"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// everything as a value lets a user see all.
const everything = "TS_WILDCARD_ALL"

// firstRegions are the users and what they may see. The cluster creates a user with
// the user's first token.
func firstRegions() map[string]string {
	return map[string]string{"ann": "West", "bob": "East", "cat": everything}
}

// authenticate is what the token service asks of the application: who sent a
// request, by the session's cookie alone, and which token that user gets.
func (s *Site) authenticate(r *http.Request) (tokenservice.Request, error) {
	user, region := s.user(r)
	if user == "" {
		return tokenservice.Request{}, tokenservice.ErrUnauthenticated
	}
	return tokenservice.Custom(gen.GetCustomAccessTokenRequest{
		Username:          user,
		PersistOption:     gen.PersistOptionReplace,
		VariableValues:    []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{region}}},
		ValidityTimeInSec: int32(s.config.Validity / time.Second),
	}), nil
}

// session is what the application knows of a browser.
type session struct {
	user    string
	isEnded bool // the sign-out may have to be tried again
}

// sameSite is the attribute of the application's cookie.
func (s *Site) sameSite() http.SameSite {
	if s.config.SentAnywhere {
		return http.SameSiteNoneMode
	}
	return http.SameSiteLaxMode
}

// beginSignOut ends all sessions of the user who sent a request, and returns the
// user. It returns "" if there is none. The sessions are remembered for another try.
func (s *Site) beginSignOut(r *http.Request) (user string) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	user = s.sessions[cookie.Value].user
	for value, of := range s.sessions {
		if of.user == user {
			s.sessions[value] = session{user, true}
		}
	}
	return user
}

// user returns who is signed in and what that user may see, or "".
func (s *Site) user(r *http.Request) (name, region string) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.sessions[cookie.Value]
	if of.isEnded {
		return "", ""
	}
	return of.user, s.regions[of.user]
}

// SetRegion changes what a user may see, and ends the tokens with the rules
// before.
func (s *Site) SetRegion(ctx context.Context, user, region string) error {
	s.mu.Lock()
	s.regions[user] = region
	s.mu.Unlock()
	return s.Service().Forget(ctx, user)
}
