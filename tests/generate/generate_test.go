package generate

import (
	"os"
	"os/exec"
	"path/filepath"
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

// inside makes a directory of a package in this module, so that what is
// generated there is compiled with what go.mod has.
func inside(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(".", "tmp-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// run runs a command in a directory and returns what it wrote.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := command(t, dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func command(t *testing.T, dir, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = filepath.Clean(dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
