// Package job runs the command that tsauth proxy is given: with an environment that has
// no credential except the key of the proxy, and with the signals that it would get
// without us.
package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
)

// Exit codes of a command that does not start, as shells have them.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// Run runs cmd, passes signals on to it, and returns its exit code when it has ended.
// The error says why it did not start, and exitCode is what shells make of that. ctx ends
// with a signal; Run starts nothing afterwards. The context of cmd must not end with it.
func Run(ctx context.Context, cmd *exec.Cmd) (exitCode int, err error) {
	received := make(chan os.Signal, 16)
	for _, s := range forwarded() {
		signal.Notify(received, s)
	}
	defer signal.Stop(received)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	if err := cmd.Start(); err != nil {
		return exitCodeOfStart(err), fmt.Errorf("cannot start %s: %w", cmd.Path, reasonOf(err))
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-received:
			if !sentByTerminal(s) {
				_ = cmd.Process.Signal(s) // it may have ended
			}
		case err := <-ended:
			return exitCodeOf(cmd, err)
		}
	}
}

func exitCodeOfStart(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return exitNotFound
	}
	return exitNotExecutable
}

// reasonOf returns the error without the name of the command, which Run says.
func reasonOf(err error) error {
	var lookup *exec.Error
	var path *fs.PathError
	switch {
	case errors.As(err, &lookup):
		return lookup.Err
	case errors.As(err, &path):
		return path.Err
	}
	return err
}

// exitCodeOf returns the exit code of a command that has ended.
func exitCodeOf(cmd *exec.Cmd, err error) (int, error) {
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return 0, err
	}
	return codeOfState(cmd.ProcessState), nil
}
