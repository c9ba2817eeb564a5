package tests_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ofMake finds the arguments of a call of make that is not in a comment.
var ofMake = regexp.MustCompile(`(?m)^[^#\n]*\bmake ([^;|&#\n]*)`)

// target is an argument of make that is neither an option nor a variable.
var target = regexp.MustCompile(`^[a-z][a-z-]*$`)

// targetsOf returns the targets of the Makefile that some files run.
func targetsOf(t *testing.T, files ...string) []string {
	t.Helper()
	var targets []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range ofMake.FindAllStringSubmatch(string(text), -1) {
			for arg := range strings.FieldsSeq(match[1]) {
				if target.MatchString(arg) {
					targets = append(targets, arg)
				}
			}
		}
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

func TestCI_GateAndWorkflows_RunTheSameTargets(t *testing.T) {
	t.Parallel()
	workflows, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	gate, hosted := targetsOf(t, "../.ci/run"), targetsOf(t, workflows...)
	if len(gate) == 0 || !slices.Equal(gate, hosted) {
		t.Errorf(".ci/run has the targets\n%v, the workflows have\n%v", gate, hosted)
	}
}
