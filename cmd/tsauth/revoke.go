package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

type revokeCommand struct {
	All   bool   `xor:"what" help:"End all tokens of the user, wherever they were made, also those that other programs use."`
	User  string `xor:"what" placeholder:"NAME" help:"End all tokens of another user. Needs administration privileges."`
	Stdin bool   `xor:"what" help:"End the token on standard input."`
}

// Help implements a hook of kong.
func (*revokeCommand) Help() string {
	return `Ends the token that is stored on this machine for the settings, if there is one. Programs that
got it from tsauth token cannot use it any more, and the next run gets a new one. Passwords and
secret keys stay as they are, and so do other tokens of the user, such as the tokens of --as,
--request, --no-store and other machines: use --all or --user, or give one of them on standard
input.

NAME may be a GUID. The tokens that this machine has stored for other users of the server are
then forgotten as well, but not revoked: a GUID does not say whose they are.

Examples:

  tsauth revoke
  tsauth revoke --stdin < token.txt`
}

// Run revokes tokens.
func (c *revokeCommand) Run(ctx context.Context, p *program) error {
	if c.Stdin {
		if p.flags.PasswordStdin || p.flags.SecretKeyStdin {
			return usagef("--stdin must not be given together with --password-stdin or --secret-key-stdin")
		}
		p.flags.TokenStdin = true
	}
	conn, err := p.connectToRevoke(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.User != "":
		return conn.revokeUser(ctx, p, c.User)
	case conn.settings.Credential.Kind == "token":
		return conn.revokeGiven(ctx, p, c.options())
	}
	if !c.All {
		return conn.revokeStored(ctx, p)
	}
	// A flow revokes by a token that it has: this finds the stored one, or gets one that is
	// then revoked with the others.
	if _, err := conn.flow.Token(ctx); err != nil {
		return err
	}
	if err := conn.flow.Logout(ctx, c.options()...); err != nil {
		return err
	}
	return conn.forget(ctx, p, conn.settings.Username.Text)
}

// connectToRevoke makes a connection that takes a stored token as long as it lives, and
// does not replace one that will soon expire.
func (p *program) connectToRevoke(ctx context.Context) (*connection, error) {
	s, err := p.settings("")
	if err != nil {
		return nil, err
	}
	_, opts := p.openStore(ctx, s, s.Username.Text)
	return p.connect(s, append(opts, authflow.WithPolicy(authflow.Policy{RenewAt: 1, MinTTL: 1}))...)
}

// revokeStored revokes the stored token. Without one it sends nothing.
func (c *connection) revokeStored(ctx context.Context, p *program) error {
	defer c.close()
	_, err := c.flow.StoredToken(ctx)
	if errors.Is(err, authflow.ErrNotStored) {
		fmt.Fprintln(p.stderr, "tsauth: no token is stored for this user, Org and secret: there is nothing to revoke")
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := c.flow.Token(ctx); err != nil {
		return err
	}
	return c.flow.Logout(ctx)
}

// forget makes sure that no later run takes a token of a user from the store. All of them
// are revoked, also those for other requests than the one of the flow. Tokens are stored
// by the name of their user, so for a GUID it forgets those of all users of the server.
func (c *connection) forget(ctx context.Context, p *program, user string) error {
	tokens, _ := p.openStore(ctx, c.settings, user)
	if isGUID.MatchString(user) {
		return tokens.ForgetServer(ctx)
	}
	return tokens.Forget(ctx)
}

var isGUID = regexp.MustCompile(`^(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func (c *revokeCommand) options() []authflow.LogoutOption {
	if c.All {
		return []authflow.LogoutOption{authflow.Everywhere()}
	}
	return nil
}

// revokeGiven revokes the token that the settings give. One that the server rejects is
// not alive any more.
func (c *connection) revokeGiven(ctx context.Context, p *program, opts []authflow.LogoutOption) error {
	defer c.close()
	me, err := c.whoami(ctx)
	if errors.Is(err, authflow.ErrCredentialsRejected) && len(opts) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if err := me.check(c.settings); err != nil {
		return err
	}
	value, err := c.settings.Credential.Read(ctx)
	if err != nil {
		return err
	}
	if err := c.cluster.Revoke(ctx, authflow.Token{Value: value, Username: me.Name}, opts...); err != nil || len(opts) == 0 {
		return err
	}
	return c.forget(ctx, p, me.Name)
}

// revokeUser revokes all tokens of another user.
func (c *connection) revokeUser(ctx context.Context, p *program, name string) error {
	defer c.close()
	result, err := c.flow.API().RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: name})
	if err != nil {
		return err
	}
	if result.StatusCode()/100 != 2 {
		return fmt.Errorf("revoking the tokens of %s: %w", name, failureOf(result.HTTPResponse))
	}
	return c.forget(ctx, p, name)
}
