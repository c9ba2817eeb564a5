package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

// grammar is the command line. Each command has a file of its own. No flag has an env
// tag: kong would take a variable for a flag, and flags come before profiles. The flags of
// the settings belong to all commands; a command whose flags have the same names with
// another meaning is passthrough and parses its own.
type grammar struct {
	Help helpFlag `short:"h" help:"Show help."`

	settingsFlags `group:"settings"`

	Init     initCommand     `cmd:"" help:"Save host, user and secret as a profile, by questions on a terminal."`
	Token    tokenCommand    `cmd:"" help:"Print a token."`
	API      apiCommand      `cmd:"" name:"api" help:"Send one request to the API."`
	Proxy    proxyCommand    `cmd:"" help:"Serve a local address that adds the token, so that a program needs no login."`
	Whoami   whoamiCommand   `cmd:"" help:"Show which user, Org and host the settings lead to."`
	Doctor   doctorCommand   `cmd:"" help:"Find out why it does not work: check each step from the settings to the login."`
	Revoke   revokeCommand   `cmd:"" help:"End tokens before they expire."`
	Keys     keysCommand     `cmd:"" help:"Show and replace the secret keys of trusted authentication."`
	Simulate simulateCommand `cmd:"" passthrough:"" help:"Simulate the server, for tests without a cluster."`
	Version  versionCommand  `cmd:"" help:"Print the version."`
}

// program is what the commands of a run share.
type program struct {
	env            []string
	stdin          io.Reader
	stdout, stderr io.Writer
	flags          *settingsFlags
	commands       config.Commands // that print secrets
	secretKind     string          // of the settings in use: password, secret_key or token; for hints
	host           config.Value    // of the settings in use; for hints
	saidNoStore    bool            // the warning of withoutStore
}

// run runs the command with its arguments, and returns the exit code. Only main
// touches the process itself.
func run(ctx context.Context, args, env []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var g grammar
	p := &program{env: env, stdin: stdin, stdout: stdout, stderr: stderr, flags: &g.settingsFlags}
	err := p.parseAndRun(ctx, &g, args)
	p.commands.Close()
	var ended *commandError
	if errors.As(err, &ended) {
		return ended.code
	}
	if err != nil && !errors.Is(err, errHelpShown) {
		p.report(ctx, args, err)
		return exitCode(ctx, err)
	}
	return exitOK
}

func (p *program) parseAndRun(ctx context.Context, g *grammar, args []string) error {
	parser, err := kong.New(g, kong.Name("tsauth"), kong.Description(description), kong.NoDefaultHelp(),
		kong.Writers(p.stdout, p.stderr), kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups([]kong.Group{{Key: "settings", Title: "Settings:", Description: settingsDescription}}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p))
	if err != nil {
		return err
	}
	command, err := parser.Parse(args)
	if err != nil {
		return withoutValues(err, args)
	}
	return command.Run()
}

// withoutValues returns a mistake in the command line without the values that may be
// secrets in the wrong place: kong repeats them, and the log of a job shows them.
func withoutValues(err error, args []string) error {
	for _, arg := range args {
		name, _, hasValue := strings.Cut(arg, "=")
		if hasValue && strings.HasSuffix(name, "-stdin") {
			return usagef("%s takes no value: the secret is read from standard input", name)
		}
	}
	var parse *kong.ParseError
	if !errors.As(err, &parse) {
		return err
	}
	command := parse.Context.Selected()
	isArgument := strings.HasPrefix(parse.Error(), "unexpected argument")
	switch {
	case command == nil:
		return fmt.Errorf("%w; tsauth --help describes the commands", err)
	case isArgument:
		return usagef("%s: there is an argument that is not a flag", command.Path())
	}
	return err
}

const description = `Tokens for the ThoughtSpot REST API v2.0.

Begin with "tsauth init", which saves your settings. Then "tsauth whoami" shows that they work,
"tsauth token" prints a token, and "tsauth proxy" lets a program work without one. Each command
has examples: "tsauth token --help". Exit codes and more:
https://github.com/go-thoughtspot/tsauth/blob/main/docs/command.md`

const settingsDescription = `Each setting is a flag, or a variable of the environment, whose name is in parentheses here, or
a line in a profile. A variable that ends in _FILE names a file with the secret, and one that
ends in _COMMAND a command that prints it.`

// errHelpShown ends the parsing of a command line after its help was printed.
var errHelpShown = errors.New("help was shown")

// helpFlag prints the help of a command on standard output. The help flag of kong
// ends the process.
type helpFlag bool

// BeforeReset implements a hook of kong.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelpShown
}
