package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/go-thoughtspot/tsauth/cmd/tsauth/internal/diagnosis"
)

type doctorCommand struct {
	Full bool `help:"Show names of host, user and files. Without it they are shortened, so that the output can be pasted into an issue."`
	JSON bool `help:"Print JSON: a list with the checks."`
}

// Help implements a hook of kong.
func (*doctorCommand) Help() string {
	return `Checks settings, name resolution, connection, TLS, clock, store, login, Org and privileges, one
line each: ok, warn for what works but may surprise, FAIL, or skip. It logs in at most once, and
not at all while a stored token is valid. It prints no secret.

Examples:

  tsauth doctor
  tsauth doctor --profile nightly --full`
}

// Run prints a line for each check.
func (c *doctorCommand) Run(ctx context.Context, p *program) error {
	results, failure := diagnosis.Run(ctx, p.options(""))
	for i, r := range results {
		if !c.Full {
			r.Detail = r.Shortened
		}
		results[i].Detail = plainText(r.Detail)
	}
	err := c.print(p.stdout, results)
	if err != nil {
		return err
	}
	if failure != nil && !c.Full {
		return &shortenedError{failure, results}
	}
	return failure
}

func (c *doctorCommand) print(w io.Writer, results []diagnosis.Result) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(results)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\n", r.Status, r.Check, r.Detail)
	}
	return table.Flush()
}

// shortenedError is the error of a check, without the names of host and user.
type shortenedError struct {
	failure error
	results []diagnosis.Result
}

func (e *shortenedError) Error() string {
	for _, r := range e.results {
		if r.Status == diagnosis.Fail {
			return "check failed: " + r.Check + ": " + r.Detail
		}
	}
	return "a check failed"
}

// Unwrap returns the error of the check, for the exit code.
func (e *shortenedError) Unwrap() error { return e.failure }
