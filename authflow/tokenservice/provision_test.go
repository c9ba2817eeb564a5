package tokenservice_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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

// provisioning is the part of a request for a token that creates or changes a user.
type provisioning struct {
	AutoCreate *bool           `json:"auto_create"`
	Email      string          `json:"email"`
	Name       string          `json:"display_name"`
	Groups     []string        `json:"group_identifiers"`
	Custom     json.RawMessage `json:"groups"`
}

func (p provisioning) String() string {
	s := "absent"
	if p.AutoCreate != nil {
		s = map[bool]string{true: "true", false: "false"}[*p.AutoCreate]
	}
	return strings.Trim(s+" "+p.Email+" "+p.Name+" "+strings.Join(p.Groups, " ")+string(p.Custom), " ")
}

// spy records the requests for tokens.
type spy struct {
	http.RoundTripper
	requests []provisioning
}

func (s *spy) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Path, "/auth/token/") && !strings.HasSuffix(r.URL.Path, "/revoke") {
		body, err := r.GetBody()
		if err != nil {
			return nil, err
		}
		var p provisioning
		if err := json.NewDecoder(body).Decode(&p); err != nil {
			return nil, err
		}
		s.requests = append(s.requests, p)
	}
	return s.RoundTripper.RoundTrip(r)
}

// since returns the requests for tokens since the last call of since.
func (s *spy) since() string {
	var all []string
	for _, p := range s.requests {
		all = append(all, p.String())
	}
	s.requests = nil
	return strings.Join(all, "; ")
}

