package api_test

import (
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// A Go type of x-lenient with a secret redacts its JSON. In a request it would send
// [redacted] to the server.
func TestSpec_SchemaThatRedactsItsJSON_IsInNoRequest(t *testing.T) {
	doc := load(t)
	looked := 0
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Value.Content {
				walk(media.Schema, func(s *openapi3.SchemaRef) {
					looked++
					if redacts(s.Value) {
						t.Errorf("%s %s: the request has a schema with x-lenient and secrets: %s", method, path, s.Value.Description)
					}
				})
			}
		}
	}
	if looked < 50 {
		t.Errorf("only %d schemas of requests were looked at", looked)
	}
	if !redacts(doc.Components.Schemas["Token"].Value) {
		t.Error("the schema of a token does not redact its JSON")
	}
}

// redacts reports whether the Go type of a schema redacts its JSON.
func redacts(s *openapi3.Schema) bool {
	if s.Extensions["x-lenient"] == nil {
		return false
	}
	secret := false
	walk(&openapi3.SchemaRef{Value: s}, func(s *openapi3.SchemaRef) {
		secret = secret || s.Ref == "#/components/schemas/Secret"
	})
	return secret
}

// walk calls visit for a schema and for each schema in it.
func walk(s *openapi3.SchemaRef, visit func(*openapi3.SchemaRef)) {
	if s == nil {
		return
	}
	visit(s)
	for _, p := range s.Value.Properties {
		walk(p, visit)
	}
	for _, list := range []openapi3.SchemaRefs{s.Value.AllOf, s.Value.AnyOf, s.Value.OneOf} {
		for _, part := range list {
			walk(part, visit)
		}
	}
	walk(s.Value.Items, visit)
	walk(s.Value.AdditionalProperties.Schema, visit)
}
