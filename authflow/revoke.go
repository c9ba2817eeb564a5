package authflow

import (
	"context"
	"time"
)

// Revoke ends a token on the server (operation revokeToken), with the token itself as
// the credential: one that another process has acquired, or that was stored. Of the
// Token, Value and Username are required. A token that has ended already, by t.Deadline
// or because the server rejects it, is no error. With [Everywhere], all tokens of its
// user end.
//
// Revoke takes no longer than ctx allows, and no longer than Policy.Timeout. It takes its
// turn before calls for new credentials, like Logout. To end the tokens of a Flow, use
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
	if !t.Deadline.IsZero() && !t.Deadline.After(now) {
		return nil
	}
	l, err := c.policy.grantToken(t, value, now)
	if err != nil {
		return &Error{Op: op, Err: err}
	}
	l.ID = c.idOf(value.header[0])
	f := c.start(&Flow{method: methodTokensFrom, credentialRequest: newCredentialRequest("", t.Username, "", "", "")})
	f.trackForRevocation(l)
	ctx, cancel := context.WithTimeout(ctx, c.policy.Timeout)
	defer cancel()
	return f.endOwed(ctx, logoutOptionsOf(opts))
}
