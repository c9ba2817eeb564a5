package tokenservice_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// minted is what a mint asked for, as far as it makes a user.
type minted struct {
	AutoCreate *bool           `json:"auto_create"`
	Email      string          `json:"email"`
	Name       string          `json:"display_name"`
	Groups     []string        `json:"group_identifiers"`
	Custom     json.RawMessage `json:"groups"`
}

func (m minted) String() string {
	s := "absent"
	if m.AutoCreate != nil {
		s = map[bool]string{true: "true", false: "false"}[*m.AutoCreate]
	}
	return strings.Trim(s+" "+m.Email+" "+m.Name+" "+strings.Join(m.Groups, " ")+string(m.Custom), " ")
}

// spy keeps what the mints asked for.
type spy struct {
	http.RoundTripper
	mints []minted
}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/auth/token/") && !strings.HasSuffix(r.URL.Path, "/revoke") {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		var m minted
		if err := json.NewDecoder(body).Decode(&m); err != nil {
			return nil, err
		}
		s.mints = append(s.mints, m)
	}
	return s.RoundTripper.RoundTrip(r)
}

// took returns what the mints since the last call asked for.
func (s *spy) took() string {
	var all []string
	for _, m := range s.mints {
		all = append(all, m.String())
	}
	s.mints = nil
	return strings.Join(all, "; ")
}

func TestUsersAreMadeOnceAndNotAtEachMint(t *testing.T) {
	yes, no := true, false
	full := func(name string, auto *bool, email string) tokenservice.Request {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: name, AutoCreate: auto, Email: email, DisplayName: "New", GroupIdentifiers: []string{"g"}})
	}
	custom := func(name string, auto *bool, email string) tokenservice.Request {
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: name, AutoCreate: auto, Email: email, DisplayName: "New",
			PersistOption: gen.PersistOptionNone, Groups: []gen.GroupIdentifier{{Identifier: "g"}}})
	}
	object := func(name string, auto *bool, email string) tokenservice.Request {
		return tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: name, ObjectID: "o", AutoCreate: auto, Email: email, DisplayName: "New", GroupIdentifiers: []string{"g"}})
	}
	for name, c := range map[string]struct {
		make        func(string, *bool, string) tokenservice.Request
		auto        *bool
		with, after string
	}{
		"full":           {full, &yes, "true e New g", "absent"},
		"object":         {object, &yes, "true e New g", "absent"},
		"custom, absent": {custom, nil, `absent e New [{"identifier":"g"}]`, `false e New [{"identifier":"g"}]`},
		"custom, true":   {custom, &yes, `true e New [{"identifier":"g"}]`, `false e New [{"identifier":"g"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := &rig{sim: authtest.New(authtest.WithUser("ann", "pw"), authtest.WithGroup("g"))}
				s := &spy{RoundTripper: x.sim.Transport()}
				cluster, err := authflow.New(x.sim.URL, authflow.WithHTTPClient(&http.Client{Transport: s}), authflow.WithSecretKey(authtest.DefaultSecretKey))
				if err != nil {
					t.Fatal(err)
				}
				user, email := "new", "e"
				x.Service, err = tokenservice.New(cluster, func(*http.Request) (tokenservice.Request, error) { return c.make(user, c.auto, email), nil })
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = x.Shutdown(t.Context()) }()
				step := func(what, want string) {
					t.Helper()
					token(t, x.ask(t, "GET", ""))
					if got := s.took(); got != want {
						t.Errorf("%s: %s, not %s", what, got, want)
					}
				}
				step("the first", c.with)
				step("the second", c.after)
				email = "f"
				step("another address", strings.Replace(c.with, " e ", " f ", 1))
				step("the same again", strings.Replace(c.after, " e ", " f ", 1))
				email = "e"
				step("the one before, which is remembered", c.after)
				if err := x.Forget(t.Context(), "new"); err != nil {
					t.Error(err)
				}
				s.took()
				step("after Forget", c.with)
				user = "ann"
				step("another user", c.with)
				user = "new"
				x.sim.Fail(authtest.AnyOperation, 1, authtest.Refuse(400, 10002, "no such user"))
				step("a user whom the cluster has lost", c.after+"; "+c.with)
				time.Sleep(time.Second) // fake clock: the pause after the refusal
				step("the same again", c.after)
			})
		})
	}
	for name, req := range map[string]tokenservice.Request{"full, absent": full("ann", nil, "e"), "full, false": full("ann", &no, "e"), "custom, false": custom("ann", &no, "e")} {
		in(t, func(*http.Request) (tokenservice.Request, error) { return req, nil }, func(t *testing.T, x *rig) {
			token(t, x.ask(t, "GET", ""))
			x.sim.ResetCalls()
			x.sim.Fail(authtest.AnyOperation, 1, authtest.Refuse(400, 10002, "no such user"))
			problem(t, x.ask(t, "GET", ""), 502)
			if n := x.sim.Calls(authtest.AnyOperation); n != 1 {
				t.Errorf("%s: %d mints for a refusal", name, n)
			}
		})
	}
}
