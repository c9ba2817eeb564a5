package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// edit replaces a text once.
type edit struct{ old, with string }

// command is the command on copies of the files of testdata, with edits.
type command struct {
	ours, upstream, reasons, lock []edit
	args                          []string
	silent                        bool // oasdiff finds nothing, and there are no reasons
}

// run returns what the command prints, and its exit status.
func (c command) run(t *testing.T) (string, int) {
	t.Helper()
	args := append([]string{
		"-oasdiff", "pinned",
		"-ours", edited(t, "ours.yaml", c.ours), "-upstream", edited(t, "upstream.json", c.upstream),
		"-reasons", edited(t, "reasons.yaml", c.reasons), "-lock", edited(t, "lock.json", c.lock),
	}, c.args...)
	compare := recorded(t)
	if c.silent {
		args = append(args, "-reasons", file(t, "[]"))
		compare = func(context.Context, string, string) ([]byte, error) { return []byte("[]"), nil }
	}
	var out, errs strings.Builder
	code := run(t.Context(), args, &out, &errs, func(string) comparer { return compare })
	return out.String() + errs.String(), code
}

// fails runs the command, which must print some lines, the reasons that wait
// for a release or a server, a summary, and what to do next: no more.
func (c command) fails(t *testing.T, want, next []string) {
	t.Helper()
	out, code := c.run(t)
	report, advice, found := strings.Cut(out, "\nWhat to do next (CONTRIBUTING.md, \"When the vendor changes\"):\n")
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(report), "\n"), func(line string) bool {
		return strings.HasPrefix(line, "todo, ")
	})
	if code != 1 || !found || len(lines) != len(want)+1 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	for i, line := range want {
		if !strings.HasSuffix(lines[i], line) {
			t.Errorf("printed  %s\nwant     …%s", lines[i], line)
		}
	}
	steps := strings.Split(strings.TrimPrefix(strings.TrimSpace(advice), "- "), "\n- ")
	if len(steps) != len(next) {
		t.Fatalf("advice:\n%s\nwant %q", advice, next)
	}
	for i, step := range next {
		if !strings.Contains(steps[i], step) {
			t.Errorf("advice %q lacks %q", steps[i], step)
		}
	}
}

// The beginnings of what a report says to do.
const (
	readOrExplain  = "For each \"no reason\""
	mendReasons    = "Correct or remove each reason"
	getPrevious    = "give PREVIOUS="
	readAndAccept  = "Read each change"
	correctRelease = "Give RELEASE=26.9"
	acceptLater    = "Nothing was accepted"
)

func edited(t *testing.T, name string, edits []edit) string {
	t.Helper()
	text := string(read(t, filepath.Join("testdata", name)))
	for _, e := range edits {
		if !strings.Contains(text, e.old) {
			t.Fatalf("%s does not have %q", name, e.old)
		}
		text = strings.Replace(text, e.old, e.with, 1)
	}
	return file(t, text)
}

func file(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file) //nolint:gosec // of the tests
	if err != nil {
		t.Fatal(err)
	}
	return text
}
