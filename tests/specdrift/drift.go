package main

import (
	"context"
	"fmt"
	"io"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

// drift is one comparison.
type drift struct {
	ours, upstream, previously string
	branch, commit, release    string
	reasons, lock              string
	accept                     bool
}

// run compares, writes the report, and writes the lock if the document is to be
// accepted and every difference has a reason.
func (d drift) run(ctx context.Context, out io.Writer, compare comparer) (passed bool, err error) {
	list, err := d.list()
	if err != nil {
		return false, err
	}
	l, err := readLock(d.lock)
	if err != nil {
		return false, err
	}
	theirs, from, err := d.read(l)
	if err != nil {
		return false, err
	}
	old, err := d.previous(l[from.Branch])
	if err != nil {
		return false, err
	}
	found, err := d.compare(ctx, theirs, compare)
	if err != nil {
		return false, err
	}
	contents := theirs.contents()
	now := review(from, contents)
	r := report{drift: d, source: from, operations: len(contents) - 1, findings: len(found)}
	r.bare, r.tallies = list.Judge(from.Release, found)
	if !d.accept { // afterwards, the next run compares with the new lock
		r.unknown = unknown(list, l, from.Release)
		r.changes = l.changes(from.Branch, now, old, contents)
	}
	r.print(out)
	if d.accept && r.passed() {
		return true, l.accept(d.lock, from.Branch, now)
	}
	return r.passed(), nil
}

// list reads the reasons, which here must say how often they hold.
func (d drift) list() (reasons.List, error) {
	list, err := reasons.Read(d.reasons)
	for _, r := range list {
		if r.Count == 0 {
			return nil, fmt.Errorf("%s: %s, %s: count: say how many findings this is for", d.reasons, r.Check, r.Where)
		}
	}
	return list, err
}

// unknown returns the reasons for a release that no reviewed branch is of: a
// slip, or a release that the branches have left behind.
func unknown(list reasons.List, l lock, compared string) []string {
	var all []string
	for _, r := range list {
		for _, release := range r.Only {
			if release != compared && !l.knows(release) {
				all = append(all, fmt.Sprintf("%v: only: no reviewed branch is of release %s", r, release))
				break
			}
		}
	}
	return all
}
