package tokenservice_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The application has its users from a database in Latin-1. JSON would make one user of
// müller and möller, and change a rule.
func TestT1_TextThatIsNotUTF8_GetsNoToken(t *testing.T) {
	full := func(change func(*gen.GetFullAccessTokenRequest)) tokenservice.Request {
		r := gen.GetFullAccessTokenRequest{Username: "ann", AutoCreate: new(bool)}
		change(&r)
		return tokenservice.Full(r)
	}
	custom := func(value gen.FilterValue) tokenservice.Request {
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace,
			VariableValues: []gen.VariableValues{{Name: "city", Values: []gen.FilterValue{value}}}})
	}
	for name, c := range map[string]struct {
		req    tokenservice.Request
		status int
		says   string
	}{
		"user, full":                        {full(func(r *gen.GetFullAccessTokenRequest) { r.Username = "m\xfcller" }), 500, "username"},
		"user, object":                      {tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: "m\xfcller", ObjectID: "o"}), 500, "username"},
		"user, custom":                      {tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "m\xfcller", PersistOption: gen.PersistOptionNone}), 500, "username"},
		"group":                             {full(func(r *gen.GetFullAccessTokenRequest) { r.GroupIdentifiers = []string{"K\xf6ln"} }), 500, "UTF-8"},
		"display name":                      {full(func(r *gen.GetFullAccessTokenRequest) { r.DisplayName = "M\xfcller" }), 500, "UTF-8"},
		"rule":                              {custom("K\xf6ln"), 500, "UTF-8"},
		"rule, after a backslash":           {custom("\\\xf6"), 500, "UTF-8"},
		"the character for such bytes":      {custom("K\ufffdln"), 200, ""},
		"what stands for that in JSON":      {custom(`K\ufffdln`), 200, ""},
		"the same behind another backslash": {custom(`K\\ufffdln`), 200, ""},
		"UTF-8":                             {custom("Köln"), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(*http.Request) (tokenservice.Request, error) { return c.req, nil }, func(t *testing.T, x *rig) {
				for range 2 {
					resp := x.request(t, "GET", "")
					if resp.status != c.status {
						t.Errorf("status %d, a token of %q", resp.status, x.owner(t, resp.body))
					}
					if err := x.last(t).Err; c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
						t.Errorf("the error is %v", err)
					}
				}
				if n := x.sim.Calls(authtest.OpGetCustomAccessToken); c.status != 200 && n > 0 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}

// A driver of a database returns []byte for a column of texts. CustomAccess rejects it;
// the copy of a Request makes base64 of it, which is another rule.
func TestT1_ValueOfARuleThatCustomAccessRejects_GetsNoToken(t *testing.T) {
	for name, value := range map[string]any{"bytes": []byte("West"), "time": time.Unix(0, 0)} {
		t.Run(name, func(t *testing.T) {
			req := gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace,
				VariableValues: []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{value}}}}
			in(t, func(*http.Request) (tokenservice.Request, error) { return tokenservice.Custom(req), nil }, func(t *testing.T, x *rig) {
				if _, err := x.cluster.CustomAccess(req); err == nil {
					t.Fatal("CustomAccess takes the value")
				}
				for range 2 {
					problem(t, x.request(t, "GET", ""), 500)
				}
				if n := x.sim.Calls(authtest.AnyOperation); n != 0 {
					t.Errorf("%d calls", n)
				}
			})
		})
	}
}
