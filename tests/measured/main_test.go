package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// history is a repository of a test.
type history struct {
	*testing.T
	root string
}

// newHistory returns a repository whose page names the commit that changed gen.
func newHistory(t *testing.T) history {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed")
	}
	h := history{t, t.TempDir()}
	h.git("init", "--quiet")
	h.commit("gen/client.go", "1", "Generate the client")
	h.commit(page, h.output("-commit"), "Measure")
	return h
}

func (h history) git(args ...string) {
	h.Helper()
	always := []string{"-C", h.root, "-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"}
	cmd := exec.CommandContext(h.Context(), "git", append(always, args...)...)
	cmd.Env = append(environment(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// write changes a file.
func (h history) write(name, text string) {
	h.Helper()
	path := filepath.Join(h.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
}

// commit changes a file and commits it.
func (h history) commit(name, text, subject string) {
	h.Helper()
	h.write(name, text)
	h.git("add", ".")
	h.git("commit", "--quiet", "--message", subject)
}

// output runs the command, which must not fail.
func (h history) output(flags ...string) string {
	h.Helper()
	var out strings.Builder
	if err := run(h.Context(), &out, h.root, len(flags) > 0); err != nil {
		h.Fatal(err)
	}
	return out.String()
}

// fails runs the command, which must fail, and returns what it prints.
func (h history) fails() (string, error) {
	h.Helper()
	var out strings.Builder
	err := run(h.Context(), &out, h.root, false)
	if err == nil {
		h.Fatalf("no error, but: %s", out.String())
	}
	return out.String(), err
}

func TestMeasured_PageOfTheLastCommit_IsUpToDate(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	for _, file := range []string{"docs/page.md", "api/openapi.yaml"} {
		if out := h.output(); !strings.Contains(out, "shows this code") || !strings.Contains(out, "Generate the client") {
			t.Errorf("printed %q", out)
		}
		h.commit(file, "text", "Change what is not measured")
	}
	if out := h.output(); !strings.Contains(out, "shows this code") {
		t.Errorf("after other changes, printed %q", out)
	}
}

func TestMeasured_CommitsAfterThePage_AreListed(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.commit("authflow/flow.go", "1", "Hurry")
	h.commit("docs/page.md", "text", "Write a page")
	h.commit("api/wire/secret.go", "1", "Hide a secret")
	out, err := h.fails()
	if !errors.Is(err, errOutdated) || !strings.Contains(err.Error(), "make bench-report") {
		t.Errorf("error %v", err)
	}
	if !strings.Contains(out, "2 commits") || !strings.Contains(out, "Hurry\n") || !strings.Contains(out, "Hide a secret\n") || strings.Contains(out, "Write") {
		t.Errorf("printed %q", out)
	}
	h.commit(page, h.output("-commit"), "Measure again")
	if out := h.output(); !strings.Contains(out, "Hide a secret") {
		t.Errorf("after new results, printed %q", out)
	}
}

func TestMeasured_PageThatNamesNoCommitOfTheHistory_IsAnError(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"names no commit":       "# Benchmarks\n",
		"not in the history of": commit{hash: "0123456789abcdef", day: "2026-01-02"}.sentence(),
	} {
		h := newHistory(t)
		h.commit(page, text, "Write by hand")
		if out, err := h.fails(); out != "" || !strings.Contains(err.Error(), name) {
			t.Errorf("printed %q, error %v", out, err)
		}
	}
}

func TestMeasured_WithoutTheHistory_SaysSo(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.commit("authflow/flow.go", "1", "Hurry")
	archive := history{t, t.TempDir()}
	archive.write(page, "# Benchmarks\n")
	if out := archive.output(); !strings.Contains(out, "no .git folder") {
		t.Errorf("in an archive, printed %q", out)
	}
	shallow := history{t, filepath.Join(t.TempDir(), "clone")}
	h.git("clone", "--quiet", "--depth", "1", "file://"+filepath.ToSlash(h.root), shallow.root)
	if out := shallow.output(); !strings.Contains(out, "shallow") {
		t.Errorf("in a shallow clone, printed %q", out)
	}
}

// No commit would name what is measured.
func TestMeasured_UncommittedChanges_AreAnError(t *testing.T) {
	t.Parallel()
	h := newHistory(t)
	h.write("authflow/flow.go", "1")
	var out strings.Builder
	if err := run(t.Context(), &out, h.root, true); err == nil || !strings.Contains(err.Error(), "authflow/") || out.Len() > 0 {
		t.Errorf("printed %q, error %v", out.String(), err)
	}
}
