package generate

import (
	"strings"
	"testing"
)

const spec = "../../../api/openapi.yaml"

// The spec generates code that compiles in a module that has only api/wire of ours:
// with oapi-codegen without options, and with ogen, which reads schemas in another way.
func TestSpec_InAnotherModule_GeneratesAndCompiles(t *testing.T) {
	for name, tool := range map[string][]string{
		"oapi-codegen": {"oapi-codegen", "-package", "api", "-generate", "models,client", "-o", "api.gen.go", spec},
		"ogen":         {"ogen", "--package", "api", "--target", ".", "--clean", spec},
	} {
		t.Run(name, func(t *testing.T) {
			dir := inside(t)
			run(t, dir, "go", append([]string{"tool"}, tool...)...)
			// ogen and oapi-codegen report success for some specs whose code does not compile.
			run(t, dir, "go", "build", ".")
			if out := run(t, dir, "go", "doc", "-short", "."); !strings.Contains(out, "type GetCustomAccessTokenRequest") {
				t.Errorf("there is no model of a request in\n%s", out)
			}
		})
	}
}
