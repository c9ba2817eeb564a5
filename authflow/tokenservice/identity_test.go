package tokenservice_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestT1_Parameter_NeverDecidesWhoseTokenItIs(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for name, change := range map[string]func(*http.Request){
			"the query": func(r *http.Request) {
				r.URL.RawQuery = "username=bob&user=bob&u=bob&org_id=7&validity_time_in_sec=99999"
			},
			"an unreadable query":   func(r *http.Request) { r.URL.RawQuery = "%zz;;&&=bob" },
			"the path":              func(r *http.Request) { r.URL.Path = "/token/bob" },
			"user information":      func(r *http.Request) { r.SetBasicAuth("bob", "pw") },
			"a bearer":              func(r *http.Request) { r.Header.Set("Authorization", "Bearer bob") },
			"a second cookie":       func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "user", Value: "bob"}) },
			"headers of a proxy":    func(r *http.Request) { r.Header.Set("X-Forwarded-User", "bob"); r.Header.Set("Remote-User", "bob") },
			"a header of the names": func(r *http.Request) { r.Header.Set("Username", "bob"); r.Header.Set("X-User", "bob") },
			"another method":        func(r *http.Request) { r.Header.Set("X-HTTP-Method-Override", "DELETE") },
			"a very long header":    func(r *http.Request) { r.Header.Set("X-User", strings.Repeat("bob", 100_000)) },
			"a form": func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Body = http.NoBody
				r.Form = map[string][]string{"username": {"bob"}}
			},
		} {
			r := request(t, http.MethodGet, address, "ann")
			change(r)
			if who := x.owner(t, token(t, x.send(r))); who != "ann" {
				t.Errorf("%s: the token is for %s", name, who)
			}
			if e := x.last(t); e.User != "ann" {
				t.Errorf("%s: %+v", name, e)
			}
		}
	})
}

// The results of authenticate without a token, and their status.
func TestT1_UserWithoutPermission_GetsNoToken(t *testing.T) {
	ann := gen.GetFullAccessTokenRequest{Username: "ann"}
	custom := func(p gen.PersistOption) gen.GetCustomAccessTokenRequest {
		return gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: p}
	}
	with := func(change func(*gen.GetFullAccessTokenRequest)) tokenservice.Request {
		r := ann
		change(&r)
		return tokenservice.Full(r)
	}
	for name, c := range map[string]struct {
		req     tokenservice.Request
		err     error
		panics  any
		status  int
		outcome tokenservice.Outcome
		says    string // of the error
	}{
		"nobody":                {err: tokenservice.ErrUnauthenticated, status: 401, outcome: tokenservice.Unauthenticated},
		"nobody, wrapped":       {err: fmt.Errorf("no cookie: %w", tokenservice.ErrUnauthenticated), status: 401, outcome: tokenservice.Unauthenticated},
		"forbidden":             {err: fmt.Errorf("guest: %w", tokenservice.ErrForbidden), status: 403, outcome: tokenservice.Forbidden},
		"an error beside one":   {req: tokenservice.Full(ann), err: tokenservice.ErrForbidden, status: 403, outcome: tokenservice.Forbidden},
		"a failure":             {err: errors.New("the database at 10.0.0.7 is down"), status: 500, outcome: tokenservice.InternalError, says: "10.0.0.7"},
		"a panic":               {panics: "secret-of-the-stack", status: 500, outcome: tokenservice.InternalError, says: "secret-of-the-stack"},
		"a panic with an error": {panics: tokenservice.ErrUnauthenticated, status: 500, outcome: tokenservice.InternalError},
		"nothing":               {status: 500, outcome: tokenservice.InternalError, says: "neither"},
		"no name":               {req: tokenservice.Full(gen.GetFullAccessTokenRequest{}), status: 500, outcome: tokenservice.InternalError, says: "username"},
		"APPEND":                {req: tokenservice.Custom(custom(gen.PersistOptionAppend)), status: 500, outcome: tokenservice.InternalError, says: "persist_option"},
		"no persist option":     {req: tokenservice.Custom(custom("")), status: 500, outcome: tokenservice.InternalError, says: "persist_option"},
		"no object":             {req: tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: "ann"}), status: 500, outcome: tokenservice.InternalError, says: "object_id"},
		"a password":            {req: with(func(r *gen.GetFullAccessTokenRequest) { r.Password = "pw" }), status: 500, outcome: tokenservice.InternalError, says: "password"},
		"a key":                 {req: with(func(r *gen.GetFullAccessTokenRequest) { r.SecretKey = "k" }), status: 500, outcome: tokenservice.InternalError, says: "secret_key"},
		"a name of two lines":   {req: with(func(r *gen.GetFullAccessTokenRequest) { r.Username = "ann\nbob" }), status: 500, outcome: tokenservice.InternalError, says: "username"},
		"a negative validity":   {req: with(func(r *gen.GetFullAccessTokenRequest) { r.ValidityTimeInSec = -1 }), status: 500, outcome: tokenservice.InternalError, says: "validity_time_in_sec"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(*http.Request) (tokenservice.Request, error) {
				if c.panics != nil {
					panic(c.panics)
				}
				return c.req, c.err
			}, func(t *testing.T, x *rig) {
				for _, method := range []string{"GET", "GET"} { // the second time as well
					resp := x.request(t, method, "")
					if p := problem(t, resp, c.status); c.says != "" && strings.Contains(fmt.Sprint(p), c.says) {
						t.Errorf("the browser sees %v", p)
					}
					e := x.last(t)
					if e.Outcome != c.outcome || e.Err == nil || !strings.Contains(e.Err.Error(), c.says) || e.Status != c.status {
						t.Errorf("%+v", e)
					}
				}
				if n := x.sim.Calls(authtest.AnyOperation); n != 0 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}
