package contract_test

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// forms lists how the properties of a body came: as a value, as null, or not at all.
// For an enum, and where there are alternatives, it says which value.
func forms(s *openapi3.Schema, at place, value any) []string {
	if value == nil {
		return []string{at.String() + " null"}
	}
	var found []string
	if at != nil {
		found = append(found, at.String())
	}
	if len(s.Enum) > 0 {
		found = append(found, fmt.Sprintf("%s=%v", at, value))
	}
	for _, alternative := range alternatives(s) {
		if takes(alternative.Value, value) {
			s = alternative.Value
			found = append(found, asType(at, s))
			break
		}
	}
	switch v := value.(type) {
	case map[string]any:
		for name, p := range s.Properties {
			if child, there := v[name]; there {
				found = append(found, forms(p.Value, at.to(name), child)...)
			} else {
				found = append(found, at.to(name).String()+" absent")
			}
		}
		if more := s.AdditionalProperties.Schema; more != nil {
			for _, child := range v {
				found = append(found, forms(more.Value, at.to(anyKey), child)...)
			}
		}
	case []any:
		for _, child := range v {
			found = append(found, forms(s.Items.Value, at.to(item), child)...)
		}
	}
	return found
}

// possibleForms lists all that forms can find.
func possibleForms(s *openapi3.Schema) []string {
	var all []string
	descend(s, nil, func(p property) {
		all = append(all, p.place.String())
		for _, v := range p.schema.Enum {
			all = append(all, fmt.Sprintf("%s=%v", p.place, v))
		}
		for _, alternative := range alternatives(p.schema) {
			all = append(all, asType(p.place, alternative.Value))
		}
		if nullable(p.schema) {
			all = append(all, p.place.String()+" null")
		}
		if p.optional {
			all = append(all, p.place.String()+" absent")
		}
	})
	return all
}

func asType(at place, s *openapi3.Schema) string {
	return fmt.Sprintf("%s as %s", at, (*s.Type)[0])
}

// alternatives are the schemas that a value may have one of.
func alternatives(s *openapi3.Schema) openapi3.SchemaRefs { return slices.Concat(s.OneOf, s.AnyOf) }

// usable lists the forms of an operation's request that the server can grant,
// and its header parameters.
func usable(op *openapi3.Operation) []string {
	var all []string
	if s := bodySchema(op); s != nil {
		all = slices.DeleteFunc(possibleForms(s), func(form string) bool { return ungrantedFor(op.OperationID, form) != "" })
	}
	for _, p := range op.Parameters {
		all = append(all, p.Value.Name)
	}
	return all
}
