package authtest

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// EchoAnswer is the response of every path below /api/rest/2.0/ that is not one
// of the eleven operations. It shows the caller and the request. It stands for the
// rest of the API, and like it needs a token or a session. [Simulator.SetAnswer]
// puts other responses in its place.
//
// An object access token reads: it may GET and POST here, but not PUT, PATCH
// or DELETE.
type EchoAnswer struct {
	Method string `json:"method"`
	Path   string `json:"path"`
	Query  string `json:"query,omitempty"`
	// User is the name of the authenticated user.
	User string `json:"user"`
	// Auth is "bearer" or "session".
	Auth string `json:"auth"`
	// TokenKind is [KindFull], [KindObject], [KindCustom] or [KindSession];
	// empty where Auth is "session".
	TokenKind string `json:"token_kind,omitempty"`
	// OrgID is the Org of the token or session.
	OrgID int32 `json:"org_id"`
	// Rules are the security rules that hold for the call: of a custom access
	// token with NONE those of the token, and otherwise those that the user has
	// stored in the Org. Nil if there are none.
	Rules *Properties `json:"rules,omitempty"`
	// UserParameters are the parameters of the full or object access token, or else those
	// that the user has stored. Nil if there are none.
	UserParameters *gen.UserParameters `json:"user_parameters,omitempty"`
	// Body is the body of the request, up to 64 KiB of it.
	Body string `json:"body"`
}

// maxEcho is how much of a body is sent back, in bytes.
const maxEcho = 64 << 10

func (s *Simulator) echo(w http.ResponseWriter, r *http.Request) {
	c, answer, err := s.rest(r)
	if err != nil {
		s.refuse(w, err)
		return
	}
	if answer != nil {
		answer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.reflect(w, r, c) })).ServeHTTP(w, r)
		return
	}
	s.reflect(w, r, c)
}

// rest returns who calls the rest of the API, and the response that the test
// has set, or nil.
func (s *Simulator) rest(r *http.Request) (*caller, Fault, error) {
	x := exchangeOf(r.Context())
	s.lock(x)
	defer s.mu.Unlock()
	c, err := s.authenticate(x)
	if err != nil {
		return nil, nil, err
	}
	if c.kind() == KindObject {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodPost:
		default:
			return nil, nil, forbidden("an object access token is read-only")
		}
	}
	return c, s.canned.take(r.Method, r.URL.Path), nil
}

// reflect sends back what arrived.
func (s *Simulator) reflect(w http.ResponseWriter, r *http.Request, c *caller) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEcho))
	if err != nil {
		s.refuse(w, err)
		return
	}
	x := exchangeOf(r.Context())
	answer := EchoAnswer{
		Method: x.method, Path: x.path, Query: r.URL.RawQuery,
		User: c.user.name, Auth: c.auth(), TokenKind: c.kind(), OrgID: c.org.ID, Body: string(body),
	}
	s.lock(x)
	if rules := c.rules().clone(); !rules.empty() {
		answer.Rules = &rules
	}
	answer.UserParameters = c.parameters()
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}
