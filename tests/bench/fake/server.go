// Package fake is the server that all libraries are measured against: it mints
// tokens slowly, lets them expire, and rejects expired ones.
package fake

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// TokenSize is the length of every token in bytes.
const TokenSize = 200

// Where tokens are minted: ThoughtSpot's operation getFullAccessToken, and
// GitHub's for ghinstallation, which cannot be told another path or answer.
const (
	MintPath   = "/api/rest/2.0/auth/token/full"
	GitHubPath = "/app/installations/"
)

// Server mints tokens and answers API requests that carry one. It is an
// http.Handler for a real socket and an http.RoundTripper in process.
type Server struct {
	mints atomic.Int64
	life  atomic.Int64 // of the tokens minted from now on, in nanoseconds
	delay atomic.Int64 // of a mint call, in nanoseconds
	hook  atomic.Pointer[Hook]

	mu   sync.RWMutex
	live map[string]time.Time // when each token expires
	keep bool
}

// New returns a server whose tokens live for life and whose mint calls take
// delay.
func New(life, delay time.Duration) *Server {
	s := &Server{live: map[string]time.Time{}, keep: true}
	s.Set(life, delay)
	return s
}

// NewForgetful returns a server that keeps no list of its tokens, so that a
// million of them weigh nothing on the memory that is measured. It rejects
// every API request.
func NewForgetful(life time.Duration) *Server {
	s := New(life, 0)
	s.keep = false
	return s
}

// Set changes the life of later tokens and the delay of later mint calls.
func (s *Server) Set(life, delay time.Duration) {
	s.life.Store(int64(life))
	s.delay.Store(int64(delay))
}

// Hook decides how a mint call ends: with a token if it returns 0, and otherwise with
// that status. It may wait, until ctx ends.
type Hook func(ctx context.Context, username string) (status int)

// OnMint lets fn be called in each mint call after the delay; nil ends that.
func (s *Server) OnMint(fn Hook) {
	if fn == nil {
		s.hook.Store(nil)
		return
	}
	s.hook.Store(&fn)
}

// Mints returns how many mint calls there were, with those that got no token.
func (s *Server) Mints() int64 { return s.mints.Load() }

// RevokeAll ends all tokens.
func (s *Server) RevokeAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.live)
}

// Issue returns a token for a client that is given one and never asks; it
// counts as no call.
func (s *Server) Issue(life time.Duration) string {
	token, _, _ := s.issue("issued", 0, life)
	return token
}

func (s *Server) issue(kind string, n int64, life time.Duration) (token string, created, expires time.Time) {
	token = fmt.Sprintf("%s-%0*d", kind, TokenSize-len(kind)-1, n)
	created = time.Now()
	expires = created.Add(life)
	if s.keep {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.live[token] = expires
	}
	return token, created, expires
}

// accepts reports whether an Authorization header holds a live token.
func (s *Server) accepts(header string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		token, ok = strings.CutPrefix(header, "token ") // GitHub's scheme
	}
	if !ok {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	expires, known := s.live[token]
	return known && time.Now().Before(expires)
}

// answer returns the response to a request, however it arrived.
func (s *Server) answer(req *http.Request) (status int, body []byte) {
	switch path := req.URL.Path; {
	case path == MintPath, strings.HasPrefix(path, GitHubPath):
		return s.mint(req, path == MintPath)
	case s.accepts(req.Header.Get("Authorization")):
		return http.StatusOK, []byte(`{"name":"answer"}`)
	default:
		return http.StatusUnauthorized, []byte(`{"error":{"message":"unauthorized"}}`)
	}
}

func (s *Server) mint(req *http.Request, thoughtSpot bool) (int, []byte) {
	n := s.mints.Add(1)
	var asked struct{ Username string }
	if thoughtSpot && json.NewDecoder(req.Body).Decode(&asked) != nil {
		return http.StatusBadRequest, []byte(`{"error":{"message":"not JSON"}}`)
	}
	if d := time.Duration(s.delay.Load()); d > 0 {
		<-time.After(d)
	}
	if fn := s.hook.Load(); fn != nil {
		if status := (*fn)(req.Context(), asked.Username); status != 0 {
			return status, []byte(`{"error":{"message":"try again"}}`)
		}
	}
	token, created, expires := s.issue("minted", n, time.Duration(s.life.Load()))
	if !thoughtSpot {
		body, _ := json.Marshal(map[string]any{"token": token, "expires_at": expires})
		return http.StatusCreated, body
	}
	return http.StatusOK, fmt.Appendf(nil,
		`{"token":%q,"creation_time_in_millis":%d,"expiration_time_in_millis":%d,`+
			`"scope":{"access_type":"FULL","org_id":0},"valid_for_user_id":"59a122dc","valid_for_username":%q}`,
		token, created.UnixMilli(), expires.UnixMilli(), asked.Username)
}
