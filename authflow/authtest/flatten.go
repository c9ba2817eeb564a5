package authtest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// flatten returns one schema for a schema and the parts that it consists of. The
// result helps to find a value, which is then held to the schema itself.
func flatten(s *openapi3.Schema) *openapi3.Schema {
	flat := *s
	flat.AllOf, flat.Properties, flat.Required = nil, maps.Clone(s.Properties), slices.Clone(s.Required)
	if flat.Properties == nil {
		flat.Properties = make(openapi3.Schemas)
	}
	addParts(&flat, s, map[*openapi3.Schema]bool{s: true})
	return &flat
}

// addParts adds the parts of a schema to flat, each once.
func addParts(flat, s *openapi3.Schema, added map[*openapi3.Schema]bool) {
	for _, ref := range s.AllOf {
		part := ref.Value
		if added[part] {
			continue
		}
		added[part] = true
		addProperties(flat, part)
		addBounds(flat, part)
		addParts(flat, part, added)
	}
}

// addProperties adds the properties of a part. A property that is there already has
// to fit both.
func addProperties(flat, part *openapi3.Schema) {
	for name, property := range part.Properties {
		if other := flat.Properties[name]; other != nil && other.Value != property.Value {
			property = &openapi3.SchemaRef{Value: &openapi3.Schema{AllOf: openapi3.SchemaRefs{other, property}}}
		}
		flat.Properties[name] = property
	}
	for _, name := range part.Required {
		if !slices.Contains(flat.Required, name) {
			flat.Required = append(flat.Required, name)
		}
	}
}

// addBounds adds the type and the bounds of a part.
func addBounds(flat, part *openapi3.Schema) {
	flat.OneOf, flat.AnyOf = slices.Concat(flat.OneOf, part.OneOf), slices.Concat(flat.AnyOf, part.AnyOf)
	flat.Type = cmp.Or(flat.Type, part.Type)
	flat.Items = cmp.Or(flat.Items, part.Items)
	flat.Pattern = cmp.Or(flat.Pattern, part.Pattern)
	flat.Format = cmp.Or(flat.Format, part.Format)
	flat.MultipleOf = cmp.Or(flat.MultipleOf, part.MultipleOf)
	flat.AdditionalProperties.Schema = cmp.Or(flat.AdditionalProperties.Schema, part.AdditionalProperties.Schema)
	flat.Min, flat.Max = cmp.Or(flat.Min, part.Min), cmp.Or(flat.Max, part.Max)
	flat.MinLength, flat.MinItems = max(flat.MinLength, part.MinLength), max(flat.MinItems, part.MinItems)
	flat.MinProps = max(flat.MinProps, part.MinProps)
	if len(flat.Enum) == 0 {
		flat.Enum = part.Enum
	}
}
