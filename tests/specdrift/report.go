package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

// report is the result of a comparison.
type report struct {
	drift
	source
	operations, findings int
	bare                 []reasons.Finding // without a reason
	tallies              []reasons.Tally
	unknown              []string // reasons for releases that are not compared
	changes              []change // since the last review
}

// outdated tells whether the document names a release newer than the release
// that its branch is taken for.
func (r report) outdated() bool {
	return slices.Compare(releaseOf(r.Newest), releaseOf(r.Release)) > 0
}

// miscounted returns the reasons that have more or fewer findings than they say.
func (r report) miscounted() []reasons.Tally {
	return slices.DeleteFunc(slices.Clone(r.tallies), reasons.Tally.Holds)
}

// passed tells whether every difference has a reason, every reason its
// differences, and every change was reviewed.
func (r report) passed() bool {
	failures := len(r.bare) + len(r.miscounted()) + len(r.unknown) + len(r.changes)
	return failures == 0 && !r.outdated()
}

// print writes a line for each failure, for what waits for a release or for a
// server, a summary, and what to do next.
func (r report) print(out io.Writer) {
	say := func(format string, args ...any) { fmt.Fprintf(out, format+"\n", args...) }
	if r.outdated() {
		say("the document has operations of release %s, and the branch %s is taken for %s", r.Newest, r.Branch, r.Release)
	}
	for _, reason := range r.unknown {
		say("%s: %s", r.reasons, reason)
	}
	for _, f := range r.bare {
		say("no reason: %v", f)
	}
	for _, c := range r.changes {
		say("%s", c.what)
		for _, text := range c.texts {
			say("    %s", text)
		}
	}
	for _, t := range r.miscounted() {
		say("%s: %v", r.reasons, t)
	}
	for _, t := range r.tallies {
		if t.Holds() && (t.Verdict == reasons.Ahead || t.Verdict == reasons.Todo) {
			say("%s", strings.TrimSpace(fmt.Sprintf("%s, %d findings: %s %s", t.Verdict, t.Found, t.Why, t.Settle)))
		}
	}
	assumed := ""
	if r.Assumed {
		assumed = " (assumed: BRANCH= names another)"
	}
	say("branch %s%s, release %s, at %.12s: %d operations, %d findings, %d of them without a reason; %d reasons: %s",
		r.Branch, assumed, r.Release, r.Commit, r.operations, r.findings, len(r.bare), len(r.tallies), byVerdict(r.tallies))
	if !r.passed() {
		r.printNext(say)
	}
}

// printNext writes what to do about each kind of failure that there is.
func (r report) printNext(say func(string, ...any)) {
	say("\nWhat to do next (CONTRIBUTING.md, \"When the vendor changes\"):")
	if r.outdated() {
		say("- Give RELEASE=%s if the branch is now of that release, and correct only: in %s.", r.Newest, r.reasons)
	}
	if len(r.bare) > 0 {
		say("- For each \"no reason\", follow the vendor in %s, or add a reason to %s.", r.ours, r.reasons)
	}
	if len(r.miscounted())+len(r.unknown) > 0 {
		say("- Correct or remove each reason of %s that is named with its line: what it explains has changed.", r.reasons)
	}
	if len(r.changes) > 0 && r.previously == "" {
		say("- To see the old and the new text, give PREVIOUS=<the vendor's file at the reviewed commit>.")
	}
	if len(r.changes) > 0 {
		say("- Read each change, and follow it in %s and the simulator if need be. Then accept the document:\n"+
			"  make spec-drift UPSTREAM=%s BRANCH=%s COMMIT=%s RELEASE=%s ACCEPT=1",
			r.ours, r.upstream, r.Branch, r.Commit, r.Release)
	}
	if r.accept {
		say("- Nothing was accepted, and the lock is as before: give ACCEPT=1 again when nothing of the above is left.")
	}
}

// byVerdict counts reasons and their findings: "deliberate 3 for 40, vendor …".
func byVerdict(tallies []reasons.Tally) string {
	var parts []string
	for _, v := range reasons.Verdicts() {
		given, found := 0, 0
		for _, t := range tallies {
			if t.Verdict == v {
				given, found = given+1, found+t.Found
			}
		}
		parts = append(parts, fmt.Sprintf("%s %d for %d", v, given, found))
	}
	return strings.Join(parts, ", ")
}
