package main

import (
	"context"

	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/apicall"
)

type apiCommand struct {
	Target []string `arg:"" name:"[METHOD] PATH" help:"Path from the root of the server, with a query or without. METHOD is GET, or POST with --data."`
	Data   string   `short:"d" placeholder:"TEXT" help:"Body of the request. @FILE is a file, - is standard input."`
	Header []string `short:"H" sep:"none" placeholder:"\"NAME: VALUE\"" help:"Header of the request. Can be given several times."`
}

// Help implements a hook of kong.
func (*apiCommand) Help() string {
	return `Prints the body of the response. With a status that is not a success, it prints the body as
well, and the exit code says what went wrong. If the server does not accept the token any
more, the request is repeated with a new one.

Examples:

  tsauth api /api/rest/2.0/auth/session/user

  tsauth api /api/rest/2.0/metadata/search -d '{"record_size":10}'

  tsauth api PUT /api/rest/2.0/groups/sales/update -d @group.json`
}

// Run sends the request.
func (c *apiCommand) Run(ctx context.Context, p *program) error {
	call := apicall.Call{Data: c.Data, Headers: c.Header}
	switch len(c.Target) {
	case 1:
		call.Path = c.Target[0]
	case 2:
		call.Method, call.Path = c.Target[0], c.Target[1]
	default:
		return usagef("api takes a method and a path, or a path alone")
	}
	stdinUsedBy := ""
	if call.ReadsStdin() {
		stdinUsedBy = "--data -"
	}
	s, err := p.settings(stdinUsedBy)
	if err != nil {
		return err
	}
	_, opts := p.openStore(ctx, s, s.Username.Text)
	conn, err := p.connect(s, opts...)
	if err != nil {
		return err
	}
	defer conn.close()
	if err := conn.checkToken(ctx); err != nil {
		return err
	}
	return call.Run(ctx, conn.flow, p.stdin, p.stdout)
}

// checkToken returns an error if the settings give a token, and the server knows it as one
// of another user or Org than they name.
func (c *connection) checkToken(ctx context.Context) error {
	s := c.settings
	if s.Credential.Kind != "token" || s.Username.Text+s.Org.Text == "" {
		return nil
	}
	me, err := c.whoami(ctx)
	if err != nil {
		return err
	}
	return me.check(s)
}
