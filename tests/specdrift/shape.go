package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// shape is what a spec says of its operations, flattened so that two of them
// can be compared line by line.
type shape struct {
	operations map[string]string // "POST /api/…/login" to operationId
	properties map[string]property
}

// property is what a spec says of one property.
type property struct {
	types    string
	required bool
	enum     []string
}

// shapeOf flattens a document. Properties are named after their operation, the
// request or the answer they stand in, and their path:
// "POST /api/…/custom request filter_rules[].operator".
func shapeOf(doc *openapi3.T) shape {
	s := shape{make(map[string]string), make(map[string]property)}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			name := method + " " + path
			s.operations[name] = op.OperationID
			if op.RequestBody != nil {
				s.content(name+" request", op.RequestBody.Value.Content)
			}
			for status, response := range op.Responses.Map() {
				if strings.HasPrefix(status, "2") && response.Value != nil {
					s.content(name+" "+status, response.Value.Content)
				}
			}
		}
	}
	return s
}

func (s *shape) content(where string, content openapi3.Content) {
	if media := content.Get("application/json"); media != nil && media.Schema != nil {
		s.object(where+" ", media.Schema.Value, nil)
	}
}

// object adds the properties of a schema. above are the schemas that it stands
// in, which a spec may repeat without end.
func (s *shape) object(prefix string, schema *openapi3.Schema, above []*openapi3.Schema) {
	if schema == nil || slices.Contains(above, schema) {
		return
	}
	above = append(slices.Clip(above), schema)
	for _, part := range schema.AllOf {
		s.object(prefix, part.Value, above)
	}
	for name, ref := range schema.Properties {
		s.properties[prefix+name] = property{
			types:    typesOf(ref.Value),
			required: slices.Contains(schema.Required, name),
			enum:     enumOf(ref.Value),
		}
		s.object(prefix+name+".", ref.Value, above)
		if ref.Value.Items != nil {
			s.object(prefix+name+"[].", ref.Value.Items.Value, above)
		}
	}
}

// typesOf says what a property may hold: its type and format, those of a
// list's items, or all of a choice's.
func typesOf(schema *openapi3.Schema) string {
	switch {
	case schema == nil:
		return "anything"
	case schema.Type.Is("array") && schema.Items != nil:
		return "list of " + typesOf(schema.Items.Value)
	case schema.Type != nil && schema.Format != "":
		return strings.Join(schema.Type.Slice(), "|") + "/" + schema.Format
	case schema.Type != nil:
		return strings.Join(schema.Type.Slice(), "|")
	}
	var types []string
	for _, part := range slices.Concat(schema.AllOf, schema.AnyOf, schema.OneOf) {
		if t := typesOf(part.Value); !slices.Contains(types, t) {
			types = append(types, t)
		}
	}
	if len(types) == 0 {
		return "anything"
	}
	slices.Sort(types)
	return strings.Join(types, "|")
}

func enumOf(schema *openapi3.Schema) []string {
	var values []string
	add := func(s *openapi3.Schema) {
		for _, v := range s.Enum {
			if text, ok := v.(string); ok {
				values = append(values, text)
			}
		}
	}
	add(schema)
	for _, part := range schema.AllOf {
		add(part.Value)
	}
	slices.Sort(values)
	return values
}
