package main

import (
	"context"
	"errors"
	"fmt"

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
	return `Ends the token that is stored on this machine for the settings. Programs that got it from
tsauth token cannot use it any more, and the next run gets a new one. Passwords and secret keys
stay as they are, and so do other tokens of the user, such as the tokens of --as, --request,
--no-store and other machines: use --all, or give one of them on standard input.

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
	conn, err := p.connectStored(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.User != "":
		return conn.revokeUser(ctx, c.User)
	case conn.settings.Credential.Kind == "token":
		return conn.revokeGiven(ctx, c.options())
	}
	// A flow revokes the tokens that it has: this finds the stored token, or gets one that
	// is then revoked.
	if _, err := conn.flow.Token(ctx); err != nil {
		return err
	}
	if err := conn.flow.Logout(ctx, c.options()...); err != nil || !c.All {
		return err
	}
	return conn.forget(ctx, conn.settings.Username.Text)
}

// forget makes sure that no later run takes a token of a user from the store. All of them
// are revoked, also those for other requests than the one of the flow.
func (c *connection) forget(ctx context.Context, user string) error {
	tokens, _ := openStore(ctx, c.settings, user)
	return tokens.Forget(ctx)
}

func (c *revokeCommand) options() []authflow.LogoutOption {
	if c.All {
		return []authflow.LogoutOption{authflow.Everywhere()}
	}
	return nil
}

// revokeGiven revokes the token that the settings give. One that the server rejects is
// not alive any more.
func (c *connection) revokeGiven(ctx context.Context, opts []authflow.LogoutOption) error {
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
	return c.forget(ctx, me.Name)
}

// revokeUser revokes all tokens of another user.
func (c *connection) revokeUser(ctx context.Context, name string) error {
	defer c.close()
	result, err := c.flow.API().RevokeTokenWithResponse(ctx, gen.RevokeTokenRequest{UserIdentifier: name})
	if err != nil {
		return err
	}
	if result.StatusCode()/100 != 2 {
		return fmt.Errorf("revoking the tokens of %s: %w", name, failureOf(result.HTTPResponse))
	}
	return c.forget(ctx, name)
}
