package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
)

type classified string

func (c classified) Error() string { return "a failure" }
func (c classified) Class() string { return string(c) }

func TestExitCode(t *testing.T) {
	of := func(status int) error {
		return fmt.Errorf("wrapped: %w", &authflow.Error{Op: "getFullAccessToken", Status: status})
	}
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("something else"), 1},
		{of(404), 1},
		{fmt.Errorf("settings: %w", authflow.ErrInvalid), 2},
		{usagef("a mistake"), 2},
		{of(401), 10},
		{of(403), 11},
		{classified("rejected"), 10},
		{classified("notSent"), 12},
		{classified("outcomeUnknown"), 12},
		{of(408), 13},
		{of(409), 13},
		{of(429), 13},
		{of(500), 13},
		{of(503), 13},
		{fmt.Errorf("token: %w", authflow.ErrWrongPrincipal), 14},
		{&exitError{code: 126, err: errors.New("cannot start")}, 126},
		{fmt.Errorf("a program that gives us the secret: %w: %w", exitOf(t, "exit 77"), authflow.ErrInvalid), 2},
	} {
		if got := exitCode(t.Context(), c.err); got != c.want {
			t.Errorf("%v: %d, want %d", c.err, got, c.want)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&signalError{syscall.SIGTERM})
	if got := exitCode(ctx, of(401)); got != 143 {
		t.Errorf("after a signal: %d", got)
	}
	if got := exitCode(ctx, nil); got != 0 {
		t.Errorf("after a signal that came late: %d", got)
	}
}

func exitOf(t *testing.T, line string) error {
	t.Helper()
	return exec.CommandContext(t.Context(), "sh", "-c", line).Run()
}
