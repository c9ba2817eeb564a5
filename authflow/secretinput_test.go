package authflow_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// badSecrets are secrets as they come from files, environment variables and the
// clipboard, with what the error says of them.
var badSecrets = map[gen.Secret]string{
	"hunter2-key\n": "line break", "hunter2-key\r\n": "line break", "hunter2-key\n\n": "line break", "hunter2\nkey": "byte 7", "hunter2-key\x00": "byte 11", "\thunter2": "byte 0",
	"hunter2\x7f": "byte 7", "hunter2\u0085key": "byte 7", "hunter2\x1b[0m": "byte 7", "hunter2\xff": "UTF-8", "hunter2\xc3": "UTF-8", "h\x00u\x00n\x00t\x00": "byte 1",
}

// A key or password that holds more than was meant is rejected where it is given.
// The error names the field and does not show the secret. Nothing is sent, because
// the server would count it as a wrong one.
func TestX5_SecretWithMoreInIt_IsRejectedWhereItIsGiven(t *testing.T) {
	t.Parallel()
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

func TestX5_SecretsOfAllLetters_ArriveUnchanged(t *testing.T) {
	t.Parallel()
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
