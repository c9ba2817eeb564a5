package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// report writes what went wrong to standard error: in one line and, with --json
// or --format json, as an object on the next line.
func (p *program) report(ctx context.Context, args []string, err error) {
	text := plainText(err.Error()) + p.hint(err) + missingHint(err)
	fmt.Fprintln(p.stderr, "tsauth: "+text)
	if !wantsJSON(args) {
		return
	}
	out := struct {
		Error      string  `json:"error"`
		ExitCode   int     `json:"exit_code"`
		Class      string  `json:"class,omitempty"`
		Status     int     `json:"status,omitempty"`
		RetryAfter float64 `json:"retry_after,omitempty"` // in seconds
	}{Error: text, ExitCode: exitCode(ctx, err)}
	var failure *authflow.Error
	if errors.As(err, &failure) {
		out.Class, out.Status, out.RetryAfter = failure.Class(), failure.Status, failure.RetryAfter.Seconds()
	}
	_ = json.NewEncoder(p.stderr).Encode(out)
}

// wantsJSON reports whether a command line, which may be wrong, has --json or --format
// json.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	format := slices.Index(args, "--format")
	isNext := format >= 0 && format+1 < len(args) && args[format+1] == "json"
	return isNext || slices.Contains(args, "--json") || slices.Contains(args, "--format=json")
}

// plainText returns a text in one line, without the words that tell Go programmers which
// package an error is from.
func plainText(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.NewReplacer("config: ", "", "authflow: ", "", ": "+authflow.ErrInvalid.Error(), "").Replace(text)
}

// hint returns what a person can do about an error that the server cannot explain.
func (p *program) hint(err error) string {
	isRejected := errors.Is(err, authflow.ErrCredentialsRejected)
	isRedirect := errors.Is(err, authflow.ErrUnexpectedRedirect)
	if isRedirect || isRejected && p.secretKind == "password" {
		return "; with single sign-on or multi-factor authentication passwords do not work: use a secret key or a token"
	}
	return ""
}
