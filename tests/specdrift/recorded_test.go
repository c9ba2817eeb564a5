package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"
)

// Tests use recordings of oasdiff, because building it takes a minute and the
// network. For another version or other documents there is no recording, and the
// test fails. To record again:
//
//	rm -r tests/specdrift/testdata/recorded
//	go test ./tests/specdrift -record
var record = flag.Bool("record", false, "run oasdiff, and write down what it says")

// recorded returns what the version of oasdiff that the Makefile pins says.
func recorded(t *testing.T) comparer {
	return func(ctx context.Context, ours, theirs string) ([]byte, error) {
		module := pinned(t)
		sum := sha256.New()
		for _, text := range [][]byte{[]byte(module), read(t, ours), read(t, theirs)} {
			fmt.Fprintf(sum, "%x\n", sha256.Sum256(text))
		}
		file := fmt.Sprintf("testdata/recorded/%x.json", sum.Sum(nil)[:8])
		if *record {
			changelog, err := oasdiff(module)(ctx, ours, theirs)
			if err != nil {
				return nil, err
			}
			write(t, file, changelog)
		}
		return os.ReadFile(file) //nolint:gosec // named above
	}
}

// write records a changelog, without the names of files, which are temporary.
func write(t *testing.T, file string, changelog []byte) {
	t.Helper()
	var changes []map[string]any
	if err := json.Unmarshal(changelog, &changes); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		delete(c, "baseSource")
		delete(c, "revisionSource")
	}
	text, err := json.MarshalIndent(changes, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata/recorded", 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

func pinned(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile(`(?m)^OASDIFF +:= (\S+)$`).FindSubmatch(read(t, "../../Makefile"))
	if match == nil {
		t.Fatal("the Makefile pins no OASDIFF")
	}
	return string(match[1])
}
