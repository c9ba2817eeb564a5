package generate

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// root is the root of the repository, as seen from this package.
const root = "../.."

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

// generator returns the path of oapi-codegen, which can be used from any folder.
func generator(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(run(t, ".", "go", "tool", "-n", "oapi-codegen"))
}

// read returns a YAML file.
func read(t *testing.T, path string) map[string]any {
	t.Helper()
	return parse(t, content(t, path))
}

// content returns the text of a file.
func content(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// parse returns a YAML text.
func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// write writes a file for generators and compilers.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
