package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/config"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/kept"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/tokenrequest"
)

// defaultMinTTL is the remaining lifetime that a token has at least if tokens live that
// long: enough for a script to use it.
const defaultMinTTL = 60 * time.Second

type tokenCommand struct {
	Format  string    `enum:"text,header,json,github" default:"text" help:"How to print it. text is the token alone. header is the line \"Authorization: Bearer TOKEN\", for curl -H @-. json is an object that also has the user, the Org and when the token expires. github is for a step of GitHub Actions: it masks the token in the log, and makes it the output \"token\" of the step."`
	MinTTL  *duration `name:"min-ttl" placeholder:"DURATION" help:"How long the token must still be valid, such as 10m, or 600 for seconds. If the stored token expires sooner, a new one takes its place. If new tokens expire sooner, too, it is an error: see --validity. Without this flag, 60s where tokens live that long."`
	As      string    `placeholder:"USER" help:"Get a token for this user instead. Needs the secret key as the secret."`
	Request string    `placeholder:"FILE" help:"File with the JSON body of the request for a full, object or custom access token, without user and secret. - is standard input."`
	NoStore bool      `help:"Get a new token that no other run shares, and do not store it. For a job that revokes its token at its end."`
}

// Help implements a hook of kong.
func (*tokenCommand) Help() string {
	return `Prints a token that is valid, and nothing else. The token is stored in a private folder for
the next runs, so a script that runs each minute does not log in each minute.

Examples:

  tsauth token --format header | curl -H @- -fsS https://acme.thoughtspot.cloud/api/rest/2.0/system

  TOKEN=$(tsauth token) || exit

  echo '{"persist_option":"REPLACE","objects":[]}' | tsauth token --as ann --request -`
}

// Run prints a token.
func (c *tokenCommand) Run(ctx context.Context, p *program) error {
	print, err := p.tokenPrinter(c.Format)
	if err != nil {
		return err
	}
	stdinUsedBy := ""
	if c.Request == "-" {
		stdinUsedBy = "--request -"
	}
	s, err := p.settings(stdinUsedBy)
	if err != nil {
		return err
	}
	var store kept.Tokens
	var opts []authflow.Option
	if !c.NoStore {
		store, opts = p.openStore(ctx, s, cmp.Or(c.As, s.Username.Text))
	}
	flow, err := c.flow(p, s, opts)
	if err != nil {
		return err
	}
	defer flow.Close()
	token, err := c.get(ctx, store, flow)
	if err != nil {
		return err
	}
	if s.Credential.Kind == "token" && s.Username.Text+s.Org.Text != "" {
		me, err := whoamiOf(ctx, flow)
		if err != nil {
			return err
		}
		if err := me.check(s); err != nil {
			return err
		}
	}
	return print(token, flow.Server())
}

// get returns the token, when it is the turn of this run.
func (c *tokenCommand) get(ctx context.Context, store kept.Tokens, flow *authflow.Flow) (authflow.Token, error) {
	done := store.AwaitTurn(ctx)
	defer done()
	var opts []authflow.TokenOption
	if c.MinTTL != nil {
		opts = append(opts, authflow.MinTTL(time.Duration(*c.MinTTL)))
	}
	return flow.Token(ctx, opts...)
}

// flow returns the flow of the token.
func (c *tokenCommand) flow(p *program, s *config.Settings, opts []authflow.Option) (*authflow.Flow, error) {
	opts = append(opts, authflow.WithPolicy(authflow.Policy{MinTTL: defaultMinTTL}))
	isOther := c.As != "" && c.As != s.Username.Text
	switch {
	case isOther && s.Credential.Kind != "secret_key":
		return nil, usagef("--as needs a secret key, but the secret is the %s of %s", s.Credential.Kind, s.Credential.Source)
	case c.Request != "" && s.Credential.Kind == "token":
		return nil, usagef("--request needs a password or a secret key, but the secret is the token of %s", s.Credential.Source)
	case c.Request == "" && c.As == "":
		conn, err := p.connect(s, opts...)
		if err != nil {
			return nil, err
		}
		return conn.flow, nil
	}
	return c.requestedFlow(p, s, opts)
}

// requestedFlow returns a flow with the user of --as and the body of --request.
func (c *tokenCommand) requestedFlow(p *program, s *config.Settings, opts []authflow.Option) (*authflow.Flow, error) {
	text, err := c.requestText(p)
	if err != nil {
		return nil, usagef("--request: %v", err)
	}
	request, err := tokenrequest.Parse(text)
	if err != nil {
		return nil, usagef("--request %s %v", c.Request, err)
	}
	who := tokenrequest.Identity{Username: s.Username.Text, Org: s.Org.Text, Validity: s.ValiditySeconds()}
	if c.As != "" {
		who.Username = c.As
	}
	if id, err := s.OrgID(); err == nil {
		who.OrgID = id
	}
	cluster, err := s.Cluster(opts...)
	if err != nil {
		return nil, err
	}
	return request.Flow(cluster, who, s.FlowOptions()...)
}

// maxRequest is more than any body of a request for a token has.
const maxRequest = 1 << 20

// requestText reads the body of --request, an empty one without it.
func (c *tokenCommand) requestText(p *program) ([]byte, error) {
	in := p.stdin
	switch c.Request {
	case "":
		return []byte("{}"), nil
	case "-":
	default:
		file, err := os.Open(c.Request)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxRequest+1))
	if err == nil && len(text) > maxRequest {
		err = fmt.Errorf("%s has more than %d bytes", c.Request, maxRequest)
	}
	return text, err
}
