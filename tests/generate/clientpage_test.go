package generate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// vendorsDocument returns the path of the vendor's document, which is not part of this
// repository, and skips the test where it is not beside it.
func vendorsDocument(t *testing.T) string {
	t.Helper()
	const path = root + "/../shared/vendor/openapiSpecv3-2_0.json"
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the vendor's document is not in ../shared/vendor")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return absolute
}

// pageFiles returns the YAML files of docs/client.md, by the names in their first lines.
func pageFiles(t *testing.T) map[string]string {
	t.Helper()
	files := make(map[string]string)
	for _, block := range regexp.MustCompile("(?s)```yaml\n# (\\S+)\n.*?```").FindAllStringSubmatch(content(t, root+"/docs/client.md"), -1) {
		files[block[1]] = strings.TrimSuffix(strings.TrimPrefix(block[0], "```yaml\n"), "```")
	}
	if files["cfg.yaml"] == "" || files["overlay.yaml"] == "" {
		t.Fatal("docs/client.md does not have cfg.yaml and overlay.yaml")
	}
	return files
}

// generateAsReader generates a client from a document with the files of docs/client.md, as a
// reader does who copies them, and returns the folder of the client. change changes cfg.yaml.
func generateAsReader(t *testing.T, document string, change func(options map[string]any)) string {
	t.Helper()
	dir, err := filepath.Abs(inside(t))
	if err != nil {
		t.Fatal(err)
	}
	files := pageFiles(t)
	cfg := parse(t, files["cfg.yaml"])
	change(cfg["output-options"].(map[string]any))
	text, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "cfg.yaml"), string(text))
	write(t, filepath.Join(dir, "overlay.yaml"), files["overlay.yaml"])
	if document, err = filepath.Abs(document); err != nil {
		t.Fatal(err)
	}
	run(t, dir, generator(t), "-config", "cfg.yaml", document)
	return filepath.Join(dir, "tsapi")
}

func unchanged(map[string]any) {}

func TestClientPage_GeneratorFiles_AreRightForTheVendorsHabits(t *testing.T) {
	dir := generateAsReader(t, "testdata/responses.yaml", unchanged)
	write(t, filepath.Join(dir, "client_test.go"), content(t, "testdata/responses/client_test.go"))
	t.Log(run(t, dir, "go", "test", "-count=1", "."))
	if strings.Contains(content(t, filepath.Join(dir, "client.gen.go")), "CreateUser") {
		t.Error("the client has an operation that is not included")
	}
}

// Without one of its options, the client of such a document does not compile or is wrong.
func TestClientPage_GeneratorOption_IsNeeded(t *testing.T) {
	for _, option := range []string{"response-type-suffix", "overlay"} {
		t.Run(option, func(t *testing.T) {
			dir := generateAsReader(t, "testdata/responses.yaml", func(options map[string]any) { delete(options, option) })
			write(t, filepath.Join(dir, "client_test.go"), content(t, "testdata/responses/client_test.go"))
			if out, err := command(t, dir, "go", "test", "-count=1", "."); err == nil {
				t.Errorf("the client is right without it\n%s", out)
			}
		})
	}
}

// A reader can also take the vendor's document as a whole, and test the program with a
// simulator that has the same document.
func TestClientPage_VendorsDocument_CompilesAndDecodes(t *testing.T) {
	document := vendorsDocument(t)
	for name, c := range map[string]struct {
		change       func(map[string]any)
		operations   int
		least, above int // lines
		calls        bool
	}{
		"two operations":  {unchanged, 2, 1_400, 1_800, false},
		"every operation": {func(options map[string]any) { delete(options, "include-operation-ids") }, 181, 98_000, 108_000, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := generateAsReader(t, document, c.change)
			t.Setenv("DOCUMENT", document)
			if c.calls {
				write(t, filepath.Join(dir, "client_test.go"), content(t, "testdata/vendor/client_test.go"))
				t.Log(run(t, dir, "go", "test", "-count=1", "-v", "."))
			} else {
				run(t, dir, "go", "build", ".")
			}
			client := content(t, filepath.Join(dir, "client.gen.go"))
			if lines := strings.Count(client, "\n"); lines < c.least || lines > c.above {
				t.Errorf("%d lines, and docs/client.md says otherwise", lines)
			}
			if n := strings.Count(client, "\nfunc Parse"); n != c.operations {
				t.Errorf("%d operations, want %d", n, c.operations)
			}
			if float := regexp.MustCompile(`(?m)^\t\w+(InMillis|At) +\*?(float32|int32|map)`).FindString(client); float != "" {
				t.Errorf("a time that loses milliseconds: %s", float)
			}
			if secret := regexp.MustCompile(`(?im)^\t\w*(password|secret|secret_?key|token) +\*?string`).FindString(client); secret != "" {
				t.Errorf("a secret that prints: %s", secret)
			}
		})
	}
}

func TestClientPage_Example_HasTheSameFiles(t *testing.T) {
	for name, text := range pageFiles(t) {
		if content(t, filepath.Join(root, "examples/tags", name)) != text {
			t.Errorf("examples/tags/%s differs from docs/client.md", name)
		}
	}
}

func TestClientPage_Example_IsGeneratedWithTheFiles(t *testing.T) {
	dir := generateAsReader(t, root+"/examples/tags/openapi.yaml", unchanged)
	if content(t, filepath.Join(dir, "client.gen.go")) != content(t, root+"/examples/tags/tsapi/client.gen.go") {
		t.Error("examples/tags/tsapi/client.gen.go is another client")
	}
}

// The example's document has nothing that the vendor's does not have, except descriptions.
func TestClientPage_ExampleDocument_IsAPartOfTheVendors(t *testing.T) {
	whole := read(t, vendorsDocument(t))
	part := read(t, root+"/examples/tags/openapi.yaml")
	for _, name := range []string{"paths", "components"} {
		inWhole(t, name, part[name], whole[name])
	}
}

// inWhole reports each value of part that differs from the value of whole at the same place.
func inWhole(t *testing.T, place string, part, whole any) {
	t.Helper()
	fields, isMap := part.(map[string]any)
	of, both := whole.(map[string]any)
	if !isMap || !both {
		if !reflect.DeepEqual(part, whole) {
			t.Errorf("%s is %v, and the vendor has %v", place, part, whole)
		}
		return
	}
	for name, value := range fields {
		if _, isText := value.(string); isText && (name == "description" || name == "summary") {
			continue
		}
		inWhole(t, place+"/"+name, value, of[name])
	}
}

func TestClientPage_AddressOfTheDocument_IsTheOneOfTheDriftWorkflow(t *testing.T) {
	workflow := parse(t, content(t, root+"/.github/workflows/drift.yml"))
	env := workflow["env"].(map[string]any)
	repository := strings.TrimSuffix(env["REPOSITORY"].(string), ".git")
	for _, address := range []string{
		repository + "/blob/release/" + env["FILE"].(string),
		strings.Replace(repository, "github.com", "raw.githubusercontent.com", 1) + "/release/" + env["FILE"].(string),
	} {
		if !strings.Contains(content(t, root+"/docs/client.md"), address) {
			t.Errorf("docs/client.md does not have %s", address)
		}
	}
}
