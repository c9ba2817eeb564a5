package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// command prints a secret. It is run for each acquisition, with the deadline of the
// acquisition. When it ends, its process group ends with it.
type command struct {
	args     []string
	terminal *terminal // nil if the command has no standard input
	stderr   io.Writer
	commands *Commands
}

// newCommand returns a command that is a line of the system's shell, or a list.
func newCommand(line string, list []string, o *Options) *command {
	if line != "" {
		list = shell(line)
	}
	c := &command{args: list, stderr: o.Stderr, commands: o.Commands}
	if o.StdinUsedBy == "" {
		c.terminal = terminalOf(o.Stdin)
	}
	return c
}

// outputTime is how long the output of a command is waited for after its end: a process
// that it started may keep the output open.
const outputTime = 500 * time.Millisecond

// run returns what the command prints. Its error holds neither the command, which may
// contain a secret, nor what it printed.
func (c *command) run(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done, err := c.commands.begin(func() { cancel(errCommandsClosed) })
	if err != nil {
		return nil, err
	}
	defer done()
	output := &limitedBuffer{exceeded: func() { cancel(errTooLong) }}
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Stdout, cmd.Stderr = output, c.stderr
	cmd.WaitDelay = outputTime
	group := &processGroup{cmd: cmd}
	group.prepare()
	if c.terminal != nil {
		giveBack := c.terminal.lend(cmd)
		defer giveBack()
	}
	err = cmd.Start()
	if err != nil {
		return nil, fmt.Errorf("the command cannot be started: %w", withoutName(err))
	}
	err = cmd.Wait()
	group.kill()
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return output.text.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fmt.Errorf("the command was ended: %w", context.Cause(ctx))
	}
	return nil, fmt.Errorf("the command failed: %w", err)
}

// withoutName returns the cause of an error that repeats the name of a file.
func withoutName(err error) error {
	var named *exec.Error
	if errors.As(err, &named) {
		return named.Err
	}
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// limitedBuffer keeps at most maxSecret bytes.
type limitedBuffer struct {
	text     bytes.Buffer
	exceeded func()
}

// Write implements io.Writer.
func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.text.Len()+len(p) > maxSecret {
		b.exceeded()
		return 0, errTooLong
	}
	return b.text.Write(p)
}
