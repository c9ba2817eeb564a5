package authflow_test

import (
	"os/exec"
	"strings"
	"testing"
)

// A program that imports authflow compiles the standard library and this module,
// and nothing else.
func TestImports_OfAuthflow_AreThoseOfGoAndOfThisModule(t *testing.T) {
	t.Parallel()
	const module = "github.com/go-thoughtspot/tsauth/"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+"authflow").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for p := range strings.FieldsSeq(string(out)) {
		first, _, _ := strings.Cut(p, "/")
		switch {
		case strings.HasPrefix(p, module):
			seen++
		case strings.Contains(first, "."):
			t.Errorf("authflow imports %s", p)
		}
	}
	if seen < 9 { // authflow, its six internal packages, gen and api/wire
		t.Errorf("go list shows %d packages of this module", seen)
	}
}
