package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// What is refused before it does harm: secrets that are not what was meant, and
// tokens for another Org.

// badSecrets are what comes of files, variables and copying, with what the error
// says of it.
var badSecrets = map[gen.Secret]string{
	"hunter2-key\n": "line break", "hunter2-key\r\n": "line break", "hunter2-key\n\n": "line break", "hunter2\nkey": "byte 7", "hunter2-key\x00": "byte 11", "\thunter2": "byte 0",
	"hunter2\x7f": "byte 7", "hunter2\u0085key": "byte 7", "hunter2\x1b[0m": "byte 7", "hunter2\xff": "UTF-8", "hunter2\xc3": "UTF-8", "h\x00u\x00n\x00t\x00": "byte 1",
}

// X5: a key or password with more in it than was meant is refused where it is
// given, by name, and without showing it; nothing is sent that would count as a
// wrong one.
func TestX5ASecretWithMoreInItIsRefusedWhereItIsGiven(t *testing.T) {
	for secret, says := range badSecrets {
		supplied := func(ctx context.Context) (gen.Secret, error) { return secret, ctx.Err() }
		full := func(r gen.GetFullAccessTokenRequest, opts ...authflow.Option) error {
			c, err := silent(t, append(opts, once)...)
			if err != nil {
				return err
			}
			f, err := c.FullAccess(r)
			if err != nil {
				return err
			}
			return f.Renew(t.Context())
		}
		session := func(r gen.LoginRequest, opts ...authflow.FlowOption) error {
			c, err := silent(t, once)
			if err != nil {
				return err
			}
			f, err := c.Session(r, opts...)
			if err != nil {
				return err
			}
			return f.Renew(t.Context())
		}
		for field, err := range map[string]error{
			"WithSecretKey":    full(gen.GetFullAccessTokenRequest{Username: "u"}, authflow.WithSecretKey(secret)),
			"WithOrgSecretKey": full(gen.GetFullAccessTokenRequest{Username: "u", OrgID: ptr(int32(1))}, authflow.WithSecretKey("good"), authflow.WithOrgSecretKey("1", secret)),
			"secret_key":       full(gen.GetFullAccessTokenRequest{Username: "u", SecretKey: secret}),
			"secret_key ":      full(gen.GetFullAccessTokenRequest{Username: "u"}, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) { return supplied(ctx) })),
			"password":         session(gen.LoginRequest{Username: "u", Password: secret}),
			"password ":        session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(supplied)),
		} {
			var e *authflow.Error
			if !errors.Is(err, authflow.ErrInvalid) || !errors.As(err, &e) || e.Field != strings.TrimSpace(field) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "hunt") {
				t.Errorf("%s %q: %v", field, string(secret), err)
			}
		}
	}
}

// X5: what other names and texts may hold, the secrets may, too.
func TestX5SecretsOfAllLettersAreSent(t *testing.T) {
	for _, secret := range []gen.Secret{"ünïcödé", " spaces around ", "日本語", "a\u200bb", "'; DROP TABLE", `\n`, "%0a", "🔑"} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "ann", Password: secret})
			if err != nil {
				t.Fatal(err)
			}
			mustGet(t, f)
		}, authtest.WithUser("ann", string(secret)))
	}
}

// X5: an answer for another Org than was asked for is an error, in whatever form
// it says so, and one that says nothing that can be compared is none.
func TestX5TheOrgOfTheAnswerIsTheOneThatWasAskedFor(t *testing.T) {
	for _, c := range []struct {
		asked, answer string
		ok            bool
		org           *gen.Org
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
			return reply(r, 200, `{"token":"tok",`+c.answer+`}`), nil
		}, authflow.WithSecretKey("key"), authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
		f, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionReplace, OrgIdentifier: c.asked})
		if err != nil {
			t.Fatal(err)
		}
		token, err := f.Token(t.Context())
		if c.ok != (err == nil) || err != nil && !strings.Contains(err.Error(), c.asked) {
			t.Errorf("asked for %q, answered %s: %v", c.asked, c.answer, err)
		}
		got, _ := json.Marshal(token.Org)
		if want, _ := json.Marshal(c.org); c.ok && string(got) != string(want) {
			t.Errorf("asked for %q, answered %s: %s", c.asked, c.answer, got)
		}
	}
}
