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

// firstRegions are the users and what they may see. The cluster does not have
// them before they come.
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

// user returns who is signed in and what that user may see, or "".
func (s *Site) user(r *http.Request) (name, region string) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return "", ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name = s.sessions[cookie.Value]
	return name, s.regions[name]
}

// SetRegion changes what a user may see, and ends the tokens with the rules
// before.
func (s *Site) SetRegion(ctx context.Context, user, region string) error {
	s.mu.Lock()
	s.regions[user] = region
	s.mu.Unlock()
	return s.Service().Forget(ctx, user)
}
