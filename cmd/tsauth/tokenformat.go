package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// tokenPrinter returns the function that prints a token in a format. It fails before
// anything is sent if the format cannot work here.
func (p *program) tokenPrinter(format string) (func(t authflow.Token, server string) error, error) {
	switch format {
	case "header":
		return func(t authflow.Token, _ string) error {
			_, err := fmt.Fprintf(p.stdout, "Authorization: Bearer %s\n", string(t.Value))
			return err
		}, nil
	case "json":
		return p.printTokenJSON, nil
	case "github":
		path := p.variable("GITHUB_OUTPUT")
		if path == "" {
			return nil, usagef("--format github works in a job of GitHub Actions: GITHUB_OUTPUT is not set")
		}
		return func(t authflow.Token, _ string) error { return p.outputToGitHub(t, path) }, nil
	}
	return func(t authflow.Token, _ string) error {
		_, err := fmt.Fprintln(p.stdout, string(t.Value))
		return err
	}, nil
}

// variable returns a variable of the environment of the run.
func (p *program) variable(name string) string {
	for i := len(p.env) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(p.env[i], name+"="); ok {
			return value
		}
	}
	return ""
}

// tokenJSON is a token as --format json prints it. Terraform's external data source and
// others can read it.
type tokenJSON struct {
	Token     string `json:"token"`
	Host      string `json:"host"`
	Username  string `json:"username,omitempty"`
	OrgID     *int32 `json:"org_id,omitempty"`
	ExpiresAt string `json:"expires_at,omitempty"` // UTC, RFC 3339; absent if it is not known
	ExpiresIn *int   `json:"expires_in,omitempty"` // seconds
}

func (p *program) printTokenJSON(t authflow.Token, server string) error {
	out := tokenJSON{Token: string(t.Value), Host: server, Username: t.Username}
	if t.Org != nil {
		out.OrgID = &t.Org.ID
	}
	if !t.Deadline.IsZero() {
		seconds := int(time.Until(t.Deadline) / time.Second)
		out.ExpiresAt, out.ExpiresIn = t.Deadline.UTC().Format(time.RFC3339), &seconds
	}
	return json.NewEncoder(p.stdout).Encode(out)
}

// outputToGitHub masks the token in the log before the step has it as its output.
func (p *program) outputToGitHub(t authflow.Token, path string) error {
	_, err := fmt.Fprintf(p.stdout, "::add-mask::%s\n", string(t.Value))
	if err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("GITHUB_OUTPUT: %w", err)
	}
	_, err = fmt.Fprintf(file, "token=%s\n", string(t.Value))
	closed := file.Close()
	if err != nil {
		return err
	}
	return closed
}
