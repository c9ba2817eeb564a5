package main

import (
	"context"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/simulate"
)

// simulateCommand is the simulator. Its flags are its own: --org, for example, adds an
// Org, and no setting has a meaning for it.
type simulateCommand struct {
	Args []string `arg:"" optional:"" name:"flag" help:"Flags of the simulator."`
}

// Run serves until the process is told to end.
func (c *simulateCommand) Run(ctx context.Context, p *program) error {
	code := simulate.Run(ctx, "tsauth simulate", c.Args, p.stdin, p.stdout, p.stderr)
	switch {
	case code != simulate.ExitOK:
		return &commandError{code}
	case ctx.Err() != nil:
		return context.Cause(ctx) // the signal, which decides the exit code
	}
	return nil
}
