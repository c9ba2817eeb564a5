package authflow_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// exportedTypes are the types of the package, with the reason why none of them
// shows a secret. The search in secrets_test.go prints those that could hold one.
var exportedTypes = map[string]string{
	"Cluster": "printed", "Flow": "printed", "Token": "printed", "Event": "printed", "Error": "printed",
	"Stats": "numbers and names of classes", "QueueStats": "part of Stats", "QueueLength": "part of Stats",
	"StoreStats": "numbers and names of operations",
	"EventKind":  "part of Event", "Policy": "numbers", "CredentialFunc": "a function", "SecretKeyFunc": "a function",
	"Option": "a function", "FlowOption": "a function", "TokenOption": "a function", "LogoutOption": "a function",
	"Store": "the user's", "RateLimiter": "the user's", "SharedValue": "pointers and a sealed value",
}

// A type that is added has to be thought of.
func TestX3_EveryExportedType_IsKnownToShowNoSecret(t *testing.T) {
	t.Parallel()
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
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			found++
			if exportedTypes[spec.Name.Name] == "" {
				t.Errorf("%s: nothing says that %s shows no secret", name, spec.Name.Name)
			}
			return true
		})
	}
	if found != len(exportedTypes) {
		t.Errorf("%d exported types, %d are known", found, len(exportedTypes))
	}
}
