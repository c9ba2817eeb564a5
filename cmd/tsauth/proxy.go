package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/job"
	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/proxy"
	"github.com/go-thoughtspot/tsauth/gen"
)

type proxyCommand struct {
	Listen    string   `default:"127.0.0.1:0" placeholder:"ADDRESS" help:"Address on this machine with a port, 0 for a free one, or unix:PATH for a socket in a private folder. (${default})"`
	KeyFile   string   `placeholder:"FILE" help:"File with the key that programs must give, so that it stays the same. It is made if it is absent. Then the key is not printed."`
	AllowAuth bool     `help:"Let programs call the operations below /api/rest/2.0/auth, which hand out tokens and secret keys."`
	Command   []string `arg:"" optional:"" help:"Command to run beside the proxy, behind --. Its exit code is returned."`
}

// Help implements a hook of kong.
func (*proxyCommand) Help() string {
	return `Listens on this machine and sends each request to the cluster, with a token that it renews
before it expires. A program in any language needs an address and no login:

  $ tsauth proxy
  http://127.0.0.1:40123/KEY
  $ curl http://127.0.0.1:40123/KEY/api/rest/2.0/auth/session/user

Programs give the key as the first segment of the path, as header X-Tsauth-Key, or as the
password of Basic authentication. Pages in a browser cannot use the proxy. /_tsauth/live and
/_tsauth/ready are for checks, and need no key.

With a command, the proxy ends with it. The command finds the address with the key in
THOUGHTSPOT_HOST, and the key in THOUGHTSPOT_PROXY_KEY; it does not get the secret. The
tokens are revoked at the end.

Examples:

  tsauth proxy -- ./job.sh

  tsauth proxy --listen 127.0.0.1:8080 --key-file ~/.tsauth-proxy-key

  tsauth proxy --listen unix:$XDG_RUNTIME_DIR/tsauth/socket --key-file $XDG_RUNTIME_DIR/tsauth.key`
}

// commandError is the exit code of the command of the proxy. There is nothing to report:
// the command has said what went wrong.
type commandError struct{ code int }

func (e *commandError) Error() string { return fmt.Sprintf("exit code %d", e.code) }

// Run serves the proxy until its command or a signal ends it.
func (c *proxyCommand) Run(ctx context.Context, p *program) error {
	stdinUsedBy := ""
	if len(c.Command) > 0 {
		stdinUsedBy = "the command"
	}
	s, err := p.settings(stdinUsedBy)
	if err != nil {
		return err
	}
	// No store: at the end the proxy revokes its tokens, and no others.
	conn, err := p.connect(s)
	if err != nil {
		return err
	}
	key, err := c.key()
	if err != nil {
		return usagef("--key-file: %w", err)
	}
	l, err := proxy.Listen(ctx, c.Listen)
	if err != nil {
		return usagef("--listen: %w", err)
	}
	defer func() { _ = l.Close() }()
	server, err := proxy.New(conn.flow, key, l, c.options()...)
	if err != nil {
		return err
	}
	defer catchBrokenPipe()()
	defer conn.revoke(ctx, p)
	if len(c.Command) > 0 {
		return c.runCommand(ctx, p, conn, server)
	}
	return c.serve(ctx, p, conn, server)
}

func (c *proxyCommand) key() (gen.Secret, error) {
	if c.KeyFile == "" {
		return proxy.NewKey(), nil
	}
	return proxy.KeyFromFile(c.KeyFile)
}

func (c *proxyCommand) options() []proxy.Option {
	if c.AllowAuth {
		return []proxy.Option{proxy.WithAuth()}
	}
	return nil
}

// serve prints the address and serves it until a signal. A cluster that is down now may
// be up again when a program needs it.
func (c *proxyCommand) serve(ctx context.Context, p *program, conn *connection, server *proxy.Proxy) error {
	err := conn.checkCredential(ctx)
	var failure *authflow.Error
	isPassing := errors.As(err, &failure) && failure.Retryable() && ctx.Err() == nil
	if err != nil && !isPassing {
		return err
	}
	if isPassing {
		fmt.Fprintln(p.stderr, "tsauth: not ready yet: "+plainText(err.Error()))
	}
	address := server.URL()
	if c.KeyFile != "" {
		address = server.Address()
	}
	if _, err := fmt.Fprintln(p.stdout, address); err != nil {
		return err
	}
	return server.Serve(ctx)
}

// runCommand serves the address while the command runs.
func (c *proxyCommand) runCommand(ctx context.Context, p *program, conn *connection, server *proxy.Proxy) error {
	if err := conn.checkCredential(ctx); err != nil {
		return err
	}
	withoutSignals := context.WithoutCancel(ctx) // the command decides what becomes of them
	serving, stop := context.WithCancel(withoutSignals)
	served := make(chan error, 1)
	go func() { served <- server.Serve(serving) }()

	cmd := exec.CommandContext(withoutSignals, c.Command[0], c.Command[1:]...)
	cmd.Env = job.Environ(p.env, server.URL(), string(server.Key()))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.stdin, p.stdout, p.stderr
	code, err := job.Run(ctx, cmd)
	stop()
	serveErr := <-served
	switch {
	case err != nil && code != 0:
		return &exitError{code: code, err: err}
	case code != 0:
		return &commandError{code}
	}
	return errors.Join(err, serveErr)
}

// checkCredential returns an error if the settings do not lead to a token, or to one of
// another user or Org.
func (c *connection) checkCredential(ctx context.Context) error {
	if _, err := c.flow.Token(ctx); err != nil {
		return err
	}
	return c.checkToken(ctx)
}

// revokeTime is how long the end may take to revoke the tokens.
const revokeTime = 5 * time.Second

// revoke ends the tokens that were acquired for this run. A token that was given is not
// ours to end.
func (c *connection) revoke(ctx context.Context, p *program) {
	if c.settings.Credential.Kind == "token" {
		c.close()
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeTime)
	defer cancel()
	if err := c.flow.Logout(ctx); err != nil {
		fmt.Fprintln(p.stderr, "tsauth: "+plainText(err.Error()))
	}
}
