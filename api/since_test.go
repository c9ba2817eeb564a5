package api_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Generated code has nothing of a field but its description: that says from
// which release it is there, and what absent means.
func TestDescriptionsSaySinceWhenAndTheDefault(t *testing.T) {
	doc := load(t)
	says := func(where, description, text string) {
		if !strings.Contains(strings.Join(strings.Fields(description), " "), text) {
			t.Errorf("%s does not say %q: %s", where, text, description)
		}
	}
	found := 0
	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		s := doc.Components.Schemas[name].Value
		byValue, _ := s.Extensions["x-since"].(map[string]any)
		for value, since := range byValue {
			found++
			says(name+"."+value, afterValue(t, s, value), fmt.Sprintf("From %v.", since))
		}
		for field, p := range properties(s) {
			where := name + "." + field
			if since, ok := p.Extensions["x-since"]; ok {
				found++
				says(where, p.Description, fmt.Sprintf("rom %v", since))
			}
			if p.Default != nil {
				found++
				says(where, p.Description, fmt.Sprintf("Absent, %v.", p.Default))
			}
			if p.Deprecated && p.Extensions["x-deprecated-reason"] == nil {
				t.Errorf("%s does not say what to use instead", where)
			}
		}
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			found++
			says(method+" "+path, op.Description, fmt.Sprintf("From %v.", op.Extensions["x-since"]))
		}
	}
	for where, since := range map[string]any{
		"LoginRequest.org_identifier": "9.2.0.cl", "Runtime_Filters.objects": "9.12.0.cl",
		"Runtime_Sorts.objects": "9.12.0.cl", "Runtime_Parameters.objects": "9.12.0.cl",
	} {
		name, field, _ := strings.Cut(where, ".")
		if got := properties(doc.Components.Schemas[name].Value)[field].Extensions["x-since"]; got != since {
			t.Errorf("%s is from %v, not %v", where, got, since)
		}
	}
	want := map[string]any{"REPLACE": "10.5.0.cl"}
	if got := doc.Components.Schemas["PersistOption"].Value.Extensions["x-since"]; !reflect.DeepEqual(got, want) {
		t.Errorf("PersistOption is from %v, not %v", got, want)
	}
	if found < 29 {
		t.Errorf("only %d releases and defaults were looked at", found)
	}
}

// afterValue returns the description of a value of an enum: a paragraph that
// begins with the value.
func afterValue(t *testing.T, s *openapi3.Schema, value string) string {
	t.Helper()
	if !slices.Contains(s.Enum, any(value)) {
		t.Errorf("x-since names %s, which is not in the enum %v", value, s.Enum)
	}
	_, after, found := strings.Cut("\n"+s.Description, "\n"+value+" ")
	if !found {
		return ""
	}
	for _, other := range s.Enum {
		after, _, _ = strings.Cut(after, fmt.Sprintf("\n%v ", other))
	}
	return after
}

// Each field of the Go client says what the document says of it in its place,
// and nothing says what a schema is where it is used.
func TestTheClientSaysWhatTheDocumentDoes(t *testing.T) {
	doc, comments := load(t), fieldComments(t)
	for name, s := range doc.Components.Schemas {
		for field, p := range properties(s.Value) {
			text := strings.Join(strings.Fields(p.Description), " ")
			if text == "" {
				t.Errorf("%s.%s has no description", name, field)
			}
			if p.Deprecated {
				text += " Deprecated: " + p.Extensions["x-deprecated-reason"].(string)
			}
			if !slices.Contains(comments[field], text) {
				t.Errorf("%s.%s: no field of the client says %q", name, field, text)
			}
		}
	}
}

// properties are those that a schema says itself; those of other schemas, which
// it is made of, are theirs.
func properties(s *openapi3.Schema) map[string]*openapi3.Schema {
	all := make(map[string]*openapi3.Schema)
	for name, p := range s.Properties {
		all[name] = p.Value
	}
	for _, part := range s.AllOf {
		if part.Ref == "" {
			for name, p := range properties(part.Value) {
				all[name] = p
			}
		}
	}
	return all
}

// fieldComments are the comments in the generated client, by the fields' names
// in JSON.
func fieldComments(t *testing.T) map[string][]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../gen/client.gen.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := make(map[string][]string)
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && f.Tag != nil {
			name, _, _ := strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
			comments[name] = append(comments[name], strings.Join(strings.Fields(f.Doc.Text()), " "))
		}
		return true
	})
	return comments
}
