package generate

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/oapi-codegen/oapi-codegen/v2"

// compared has, for each of our templates, the SHA-256 of the template of the generator
// with which it was last compared.
var compared = map[string]string{
	"client-with-responses.tmpl": "01e28fc263020fab72aa4316d93348a11ebddd98a699894b84dbb7141239bdf8",
	"imports.tmpl":               "e79731c9a8e0d7104fac1f84e536919fface08f77bfe21d390a1f3f5e87f95d5",
	"typedef.tmpl":               "b94393ee7ad5795b401eeb394a66e1f3905d7a0ff5c736d089f11658ae1ae832",
}

// A template of ours replaces a template of the generator. After an upgrade it may lack a
// part of the new template, and generate wrong code.
func TestTemplates_OfTheGenerator_AreThoseThatOursWereComparedWith(t *testing.T) {
	run(t, ".", "go", "mod", "download", module)
	dir := strings.TrimSpace(run(t, ".", "go", "list", "-m", "-f", "{{.Dir}}", module))
	for name, want := range compared {
		text := content(t, filepath.Join(dir, "pkg/codegen/templates", name))
		if got := fmt.Sprintf("%x", sha256.Sum256([]byte(text))); got != want {
			t.Errorf("oapi-codegen has changed its %s: compare it with gen/templates/%s as CONTRIBUTING.md says, and then write %q here", name, name, got)
		}
	}
}

func TestTemplates_OfOurs_AreThree(t *testing.T) {
	want := slices.Sorted(maps.Keys(compared))
	files, err := os.ReadDir(root + "/gen/templates")
	if err != nil {
		t.Fatal(err)
	}
	var have []string
	for _, file := range files {
		have = append(have, file.Name())
	}
	options := read(t, root+"/gen/cfg.yaml")["output-options"].(map[string]any)
	used := slices.Sorted(maps.Keys(options["user-templates"].(map[string]any)))
	if !slices.Equal(have, want) || !slices.Equal(used, want) {
		t.Errorf("gen/templates has %v, gen/cfg.yaml uses %v, want %v: use the generator's own template where it is right", have, used, want)
	}
}

// The tests here are about the version that generates gen/client.gen.go.
func TestTemplates_Generator_IsTheOneOfTheProject(t *testing.T) {
	here := run(t, ".", "go", "list", "-m", module)
	there := run(t, root, "go", "list", "-m", module)
	if here != there {
		t.Errorf("the generator is %s in tests/generate and %s in the project", strings.TrimSpace(here), strings.TrimSpace(there))
	}
	if version := strings.Fields(there)[1]; !strings.Contains(content(t, root+"/docs/client.md"), "oapi-codegen@"+version+" ") {
		t.Errorf("docs/client.md does not use %s", version)
	}
}
