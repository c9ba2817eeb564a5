package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tested runs the tests of a module with the given files.
func tested(t *testing.T, files map[string]string, args ...string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.25\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOWORK", "off")
	var stdout, stderr bytes.Buffer
	code, err := run(t.Context(), append(args, "./..."), &stdout, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	return code, stderr.String() + stdout.String()
}

func mustHave(t *testing.T, out string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(out, text) {
			t.Errorf("%q is not in:\n%s", text, out)
		}
	}
}

const good = `package good
import "testing"
func TestGood(t *testing.T) { t.Log("in private"); t.Run("part", func(t *testing.T) {}) }
func TestLater(t *testing.T) { t.Skip("not here") }
`

func TestSummary_OfTestsThatPass_CountsThemAndExitsWith0(t *testing.T) {
	code, out := tested(t, map[string]string{"good/good_test.go": good})
	if code != 0 || strings.Contains(out, "in private") || strings.Contains(out, "FAILED") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	mustHave(t, out, "ok  \texample.com/m/good", "packages: 1 passed, 0 failed; tests: 1 passed, 0 failed, 1 skipped", "slowest: good ")
}

func TestSummary_OfATestThatFails_ShowsItAndExitsWith1(t *testing.T) {
	code, out := tested(t, map[string]string{"good/good_test.go": good, "bad/bad_test.go": `package bad
import "testing"
func TestGood(t *testing.T) { t.Log("in private") }
func TestBad(t *testing.T) { t.Run("part", func(t *testing.T) { t.Error("one is not two") }) }
`})
	if code != 1 || strings.Contains(out, "in private") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	mustHave(t, out, "one is not two", "packages: 1 passed, 1 failed; tests: 2 passed, 1 failed, 1 skipped",
		"FAILED: example.com/m/bad TestBad/part\n", "FAILED: example.com/m/bad TestBad\n", "FAILED: example.com/m/bad\n")
}

func TestSummary_OfAPackageThatDoesNotBuild_ShowsWhyAndExitsWith1(t *testing.T) {
	for name, text := range map[string]string{
		"bad/bad_test.go": "package bad\n\nvar n int = \"two\"\n",
		"bad/bad.go":      "package bad\n\nvar n int = \"two\"\n",
	} {
		code, out := tested(t, map[string]string{"good/good_test.go": good, name: text, "bad/other_test.go": "package bad\n"})
		if code != 1 {
			t.Errorf("exit code %d", code)
		}
		mustHave(t, out, `cannot use "two"`, "packages: 1 passed, 1 failed", "FAILED: example.com/m/bad\n")
	}
}

// A panic has the stacks of all goroutines.
func TestSummary_OfAPanicWithThousandsOfLines_ShowsTheFirst(t *testing.T) {
	t.Setenv("GOTRACEBACK", "all")
	code, out := tested(t, map[string]string{"bad/bad_test.go": `package bad
import "testing"
func TestBad(t *testing.T) {
	t.Log("before")
	for range 2000 { go func() { select {} }() }
	panic("in the test")
}
`})
	if n := strings.Count(out, "\n"); code != 1 || n > 2*most+50 {
		t.Errorf("exit code %d, %d lines", code, n)
	}
	mustHave(t, out, "panic: in the test", "more lines", "packages: 0 passed, 1 failed", "FAILED: example.com/m/bad\n")
}

func TestSummary_OfATestThatHangs_EndsAtTheTimeLimit(t *testing.T) {
	code, out := tested(t, map[string]string{"bad/bad_test.go": `package bad
import "testing"
func TestHangs(t *testing.T) { select {} }
`}, "-timeout", "1s")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	mustHave(t, out, "test timed out after 1s", "TestHangs", "FAILED: example.com/m/bad\n")
}

func TestSummary_OfWrongArguments_ExitsAsGoTestDoes(t *testing.T) {
	code, out := tested(t, map[string]string{"good/good_test.go": good}, "-no-such-flag")
	if code == 0 {
		t.Errorf("exit code 0:\n%s", out)
	}
	mustHave(t, out, "packages: 0 passed", "FAILED: ")
}