// T6: groups are sent as they are given with each token. E-mail and display name of a
// request without groups are not repeated within ten minutes.
func TestT6_ProfileWithoutGroups_IsSentOnceInTenMinutes(t *testing.T) {
	yes, no := true, false
	full := func(email, group string, auto *bool) tokenservice.Request {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "new", AutoCreate: auto, Email: email, DisplayName: "New", GroupIdentifiers: groups(group)})
	}
	object := func(email, group string, auto *bool) tokenservice.Request {
		return tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: "new", ObjectID: "o", AutoCreate: auto, Email: email, DisplayName: "New", GroupIdentifiers: groups(group)})
	}
	custom := func(email, group string, auto *bool) tokenservice.Request {
		r := gen.GetCustomAccessTokenRequest{Username: "new", AutoCreate: auto, Email: email, DisplayName: "New", PersistOption: gen.PersistOptionNone}
		for _, g := range groups(group) {
			r.Groups = append(r.Groups, gen.GroupIdentifier{Identifier: g})
		}
		return tokenservice.Custom(r)
	}
	for name, c := range map[string]struct {
		request func(email, group string, auto *bool) tokenservice.Request
		auto    *bool
		sent    string
		group   string
	}{
		"full":           {full, &yes, "true", " g"},
		"full, off":      {full, &no, "false", " g"},
		"object":         {object, &yes, "true", " g"},
		"custom, absent": {custom, nil, "absent", ` [{"identifier":"g"}]`},
		"custom, true":   {custom, &yes, "true", ` [{"identifier":"g"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := &rig{sim: authtest.New(authtest.WithUser("new", "pw"), authtest.WithGroup("g"))}
				s := &spy{RoundTripper: x.sim.Transport()}
				x.options = []authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: s})}
				email, group := "e", ""
				x.start(t, func(*http.Request) (tokenservice.Request, error) { return c.request(email, group, c.auto), nil })
				defer func() { _ = x.Shutdown(t.Context()) }()
				step := func(what, want string) {
					t.Helper()
					token(t, x.request(t, "GET", ""))
					if got := s.since(); got != want {
						t.Errorf("%s: %s, not %s", what, got, want)
					}
				}
				step("the first", c.sent+" e New")
				step("the second", c.sent)
				email = "f"
				step("another address", c.sent+" f New")
				step("the same again", c.sent)
				time.Sleep(10 * time.Minute) // fake clock
				step("ten minutes later", c.sent+" f New")
				step("the same again", c.sent)
				if err := x.Forget(t.Context(), "new"); err != nil {
					t.Error(err)
				}
				step("after a sign-out", c.sent+" f New")
				x.sim.Fail(authtest.AnyOperation, 1, authtest.Reject(400, 10002, "no such user"))
				step("a user that the cluster has lost", c.sent+"; "+c.sent+" f New")
				time.Sleep(time.Second) // fake clock: the pause after the rejection
				step("the same again", c.sent)
				group = "g"
				for range 2 {
					step("with a group", c.sent+" f New"+c.group)
				}
			})
		})
	}
}

func groups(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// The user takes an earlier address again.
func TestT6_ProfileThatIsChangedBack_IsSentAgain(t *testing.T) {
	yes, email := true, ""
	in(t, func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann", AutoCreate: &yes, Email: email}), nil
	}, func(t *testing.T, x *rig) {
		for range 2 {
			for _, email = range []string{"ann@old.example", "ann@new.example"} {
				for range 2 {
					token(t, x.request(t, "GET", ""))
					user, _ := x.sim.User("ann")
					if user.Email != email {
						t.Errorf("the cluster has %s, not %s", user.Email, email)
					}
				}
			}
		}
	})
}

// A failure of the server does not mean that the server has lost the user.
func TestT6_FailureOfTheServer_CostsOneCall(t *testing.T) {
	yes := true
	calls := map[string]int{}
	for email, user := range map[string]string{"": "ann", "e": "bob"} {
		in(t, func(*http.Request) (tokenservice.Request, error) {
			return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: user, AutoCreate: &yes, Email: email}), nil
		}, func(t *testing.T, x *rig) {
			token(t, x.request(t, "GET", ""))
			x.sim.ResetCalls()
			x.sim.Fail(authtest.AnyOperation, -1, authtest.Status(500))
			x.request(t, "GET", "")
			calls[email] = x.sim.Calls(authtest.AnyOperation)
		})
	}
	if calls["e"] == 0 || calls["e"] != calls[""] {
		t.Errorf("%d calls with an e-mail address that may be left out, %d without one", calls["e"], calls[""])
	}
}

// The rights of the latest request count, whichever replica gets it.
func TestT6_GroupsThatAreTakenBack_AreGoneWithTheNextToken(t *testing.T) {
	yes := true
	orders := [][]int{{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1}, {0, 1, 2}}
	for _, order := range orders {
		group := ""
		inFleet(t, nil, func(*http.Request) (tokenservice.Request, error) {
			return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann", AutoCreate: &yes, Email: "e", GroupIdentifiers: []string{group}}), nil
		}, func(t *testing.T, f *fleet) {
			for round := range 2 {
				for i, g := range []string{"Viewers", "Admins", "Viewers"} {
					group = g
					token(t, f.replicas[order[i]].request(t, "GET", ""))
					user, _ := f.sim.User("ann")
					if got := fmt.Sprint(user.Groups); got != "["+g+"]" {
						t.Errorf("order %v, round %d: after a token for %s the user is in %s", order, round, g, got)
					}
				}
			}
		})
	}
}

// A later change of the values in a Request has no effect.
func TestT6_Request_IsACopy(t *testing.T) {
	values := []any{int64(9007199254740993)}
	rules := []gen.FilterRule{{ColumnName: "region", Operator: "EQ", Values: values}}
	req := tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionNone, FilterRules: rules})
	in(t, func(*http.Request) (tokenservice.Request, error) { return req, nil }, func(t *testing.T, x *rig) {
		rules[0].ColumnName, values[0] = "other", "x"
		var sent []byte
		x.sim.Fail(authtest.OpGetCustomAccessToken, 1, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent, _ = io.ReadAll(r.Body)
				r.Body = io.NopCloser(bytes.NewReader(sent))
				next.ServeHTTP(w, r)
			})
		})
		token(t, x.request(t, "GET", ""))
		if !strings.Contains(string(sent), `"column_name":"region"`) || !strings.Contains(string(sent), "9007199254740993") {
			t.Errorf("the cluster gets %s", sent)
		}
	})
}
