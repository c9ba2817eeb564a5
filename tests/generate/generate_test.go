package generate

import (
	"strings"
	"testing"
)

const spec = "../../../api/openapi.yaml"

// The spec generates code that compiles in a module that knows nothing of ours
// but api/wire: with oapi-codegen as it is without options, and with ogen, which
// reads schemas in another way.
func TestTheSpecGeneratesInOtherModules(t *testing.T) {
	for name, tool := range map[string][]string{
		"oapi-codegen": {"oapi-codegen", "-package", "api", "-generate", "models,client", "-o", "api.gen.go", spec},
		"ogen":         {"ogen", "--package", "api", "--target", ".", "--clean", spec},
	} {
		t.Run(name, func(t *testing.T) {
			dir := inside(t)
			run(t, dir, "go", append([]string{"tool"}, tool...)...)
			// ogen and oapi-codegen end well on some specs whose code does not compile.
			run(t, dir, "go", "build", ".")
			if out := run(t, dir, "go", "doc", "-short", "."); !strings.Contains(out, "type GetCustomAccessTokenRequest") {
				t.Errorf("there is no model of a request in\n%s", out)
			}
		})
	}
}
