package authflow_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Which Org a token is for, as its answer says.

func TestR1AnOrgIsReadAndComparedInAllItsForms(t *testing.T) {
	two := &gen.TokenScopeInput{OrgScope: gen.OrgScopeSpecificOrgs, OrgIdentifiers: []string{"4", "Sales"}}
	for _, c := range []struct {
		org   *int32
		scope *gen.TokenScopeInput
		said  string
		right bool
	}{
		{ptr(int32(4)), nil, `{"org_id":4}`, true},
		{ptr(int32(4)), nil, `{"org_id":4.0}`, true},
		{ptr(int32(4)), nil, `{"org_id":0.4e1}`, true},
		{ptr(int32(4)), nil, `{"org_id":"4"}`, true},
		{ptr(int32(4)), nil, `{"org_id":"0004"}`, true},
		{ptr(int32(4)), nil, `{"org_id":null}`, true},
		{ptr(int32(4)), nil, `{"org_ids":[{"id":4,"name":"Four"}]}`, true},
		{ptr(int32(4)), nil, `{"org_ids":[4]}`, true},
		{ptr(int32(4)), nil, `{"org_ids":"4"}`, true},
		{ptr(int32(4)), nil, `{"org_id":5}`, false},
		{ptr(int32(4)), nil, `{"org_id":4.5}`, false},
		{ptr(int32(4)), nil, `{"org_ids":[{"id":5,"name":"Five"}]}`, false},
		{nil, two, `{"org_ids":[{"id":4},{"id":2,"name":"Sales"}]}`, true},
		{nil, two, `{"org_id":4,"org_ids":[{"id":2,"name":"sales"},{"id":4.0}]}`, true},
		{nil, two, `{"org_id":4}`, true},
		{nil, two, `{"org_ids":[{"id":4}]}`, true}, // it has no name that could be another
		{nil, two, `{"org_ids":[{"id":4,"name":"Four"}]}`, false},
		{nil, two, `{"org_ids":[{"id":5,"name":"Sales"}]}`, false},
	} {
		f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, `{"token":"tok","scope":`+c.said+`}`), nil
		}).FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, OrgID: c.org, Scope: c.scope})
		if err != nil {
			t.Fatal(err)
		}
		token, err := f.Token(t.Context())
		if c.right != (err == nil) || err != nil && !strings.Contains(err.Error(), "was asked for") {
			t.Errorf("%s: %v", c.said, err)
		}
		if c.right && strings.Contains(c.said, `"org_id":`) && !strings.Contains(c.said, "null") && (token.Org == nil || token.Org.ID != 4) {
			t.Errorf("%s: read as %v", c.said, token.Org)
		}
	}
}

// L4: a token for several Orgs can be ended, and be built on: what this package
// sends with it says which Org is meant.
func TestL4ATokenForSeveralOrgsIsEnded(t *testing.T) {
	for name, scope := range map[string]*gen.TokenScopeInput{
		"two": {OrgScope: gen.OrgScopeSpecificOrgs, OrgIdentifiers: []string{"2", "Support"}}, "all": {OrgScope: gen.OrgScopeAllMemberOrgs},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f, err := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)).FullAccess(
				gen.GetFullAccessTokenRequest{Username: "ann", Scope: scope})
			if err != nil {
				t.Fatal(err)
			}
			if token, err := f.SessionToken().Token(t.Context()); err != nil || token.Username != "ann" {
				t.Errorf("%s: a session token: %v", name, err)
			}
			s, err := f.Session()
			if err != nil {
				t.Fatal(err)
			}
			mustGet(t, s)
			token, err := f.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Logout(t.Context()); err != nil || sim.RevokeToken(string(token.Value)) {
				t.Errorf("%s: still alive after Logout, %v", name, err)
			}
		}, authtest.WithOrg(2, "Sales"), authtest.WithOrg(3, "Support"), authtest.WithUser("ann", "pw", authtest.InOrgs(2, 3)))
	}
}
