package authflow_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A response for another Org than the requested one is an error, in whatever form
// the response names the Org. A response that names no Org that can be compared is
// accepted.
func TestX5_OrgOfTheResponse_MustBeTheRequestedOne(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		requested, response string
		ok                  bool
		org                 *gen.Org
	}{
		{"1", `"org":{"id":1,"name":"Sales"}`, true, &gen.Org{ID: 1, Name: "Sales"}},
		{"1", `"org":{"id":"1","name":"Sales"}`, true, &gen.Org{ID: 1, Name: "Sales"}},
		{"1", `"scope":{"org_id":1}`, true, &gen.Org{ID: 1}},
		{"1", `"scope":{"org_id":"1"}`, true, &gen.Org{ID: 1}},
		{"0001", `"scope":{"org_id":"1"}`, true, &gen.Org{ID: 1}},
		{"0", `"scope":{"org_id":0}`, true, &gen.Org{}},
		{"1", `"scope":{"org_id":null}`, true, nil},
		{"1", `"scope":null,"org":null`, true, nil},
		{"1", `"scope":"x","org":[1]`, true, nil},
		{"1", `"org":{"name":"Sales"}`, true, nil},
		{"1", `"org":{"id":2}`, false, nil},
		{"1", `"scope":{"org_id":"2"}`, false, nil},
		{"1", `"scope":{"org_id":0}`, false, nil},
		{"1", `"scope":{"org_id":2147483648}`, false, nil},
		{"sales", `"org":{"id":1,"name":"Sales"}`, true, &gen.Org{ID: 1, Name: "Sales"}},
		{"Sales", `"org":{"id":1}`, true, &gen.Org{ID: 1}},
		{"Sales", `"scope":{"org_id":"1"}`, true, &gen.Org{ID: 1}},
		{"Sales", `"org":{"id":1,"name":"Marketing"}`, false, nil},
		{"Sales", `"org":{"name":"Marketing"}`, false, nil},
		{"2024", `"org":{"id":5,"name":"2024"}`, true, &gen.Org{ID: 5, Name: "2024"}},
		{"", `"org":{"id":5,"name":"any"}`, true, &gen.Org{ID: 5, Name: "any"}},
	} {
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, `{"token":"tok",`+c.response+`}`), nil
		}, authflow.WithSecretKey("key"), authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
		f, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace, OrgIdentifier: c.requested})
		if err != nil {
			t.Fatal(err)
		}
		token, err := f.Token(t.Context())
		if c.ok != (err == nil) || err != nil && !strings.Contains(err.Error(), c.requested) {
			t.Errorf("requested %q, response %s: %v", c.requested, c.response, err)
		}
		if !c.ok && !errors.Is(err, authflow.ErrWrongPrincipal) {
			t.Errorf("requested %q, response %s: not ErrWrongPrincipal: %v", c.requested, c.response, err)
		}
		got, _ := json.Marshal(token.Org)
		if want, _ := json.Marshal(c.org); c.ok && string(got) != string(want) {
			t.Errorf("requested %q, response %s: %s", c.requested, c.response, got)
		}
	}
}
