package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// report writes what went wrong to standard error: in one line and, with --json
// or --format json, as an object on the next line.
func (p *program) report(ctx context.Context, args []string, err error) {
	text := p.errorText(err) + p.hint(err) + missingHint(err)
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
		out.Class, out.Status = failure.Class(), failure.Status
	}
	if p.mayPass(err) {
		out.RetryAfter = failure.RetryAfter.Seconds()
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

// mayPass reports whether the same may succeed later. A rejected password is sent again
// then, in case the server was wrong.
func (p *program) mayPass(err error) bool {
	var failure *authflow.Error
	if !errors.As(err, &failure) {
		return false
	}
	isPassword := p.secretKind == "password" && errors.Is(err, authflow.ErrCredentialsRejected)
	return failure.Retryable() || isPassword
}

var packageNames = regexp.MustCompile(`(^|\s)(?:(?:authflow|config): )+`)

var retryAfter = regexp.MustCompile(` \(retry after [^)]*\)`)

// errorText returns the text of the error that ends a run. A Flow tells when it goes on
// after a failure that only a person can mend, such as a wrong key. A run does not go on,
// so it does not say that. After too many rejections the text says it by the clock.
func (p *program) errorText(err error) string {
	text := plainText(err.Error())
	if p.mayPass(err) && !errors.Is(err, authflow.ErrTooManyRejected) {
		return text
	}
	return retryAfter.ReplaceAllString(text, "")
}

// plainText returns a text in one line, without the words that tell Go programmers which
// package an error is from.
func plainText(text string) string {
	text = packageNames.ReplaceAllString(strings.Join(strings.Fields(text), " "), "$1")
	return strings.NewReplacer(": "+authflow.ErrInvalid.Error(), "", ", or WithPlainHTTP", "").Replace(text)
}

// hint returns what a person can do about an error that the server cannot explain.
func (p *program) hint(err error) string {
	isRejected := p.secretKind == "password" && errors.Is(err, authflow.ErrCredentialsRejected)
	isRedirect := errors.Is(err, authflow.ErrUnexpectedRedirect)
	status := statusOf(err)
	switch {
	case errors.Is(err, authflow.ErrTooManyRejected), isRejected && status == 0: // it was not sent
		return "; to try now: tsauth token --no-store"
	case errors.Is(err, authflow.ErrNotThoughtSpot):
		return "; check the address" + p.address()
	case isRedirect, isRejected && status == http.StatusUnauthorized:
		return "; with single sign-on or multi-factor authentication passwords do not work: use a secret key or a token"
	}
	return ""
}

// statusOf returns the status of the response that an error tells of; 0 if there was none.
func statusOf(err error) int {
	var failure *authflow.Error
	if !errors.As(err, &failure) {
		return 0
	}
	return failure.Status
}

// address returns the address of the settings with its source. It is empty for doctor,
// which does not show whole addresses.
func (p *program) address() string {
	if p.host.Text == "" {
		return ""
	}
	return fmt.Sprintf(" %s, from %s", p.host.Text, p.host.Source)
}
