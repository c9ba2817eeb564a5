package authflow_test

import (
	"os/exec"
	"strings"
	"testing"
)

// Importing authflow compiles nothing third-party beyond oapi-codegen/runtime
// and what that needs.
func TestImportsStayLight(t *testing.T) {
	packages := func(of string) map[string]bool {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", of).Output()
		if err != nil {
			t.Fatal(err)
		}
		set := make(map[string]bool)
		for _, p := range strings.Fields(string(out)) {
			if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") {
				set[p] = true
			}
		}
		return set
	}
	allowed := packages("github.com/oapi-codegen/runtime")
	if len(allowed) == 0 {
		t.Fatal("go list has shown nothing")
	}
	for p := range packages("github.com/go-thoughtspot/tsauth/authflow") {
		if !allowed[p] && !strings.HasPrefix(p, "github.com/go-thoughtspot/tsauth/") {
			t.Errorf("authflow imports %s", p)
		}
	}
}
