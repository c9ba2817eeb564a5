package authflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Every exported type of the package is printed by TestX3NoSecretIsShownAnywhere,
// or can hold nothing: one that is added has to be thought of here.
func TestX3KnowsEveryExportedType(t *testing.T) {
	known := map[string]string{
		"Cluster": "printed", "Flow": "printed", "Token": "printed", "Event": "printed", "Error": "printed",
		"EventKind": "part of Event", "Policy": "numbers", "CredentialFunc": "a function", "SecretKeyFunc": "a function",
		"Option": "a function", "FlowOption": "a function", "TokenOption": "a function",
		"Store": "the user's", "RateLimiter": "the user's",
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				found++
				if known[spec.Name.Name] == "" {
					t.Errorf("%s: TestX3NoSecretIsShownAnywhere does not know %s", name, spec.Name.Name)
				}
			}
			return true
		})
	}
	if found != len(known) {
		t.Errorf("%d exported types, %d are known", found, len(known))
	}
}
