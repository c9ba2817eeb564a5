package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
)

// lock holds the document that was last reviewed, for each branch of
// the vendor.
type lock map[string]reviewed

// reviewed is one document.
type reviewed struct {
	Release string `json:"release"` // of ThoughtSpot, such as 26.8
	Commit  string `json:"commit"`
	SHA256  string `json:"sha256"` // of the whole file
	// Hashes has a hash of each aspect, by operationId.
	Hashes map[string]map[aspect]string `json:"hashes"`
}

// review returns a document as it goes into the lock.
func review(from source, contents map[string]content) reviewed {
	hashes := make(map[string]map[aspect]string)
	for id, c := range contents {
		hashes[id] = c.hashes()
	}
	return reviewed{from.Release, from.Commit, from.SHA256, hashes}
}

// readLock reads the lock. An absent file means that nothing was reviewed.
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

// knows tells whether a reviewed branch is of a release.
func (l lock) knows(release string) bool {
	return slices.ContainsFunc(slices.Collect(maps.Values(l)), func(r reviewed) bool { return r.Release == release })
}

// accept writes the lock with a document as the reviewed one of its branch.
func (l lock) accept(file, branch string, now reviewed) error {
	l[branch] = now
	text, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // it is for all to read
}
