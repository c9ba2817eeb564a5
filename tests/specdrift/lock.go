package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"errors"
)

// lock is what was reviewed of each branch of the vendor's.
type lock map[string]reviewed

// reviewed is one document.
type reviewed struct {
	Commit string            `json:"commit"`
	SHA256 string            `json:"sha256"` // of the whole file
	Prose  map[string]string `json:"prose"`  // a hash by operationId
}

// readLock reads the lock. Without a file nothing was reviewed.
func readLock(file string) (lock, error) {
	l := make(lock)
	text, err := os.ReadFile(file) //nolint:gosec // the caller's own file
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return l, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return l, nil
}

// lacks tells whether nothing of a branch was reviewed.
func (l lock) lacks(branch string) bool {
	_, ok := l[branch]
	return !ok
}

// accept makes a document the one that was reviewed of its branch.
func (l lock) accept(file, branch string, now reviewed) error {
	l[branch] = now
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // it is for all to read
}

// changes returns the operations whose prose is not what was reviewed, a line
// each.
func (l lock) changes(branch string, now reviewed) []string {
	before, ok := l[branch]
	if !ok {
		return []string{"nothing of branch " + branch + " was reviewed"}
	}
	all := maps.Clone(before.Prose)
	maps.Copy(all, now.Prose)
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(all)) {
		if before.Prose[id] != now.Prose[id] {
			lines = append(lines, fmt.Sprintf("%s: its prose is not that of commit %.12s, which was reviewed", id, before.Commit))
		}
	}
	return lines
}
