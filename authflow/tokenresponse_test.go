package authflow_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR1_Org_IsComparedInAllItsForms(t *testing.T) {
	t.Parallel()
	two := &gen.TokenScopeInput{OrgScope: gen.OrgScopeSpecificOrgs, OrgIdentifiers: []string{"4", "Sales"}}
	for _, c := range []struct {
		org    *int32
		scope  *gen.TokenScopeInput
		stated string
		right  bool
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
		{nil, two, `{"org_ids":[{"id":4}]}`, true}, // the other Org may be the same one
		{nil, two, `{"org_ids":[{"id":4,"name":"Four"}]}`, false},
		{nil, two, `{"org_ids":[{"id":5,"name":"Sales"}]}`, false},
	} {
		f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, `{"token":"tok","scope":`+c.stated+`}`), nil
		}).FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, OrgID: c.org, Scope: c.scope})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			token, err := f.Token(t.Context())
			if c.right != (err == nil) || err != nil && !strings.Contains(err.Error(), "was requested") {
				t.Errorf("%s: %v", c.stated, err)
			}
			hasNumber := strings.Contains(c.stated, `"org_id":`) && !strings.Contains(c.stated, "null")
			if c.right && hasNumber && (token.Org == nil || token.Org.ID != 4) {
				t.Errorf("%s: read as %v", c.stated, token.Org)
			}
		}
	}
}

// A token for several Orgs can be revoked, and other credentials can be acquired
// with it. The calls say which of the Orgs they mean.
func TestL4_TokenForSeveralOrgs_IsEnded(t *testing.T) {
	t.Parallel()
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
			token := mustToken(t, f)
			if err := f.Logout(t.Context()); err != nil || sim.RevokeToken(string(token.Value)) {
				t.Errorf("%s: still alive after Logout, %v", name, err)
			}
		}, authtest.WithOrg(2, "Sales"), authtest.WithOrg(3, "Support"), authtest.WithUser("ann", "pw", authtest.InOrgs(2, 3)))
	}
}

// namedTokens are the responses of the token operations for a user by name.
var namedTokens = map[string]struct {
	path   string // the end of it
	body   string // with NAME for the user name
	access func(*authflow.Cluster, string, ...authflow.FlowOption) (*authflow.Flow, error)
}{
	"full": {"/token/full", `{"token":"tok","valid_for_username":"NAME"}`, func(c *authflow.Cluster, user string, opts ...authflow.FlowOption) (*authflow.Flow, error) {
		return c.FullAccess(gen.GetFullAccessTokenRequest{Username: user}, opts...)
	}},
	"object": {"/token/object", `{"token":"tok","valid_for_username":"NAME"}`, func(c *authflow.Cluster, user string, opts ...authflow.FlowOption) (*authflow.Flow, error) {
		return c.ObjectAccess(gen.GetObjectAccessTokenRequest{Username: user, ObjectID: "o"}, opts...)
	}},
	"custom": {"/token/custom", `{"token":"tok","user":{"id":"1","name":"NAME"}}`, func(c *authflow.Cluster, user string, opts ...authflow.FlowOption) (*authflow.Flow, error) {
		return c.CustomAccess(gen.GetCustomAccessTokenRequest{Username: user, PersistOption: gen.PersistOptionReplace}, opts...)
	}},
	"of a session": {"/session/token", `{"token":"tok","valid_for_username":"NAME"}`, func(c *authflow.Cluster, user string, opts ...authflow.FlowOption) (*authflow.Flow, error) {
		s, err := c.Session(gen.LoginRequest{Username: user, Password: "hunter22"}, opts...)
		if err != nil {
			return nil, err
		}
		return s.SessionToken(), nil
	}},
}

// Ann requested a token, and the response has one for bob. Before, it was handed
// out.
func TestS5_TokenForAnotherUser_IsAnError(t *testing.T) {
	t.Parallel()
	for op, c := range namedTokens {
		for _, user := range []struct {
			requested, stated string
			opts              []authflow.FlowOption
			right             bool
		}{
			{"ann", "bob", nil, false},
			{"ann", "anna", nil, false},
			{"ann", "ann", nil, true},
			{"ann", "Ann", nil, true},
			{"Größe", "GRÖßE", nil, true},
			{"ann", " ann ", nil, true},
			{"ann", "", nil, true},
			{"ann@acme.example", "ann", nil, false},
			{"ann@acme.example", "ann", []authflow.FlowOption{authflow.WithAlias("ann")}, true},
			{"ann@acme.example", "ANN", []authflow.FlowOption{authflow.WithAlias("ann")}, true},
			{"ann@acme.example", "bob", []authflow.FlowOption{authflow.WithAlias("ann")}, false},
			{"ann@acme.example", "ann@acme.example", []authflow.FlowOption{authflow.WithAlias("ann")}, true},
			{"ann", "bob", []authflow.FlowOption{authflow.WithAlias("")}, false},
		} {
			synctest.Test(t, func(t *testing.T) {
				f, err := c.access(fakeCluster(t, func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/login") {
						return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s; Path=/"), nil
					}
					if strings.HasSuffix(r.URL.Path, c.path) {
						return reply(r, 200, strings.ReplaceAll(c.body, "NAME", user.stated)), nil
					}
					return reply(r, 200, "{}"), nil
				}, authflow.WithSecretKey(mixedKey)), user.requested, user.opts...)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					token, err := f.Token(t.Context())
					_, doErr := get(t.Context(), f)
					if user.right != (err == nil) || user.right != (doErr == nil) {
						t.Errorf("%s: %q requested, %q stated: %v, %v", op, user.requested, user.stated, err, doErr)
					}
					var e *authflow.Error
					if !user.right && (token.Value != "" || !errors.As(err, &e) || e.Retryable() || e.Class() != "unexpected" || strings.Contains(err.Error(), "bob")) {
						t.Errorf("%s: %q requested, %q stated: %q, %v", op, user.requested, user.stated, string(token.Value), err)
					}
				}
			})
		}
	}
}
