package contract_test

import (
	"fmt"
	"maps"
	"reflect"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/api"
)

// load parses the project's document.
func load() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		panic(err)
	}
	doc.Servers = nil // whatever the server is called
	return doc
}

// loadStrict parses the document and closes it: an object with declared
// properties has no others. The parts of an allOf are first merged into one
// schema, because closed parts reject each other's properties.
//
// Closing is the tests' business: the document leaves objects open, since a
// server may add fields at any time.
func loadStrict() *openapi3.T {
	doc := load()
	c := closer{}
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			if op.RequestBody != nil {
				c.content(op.RequestBody.Value.Content)
			}
			for _, response := range op.Responses.Map() {
				c.content(response.Value.Content)
				for _, header := range response.Value.Headers {
					c.ref(header.Value.Schema)
				}
			}
		}
	}
	return doc
}

// closer maps schemas to their closed form, which is its own closed form.
type closer map[*openapi3.Schema]*openapi3.Schema

func (c closer) content(content openapi3.Content) {
	for _, media := range content {
		c.ref(media.Schema)
	}
}

func (c closer) ref(r *openapi3.SchemaRef) {
	if r != nil {
		r.Value = c.schema(r.Value)
	}
}

func (c closer) schema(s *openapi3.Schema) *openapi3.Schema {
	if closed, ok := c[s]; ok {
		return closed
	}
	closed := *s
	c[s], c[&closed] = &closed, &closed
	closed.AllOf = nil
	closed.Properties = maps.Clone(s.Properties)
	for _, part := range s.AllOf {
		merge(&closed, c.schema(part.Value))
	}
	for name, p := range closed.Properties {
		closed.Properties[name] = &openapi3.SchemaRef{Ref: p.Ref, Value: c.schema(p.Value)}
	}
	if s.Items != nil {
		closed.Items = &openapi3.SchemaRef{Ref: s.Items.Ref, Value: c.schema(s.Items.Value)}
	}
	closed.AnyOf, closed.OneOf = c.list(s.AnyOf), c.list(s.OneOf)
	if len(closed.Properties) > 0 && closed.AdditionalProperties.Schema == nil {
		closed.AdditionalProperties.Has = new(bool)
	}
	return &closed
}

func (c closer) list(refs openapi3.SchemaRefs) openapi3.SchemaRefs {
	var closed openapi3.SchemaRefs
	for _, r := range refs {
		closed = append(closed, &openapi3.SchemaRef{Ref: r.Ref, Value: c.schema(r.Value)})
	}
	return closed
}

// merge adds to s what a part of its allOf says. It panics where two parts
// contradict each other: the merged schema would mean something else.
func merge(s, part *openapi3.Schema) {
	into, from := reflect.ValueOf(s).Elem(), reflect.ValueOf(part).Elem()
	for i := range into.NumField() {
		field := into.Type().Field(i).Name
		to, value := into.Field(i), from.Field(i)
		switch {
		case value.IsZero():
		case field == "Required":
			s.Required = append(s.Required[:len(s.Required):len(s.Required)], part.Required...)
		case field == "Properties":
			if s.Properties == nil {
				s.Properties = openapi3.Schemas{}
			}
			for name, p := range part.Properties {
				if s.Properties[name] != nil {
					panic(fmt.Sprintf("two parts of an allOf declare %s", name))
				}
				s.Properties[name] = p
			}
		case to.IsZero():
			to.Set(value)
		case describes(field), reflect.DeepEqual(to.Interface(), value.Interface()):
		default:
			panic(fmt.Sprintf("two parts of an allOf differ in %s: %v and %v", field, to, value))
		}
	}
}

// describes tells fields that say nothing about values; the outer one stays.
func describes(field string) bool {
	switch field {
	case "Description", "Title", "Example", "Extensions", "Origin", "ExternalDocs":
		return true
	}
	return false
}
