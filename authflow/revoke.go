package authflow

import (
	"context"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Revoke revokes a token on the server (operation revokeToken), with the token itself as
// the credential: for example a token that another process has acquired, or that was
// stored. Of the Token, Value and Username are required. Revoke returns nil for a token
// that has expired, by t.ExpiredBy, or that the server rejects. With [Everywhere], it
// revokes all tokens of the user.
//
// Revoke takes no longer than ctx allows, and no longer than Policy.Timeout. Like Logout,
// it goes before calls for new credentials. To revoke the tokens of a Flow, use
// [Flow.Logout].
func (c *Cluster) Revoke(ctx context.Context, t Token, opts ...LogoutOption) error {
	const op = "Revoke"
	value, err := newBearer(t)
	if err != nil {
		return invalid(op, "t.Value", err.Error())
	}
	if t.Username == "" {
		return invalid(op, "t.Username", "must not be empty")
	}
	now := time.Now()
	if !t.ExpiredBy.IsZero() && !t.ExpiredBy.After(now) {
		return nil
	}
	l, err := c.policy.grantToken(Token{}, value, now)
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	l.ID = c.idOf(value.header[0])
	f := c.start(&Flow{method: methodTokensFrom, credentialRequest: newCredentialRequest("", t.Username, "", "", "")})
	f.owing().add(f.newDebt(l, renewal.Forever))
	ctx, cancel := context.WithTimeout(ctx, c.policy.Timeout)
	defer cancel()
	return f.endOwed(ctx, logoutOptionsOf(opts))
}
