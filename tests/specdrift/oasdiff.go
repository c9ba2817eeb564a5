package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

// comparer finds what differs from ours to theirs, two files, as a changelog
// of oasdiff's in JSON.
type comparer func(ctx context.Context, ours, theirs string) ([]byte, error)

// oasdiff compares with a version of oasdiff, given as module@version.
func oasdiff(module string) comparer {
	return func(ctx context.Context, ours, theirs string) ([]byte, error) {
		if module == "" {
			return nil, errors.New("-oasdiff: give its module@version; make spec-drift does")
		}
		c := exec.CommandContext(ctx, "go", "run", module, "changelog", "--flatten-allof", "--format", "json", ours, theirs) //nolint:gosec // the caller's own
		c.Stderr = os.Stderr
		changes, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", module, err)
		}
		return changes, nil
	}
}

// compare returns what differs from our document to theirs.
func (d drift) compare(ctx context.Context, theirs document, compare comparer) ([]reasons.Finding, error) {
	dir, err := os.MkdirTemp("", "specdrift")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text, err := json.Marshal(theirs)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "upstream.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	changes, err := compare(ctx, d.ours, file)
	if err != nil {
		return nil, err
	}
	return findings(changes)
}

// findings reads a changelog. A change belongs to an operation or, without one,
// to a section of the document: components, for example.
func findings(changelog []byte) ([]reasons.Finding, error) {
	var changes []struct {
		ID          string `json:"id"`
		Text        string `json:"text"`
		OperationID string `json:"operationId"`
		Path        string `json:"path"`
		Section     string `json:"section"`
	}
	if err := json.NewDecoder(bytes.NewReader(changelog)).Decode(&changes); err != nil {
		return nil, fmt.Errorf("the changelog: %w", err)
	}
	all := make([]reasons.Finding, 0, len(changes))
	for _, c := range changes {
		all = append(all, reasons.Finding{Check: c.ID, Where: cmp.Or(c.OperationID, c.Path, c.Section), What: c.Text})
	}
	return all, nil
}
