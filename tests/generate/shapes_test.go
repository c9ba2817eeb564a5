package generate

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The templates in gen/templates are used for eleven operations that have JSON bodies and no
// parameters. The code for an operation of another shape is right, too: a server gets the
// requests that the document describes, and each response decodes by its own schema.
func TestTemplates_OperationOfAnotherShape_IsGeneratedRight(t *testing.T) {
	dir := inside(t)
	doc := document(t)
	add(t, doc, read(t, "testdata/shapes.yaml"))
	if out, err := generateGen(t, dir, doc); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write(t, filepath.Join(dir, "client_test.go"), content(t, "testdata/shapes/client_test.go"))
	t.Log(run(t, dir, "go", "test", "-count=1", "."))
}

// A shape for which the templates have no right code does not generate, or its code does not
// compile.
func TestTemplates_ShapeThatIsNotSupported_Fails(t *testing.T) {
	const bodyOfX = `{requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/X"}}}}}`
	for name, c := range map[string]struct{ operation, x, message string }{
		"a body of a form": {
			`{requestBody: {content: {application/x-www-form-urlencoded: {schema: {$ref: "#/components/schemas/LoginRequest"}}}}}`, `{}`,
			"a body of a form is not supported",
		},
		"a body of text that is a secret": {
			`{requestBody: {content: {text/plain: {schema: {$ref: "#/components/schemas/Secret"}}}}}`, `{}`,
			"a body of text that is a secret is not supported",
		},
		"an optional parameter that is always sent": {
			`{parameters: [{name: limit, in: query, schema: {type: integer}}]}`, `{}`,
			"an optional parameter needs x-go-type-skip-optional-pointer: false",
		},
		"an optional header that is always sent": {
			`{parameters: [{name: X-Limit, in: header, schema: {type: string}}]}`, `{}`,
			"an optional parameter needs x-go-type-skip-optional-pointer: false",
		},
		"two kinds of JSON for one status": {
			`{responses: {"400": {description: d, content: {
				application/json: {schema: {$ref: "#/components/schemas/Org"}},
				application/problem+json: {schema: {$ref: "#/components/schemas/Scope"}}}}}}`, `{}`,
			"duplicate case 400",
		},
		"fields beside additional ones": {
			bodyOfX, `{type: object, description: d, properties: {a: {type: string}}, additionalProperties: {type: string}}`,
			"AdditionalProperties",
		},
		"one of several with a field": {
			bodyOfX, `{type: object, description: d, properties: {a: {type: string}},
				oneOf: [{$ref: "#/components/schemas/Org"}, {$ref: "#/components/schemas/Scope"}]}`,
			"union",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := inside(t)
			operation := parse(t, c.operation)
			operation["operationId"] = "tried"
			if operation["responses"] == nil {
				operation["responses"] = map[string]any{"204": map[string]any{"description": "d"}}
			}
			doc := document(t)
			add(t, doc, map[string]any{
				"paths":      map[string]any{"/tried": map[string]any{"post": operation}},
				"components": map[string]any{"schemas": map[string]any{"X": parse(t, c.x)}},
			})
			out, err := generateGen(t, dir, doc)
			if err == nil {
				out, err = command(t, dir, "go", "vet", ".")
			}
			if err == nil {
				t.Fatal("it generates and compiles")
			}
			if !strings.Contains(out, c.message) {
				t.Errorf("it fails for another reason:\n%s", out)
			}
		})
	}
}

// document returns api/openapi.yaml.
func document(t *testing.T) map[string]any {
	t.Helper()
	return read(t, filepath.Join(root, "api/openapi.yaml"))
}

// add adds more to doc, which has none of its paths, schemas and responses.
func add(t *testing.T, doc, more map[string]any) {
	t.Helper()
	for name, value := range more {
		have, isMap := doc[name].(map[string]any)
		if !isMap {
			if _, there := doc[name]; there {
				t.Fatalf("%s is there already", name)
			}
			doc[name] = value
			continue
		}
		merged := maps.Clone(have)
		add(t, merged, value.(map[string]any))
		doc[name] = merged
	}
}

// generateGen generates a client from doc into dir as gen/client.gen.go is generated.
func generateGen(t *testing.T, dir string, doc map[string]any) (string, error) {
	t.Helper()
	text, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg := read(t, filepath.Join(root, "gen/cfg.yaml"))
	cfg["output"] = filepath.Join(abs, "client.gen.go")
	config, err := yaml.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(abs, "openapi.yaml"), string(text))
	write(t, filepath.Join(abs, "cfg.yaml"), string(config))
	return command(t, root, generator(t), "-config", filepath.Join(abs, "cfg.yaml"), filepath.Join(abs, "openapi.yaml"))
}
