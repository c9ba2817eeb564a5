package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// The exit codes. docs/command.md lists them.
const (
	exitOK          = 0
	exitOther       = 1
	exitUsage       = 2  // of the command line or the settings
	exitRejected    = 10 // the credentials
	exitForbidden   = 11 // forbidden, locked, or trusted authentication is off
	exitUnreachable = 12
	exitLater       = 13 // rate limit, maintenance, 5xx
	exitWrongUser   = 14 // another user or Org than requested
	exitSignal      = 128
)

// exitCode returns the exit code for the error of a run.
func exitCode(ctx context.Context, err error) int {
	var ended *signalError
	var coded *exitError
	var parse *kong.ParseError
	switch {
	case err == nil:
		return exitOK
	case errors.As(context.Cause(ctx), &ended):
		return exitSignal + int(ended.signal)
	case errors.As(err, &parse):
		return exitUsage
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, authflow.ErrInvalid):
		return exitUsage
	case errors.Is(err, authflow.ErrWrongPrincipal):
		return exitWrongUser
	case errors.Is(err, authflow.ErrNotThoughtSpot):
		return exitUnreachable
	case errors.Is(err, authflow.ErrForbidden):
		return exitForbidden
	}
	return exitCodeOfClass(err)
}

// exitCodeOfClass returns the exit code for the class of an exchange with the server.
func exitCodeOfClass(err error) int {
	var classified interface{ Class() string }
	if !errors.As(err, &classified) {
		return exitOther
	}
	switch classified.Class() {
	case "rejected":
		return exitRejected
	case "notSent", "outcomeUnknown":
		return exitUnreachable
	case "overloaded", "rateLimited", "conflict":
		return exitLater
	}
	var failure *authflow.Error
	if errors.As(err, &failure) && failure.Status >= 500 {
		return exitLater
	}
	return exitOther
}

// exitError is an error with an exit code of its own. (Errors of package os/exec have a
// method ExitCode, for the programs that give us a secret, which is not our exit code.)
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// usagef returns the error for a mistake in the command line.
func usagef(format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...)}
}
