package generate

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// uses is a program with one field on each line, some of which are deprecated. They
// are not in literals, which not every version of staticcheck looks at.
const uses = `// Package uses stands for the code of a user.
package uses

import "github.com/go-thoughtspot/tsauth/gen"

// Fill sets fields of requests.
func Fill(full *gen.GetFullAccessTokenRequest, object *gen.GetObjectAccessTokenRequest, custom *gen.GetCustomAccessTokenRequest) {
	full.Username = "u"
	full.UserParameters = nil   // deprecated
	object.UserParameters = nil // deprecated
	custom.VariableValues = nil
	custom.FilterRules = nil     // deprecated
	custom.ParameterValues = nil // deprecated
}
`

// A linter reports to users which fields the vendor has deprecated.
func TestStaticcheck_DeprecatedField_IsReported(t *testing.T) {
	dir := inside(t)
	if err := os.WriteFile(filepath.Join(dir, "uses.go"), []byte(uses), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := command(t, dir, "go", "tool", "staticcheck", "-checks", "SA1019", ".")
	if err == nil {
		t.Error("staticcheck reports nothing")
	}
	for i, line := range strings.Split(uses, "\n") {
		found := strings.Contains(out, "uses.go:"+strconv.Itoa(i+1)+":")
		if want := strings.HasSuffix(line, "// deprecated"); found != want {
			t.Errorf("reported: %t, want %t: %s", found, want, line)
		}
	}
	if t.Failed() {
		t.Log(out)
	}
}
