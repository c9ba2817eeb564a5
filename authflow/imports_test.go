package authflow_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Importing authflow compiles nothing that is neither Go's nor the project's.
func TestImportsStayLight(t *testing.T) {
	const ours = "github.com/go-thoughtspot/tsauth/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ours+"authflow").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for p := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(p, ours) {
			seen++
		} else if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") {
			t.Errorf("authflow imports %s", p)
		}
	}
	if seen < 4 { // authflow, its engine, gen and api/wire
		t.Errorf("go list has shown %d packages of ours", seen)
	}
}
