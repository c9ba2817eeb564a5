// Specdrift compares api/openapi.yaml with a copy of the vendor's published
// spec:
//
//	make spec-drift UPSTREAM=openapiSpecv3-2_0.json BRANCH=release COMMIT=2834b02
//
// It looks at the operations for authentication, wherever their paths are, and
// at the servers, info and security of the document. Two checks have to pass:
//
// Each difference between the two documents needs a reason in reasons.yaml, and
// each reason as many differences as it says. oasdiff, at the version that the
// Makefile pins, finds them, from ours to the vendor's: "added" is what the
// vendor has and we do not.
//
// Nothing may have changed in the vendor's document since it was last reviewed.
// oasdiff does not see descriptions and examples, and a reason also fits a
// change of the difference that it explains. So lock.json has, for each branch,
// hashes of the structure, the examples and the prose of each operation, with
// the commit and the SHA-256 of the reviewed document and its release. Nothing
// of the vendor's wording is kept. With the reviewed document as PREVIOUS, the
// report shows the old and the new text of what changed. Review the change,
// follow it in our spec if need be, and accept it:
//
//	make spec-drift UPSTREAM=… BRANCH=… COMMIT=… RELEASE=… ACCEPT=1
//
// Exit status 0 means that both checks pass, 1 that one does not, and 2 that
// the comparison was not possible.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr, oasdiff)) }

// run is main. tool makes the comparer from the flag -oasdiff.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, tool func(module string) comparer) int {
	flags := flag.NewFlagSet("specdrift", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var d drift
	flags.StringVar(&d.ours, "ours", "api/openapi.yaml", "our `file`")
	flags.StringVar(&d.upstream, "upstream", "", "the vendor's `file`, JSON")
	flags.StringVar(&d.previously, "previous", "", "the vendor's `file` that was reviewed last, to show the old text of what changed")
	flags.StringVar(&d.branch, "branch", "", "the vendor's `branch`; without it, info.x-source of the file or else release")
	flags.StringVar(&d.commit, "commit", "", "the `commit` of the file, where info.x-source does not have it")
	flags.StringVar(&d.release, "release", "", "the `release` of ThoughtSpot that the branch is of; without it, the branch if it is named so, or else the lock")
	flags.StringVar(&d.reasons, "reasons", "tests/specdrift/reasons.yaml", "`file` of the reasons")
	flags.StringVar(&d.lock, "lock", "tests/specdrift/lock.json", "`file` of what was reviewed")
	flags.BoolVar(&d.accept, "accept", false, "write this document into the lock, as reviewed; not if a difference has no reason")
	module := flags.String("oasdiff", "", "oasdiff as `module@version`")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	passed, err := d.run(ctx, stdout, tool(*module))
	switch {
	case err != nil:
		fmt.Fprintln(stderr, "specdrift:", err)
		return 2
	case !passed:
		return 1
	}
	return 0
}
