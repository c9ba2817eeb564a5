// Summary runs go test with its arguments. For each package it prints a line, and of
// each test that failed at most 200 lines: a test that hangs ends in the stacks of
// thousands of goroutines. At the end it says how many tests passed, failed and were
// skipped, and which packages took long. It exits as go test does.
//
//	go run ./tests/summary -race ./...
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

func main() {
	code, err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
	}
	os.Exit(code)
}

// run runs go test and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (int, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, args...)...)
	cmd.Stderr = stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return 1, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 1, fmt.Errorf("starting go test: %w", err)
	}
	r := newReport(stdout)
	readErr := r.read(events)
	err = cmd.Wait()
	r.finish(time.Since(began))
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return max(exit.ExitCode(), 1), readErr
	case err != nil:
		return 1, err
	case readErr != nil || r.failed():
		return 1, readErr
	}
	return 0, nil
}
