// Measured says whether tests/bench/RESULTS.md still shows what the code costs. It
// compares the commit that the page names with the last one that changed authflow, gen
// or api/wire.
//
//	go run ./tests/measured          # lists the commits since then, and exits with 1 if there are any
//	go run ./tests/measured -commit  # prints the sentence for a new RESULTS.md
//
// Most changes cost nothing, and the benchmarks need a quiet machine for a quarter of an
// hour. So results that are older than the code fail no test: CI prints what has changed
// since, and CONTRIBUTING.md wants new results before a release. Where the history is
// not there, in an archive or a shallow clone, the command says so and exits with 0.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	commit := flag.Bool("commit", false, "print the sentence that names the commit of this tree")
	flag.Parse()
	if err := run(context.Background(), os.Stdout, ".", *commit); err != nil {
		fmt.Fprintln(os.Stderr, "measured:", err)
		os.Exit(1)
	}
}

// page is what names the commit.
const page = "tests/bench/RESULTS.md"

// errOutdated is the error of a page that names another commit.
var errOutdated = errors.New(page + " is older than the code; make bench-report measures again")

// run does what the flags say, for the repository whose top folder is root.
func run(ctx context.Context, w io.Writer, root string, sentence bool) error {
	repo := repository(root)
	if sentence {
		last, err := repo.lastCommit(ctx)
		if err == nil {
			err = repo.clean(ctx)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w, last.sentence())
		return err
	}
	why, err := repo.unreadable(ctx)
	if err != nil {
		return err
	}
	if why != "" {
		_, err := fmt.Fprintf(w, "%s is not compared with the code: %s\n", page, why)
		return err
	}
	return compare(ctx, w, repo)
}

// compare prints whether the page is up to date.
func compare(ctx context.Context, w io.Writer, repo repository) error {
	named, err := repo.named()
	if err != nil {
		return err
	}
	last, err := repo.lastCommit(ctx)
	if err != nil {
		return err
	}
	if last.is(named) {
		_, err := fmt.Fprintf(w, "%s shows this code: %s\n", page, last)
		return err
	}
	since, err := repo.since(ctx, named)
	if err != nil {
		return err
	}
	if len(since) == 0 {
		return fmt.Errorf("%s names %s, which is not in the history of this commit: make bench-report measures again", page, named)
	}
	fmt.Fprintf(w, "Since %s, which %s shows, %d commits changed authflow, gen or api/wire:\n", named, page, len(since))
	for _, c := range since {
		fmt.Fprintln(w, " ", c)
	}
	return errOutdated
}
