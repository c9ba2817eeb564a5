// Specdrift holds api/openapi.yaml to a copy of the vendor's published spec:
//
//	make spec-drift UPSTREAM=openapiSpecv3-2_0.json BRANCH=release COMMIT=2834b02
//
// oasdiff, at the version that the Makefile pins, finds what differs in the
// authentication part, from ours to the vendor's: "added" is what the vendor
// has and we have not. Each finding needs a reason in reasons.yaml, and each
// reason as many findings as it says.
//
// oasdiff does not see prose, and the vendor has changed what an operation
// does by its description alone. So lock.json has a hash of the prose of each
// operation for each branch, with the commit and the SHA-256 of the document
// that was reviewed. Where the hash differs, read the vendor's change, follow
// it in our spec if need be, and accept it:
//
//	make spec-drift UPSTREAM=… BRANCH=… COMMIT=… ACCEPT=1
//
// Nothing of the vendor's wording is kept.
//
// Exit status 0 means that everything is explained, 1 that something is not,
// 2 that the comparison was not possible.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-thoughtspot/tsauth/tests/internal/reasons"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, oasdiff)) }

// run is main. tool makes the comparer from the flag -oasdiff.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, tool func(module string) comparer) int {
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var d drift
	flags.StringVar(&d.ours, "ours", "api/openapi.yaml", "our `file`")
	flags.StringVar(&d.upstream, "upstream", "", "the vendor's `file`, JSON")
	flags.StringVar(&d.branch, "branch", "", "the vendor's `branch`, where info.x-source of the file does not say")
	flags.StringVar(&d.commit, "commit", "", "its `commit`, likewise")
	flags.StringVar(&d.reasons, "reasons", "tests/specdrift/reasons.yaml", "`file` of the reasons")
	flags.StringVar(&d.lock, "lock", "tests/specdrift/lock.json", "`file` of what was reviewed")
	flags.BoolVar(&d.accept, "accept", false, "write this document into the lock, as reviewed")
	module := flags.String("oasdiff", "", "oasdiff as `module@version`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	explained, err := d.report(ctx, stdout, tool(*module))
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "specdrift:", err)
		return 2
	case !explained:
		return 1
	}
	return 0
}

// drift is one comparison.
type drift struct {
	ours, upstream, branch, commit string
	reasons, lock                  string
	accept                         bool
}

// report writes what is not explained, what waits for a release or for an
// answer, a line each, and a summary.
func (d drift) report(ctx context.Context, out io.Writer, compare comparer) (explained bool, err error) {
	list, err := d.list()
	if err != nil {
		return false, err
	}
	theirs, from, err := d.read()
	if err != nil {
		return false, err
	}
	findings, err := d.compare(ctx, theirs, compare)
	if err != nil {
		return false, err
	}
	bare, tallies := list.Judge(from.Branch, findings)
	prose := theirs.prose()
	l, err := readLock(d.lock)
	if err != nil {
		return false, err
	}
	changes, err := d.review(l, from.Branch, reviewed{from.Commit, from.SHA256, prose})
	if err != nil {
		return false, err
	}

	explained = len(bare)+len(changes) == 0
	for _, r := range list {
		if at := slices.IndexFunc(r.Only, l.lacks); at >= 0 && r.Only[at] != from.Branch {
			fmt.Fprintf(out, "%s: %v: only: nothing of branch %s was reviewed\n", d.reasons, r, r.Only[at])
			explained = false
		}
	}
	for _, f := range bare {
		fmt.Fprintln(out, "no reason:", f)
	}
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	for _, t := range tallies {
		switch {
		case !t.Holds():
			fmt.Fprintf(out, "%s: %v\n", d.reasons, t)
			explained = false
		case t.Verdict == reasons.Ahead || t.Verdict == reasons.Todo:
			fmt.Fprintln(out, strings.TrimSpace(fmt.Sprintf("%s, %d findings: %s %s", t.Verdict, t.Found, t.Why, t.Settle)))
		}
	}
	fmt.Fprintf(out, "%s at %.12s: %d operations, %d findings, %d of them without a reason; %d reasons: %s\n",
		from.Branch, from.Commit, len(prose), len(findings), len(bare), len(tallies), byVerdict(tallies))
	return explained, nil
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

// review returns how the prose differs from what was reviewed, or accepts it.
func (d drift) review(l lock, branch string, now reviewed) ([]string, error) {
	if d.accept {
		return nil, l.accept(d.lock, branch, now)
	}
	return l.changes(branch, now), nil
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
