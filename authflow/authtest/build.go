package authtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/complaint"
)

// builder finds values that fit schemas.
type builder struct {
	building map[*openapi3.Schema]bool  // schemas may contain themselves
	built    map[*openapi3.Schema]built // and each other many times over
	reasons  []string                   // the examples that do not fit
}

// built is a value that fits a schema.
type built struct {
	value any
	// shown is true if the document shows the value, or a part of it: by an
	// example, a default or a list of values.
	shown bool
}

func newBuilder() *builder {
	return &builder{building: make(map[*openapi3.Schema]bool), built: make(map[*openapi3.Schema]built)}
}

// content returns a body for content; ok is false if none was found.
func (b *builder) content(m *openapi3.MediaType) (body any, ok bool) {
	var schema *openapi3.Schema
	if m.Schema != nil {
		schema = m.Schema.Value
	}
	examples := map[string]any{"": m.Example} // sorted before those with names
	for name, e := range m.Examples {
		if e.Value != nil {
			examples[name] = e.Value.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if v := examples[name]; v != nil && b.takes(schema, strings.TrimSpace("example "+name), v) {
			return v, true
		}
	}
	if schema == nil {
		return nil, false
	}
	v, ok := b.of(schema, "body")
	return v.value, ok
}

// takes reports whether an example fits a schema. One that does not is noted.
func (b *builder) takes(s *openapi3.Schema, name string, example any) bool {
	err := check(s, example)
	if err == nil {
		return true
	}
	path, reason := complaint.Cause(err)
	if reason == "" {
		reason = err.Error()
	}
	b.reasons = append(b.reasons, fmt.Sprintf("the %s does not fit its schema and is replaced: %s",
		name, strings.Join(append(path, reason), ": ")))
	return false
}

// check holds a value to a schema, in the form in which it is sent.
func check(s *openapi3.Schema, v any) error {
	if s == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var sent any
	if err := json.Unmarshal(text, &sent); err != nil {
		return err
	}
	return s.VisitJSON(sent, openapi3.VisitAsResponse())
}

// of returns a value that fits a schema, at is the path to it; ok is false if
// none was found.
func (b *builder) of(s *openapi3.Schema, at string) (v built, ok bool) {
	if v, ok := b.built[s]; ok {
		return v, true
	}
	if b.building[s] {
		return built{}, check(s, nil) == nil
	}
	b.building[s] = true
	defer delete(b.building, s)
	v, ok = b.choose(s, at)
	if ok {
		b.built[s] = v
	}
	return v, ok
}

// choose returns the first value that fits a schema: one that the document shows,
// or one that is built.
func (b *builder) choose(s *openapi3.Schema, at string) (v built, ok bool) {
	replaced := len(b.reasons)
	for _, example := range slices.Concat([]any{s.Example}, s.Examples, []any{s.Default, s.Const}) {
		if example != nil && b.takes(s, "example of "+at, example) {
			return built{example, true}, true
		}
	}
	for _, one := range s.Enum {
		if one != nil && check(s, one) == nil {
			return built{one, true}, true
		}
	}
	for _, v := range b.candidates(s, at) {
		if check(s, v.value) == nil {
			v.shown = v.shown || len(b.reasons) > replaced
			return v, true
		}
	}
	return built{}, check(s, nil) == nil
}

// candidates are values that may fit a schema, the one to prefer first.
func (b *builder) candidates(s *openapi3.Schema, at string) (list []built) {
	for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
		if v, ok := b.of(one.Value, at); ok {
			list = append(list, b.merged(s, at, v))
		}
	}
	if parts := b.parts(s, at); len(parts) > 0 {
		list = append(append(list, b.merged(s, at, parts...)), parts...)
	}
	is := func(name string) bool { return s.Type != nil && s.Type.Includes(name) }
	untyped := s.Type == nil || s.Type.IsEmpty()
	if is("object") || untyped {
		list = append(list, b.object(s, at))
	}
	if is("array") {
		list = append(list, b.array(s, at)...)
	}
	for _, v := range scalars(s) {
		list = append(list, built{value: v})
	}
	slices.SortStableFunc(list, func(a, b built) int { return rank(a) - rank(b) })
	return list
}

// rank puts values that the document shows before those that are built.
func rank(v built) int {
	if v.shown {
		return 0
	}
	return 1
}

// parts are values of the schemas that a schema consists of.
func (b *builder) parts(s *openapi3.Schema, at string) (list []built) {
	for _, part := range s.AllOf {
		if v, ok := b.of(part.Value, at); ok {
			list = append(list, v)
		}
	}
	return list
}

// merged returns an object with the properties of a schema and those of values of
// schemas that it consists of, or the first of these values if it is not an object.
func (b *builder) merged(s *openapi3.Schema, at string, parts ...built) built {
	own := b.object(s, at)
	fields, shown := make(map[string]any), own.shown
	for _, part := range parts {
		object, is := part.value.(map[string]any)
		if !is {
			return part
		}
		maps.Copy(fields, object)
		shown = shown || part.shown
	}
	maps.Copy(fields, own.value.(map[string]any))
	return built{fields, shown}
}

// object returns the properties that an object must have, and those that the
// document shows. They are in order, so that a schema within itself always lacks
// the same ones.
func (b *builder) object(s *openapi3.Schema, at string) built {
	fields, shown := make(map[string]any), false
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name].Value
		if property == nil || property.WriteOnly {
			continue
		}
		v, ok := b.of(property, at+"."+name)
		if ok && (v.shown || slices.Contains(s.Required, name)) {
			fields[name] = v.value
		}
		shown = shown || ok && v.shown
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil {
			fields[name] = b.additional(s, at+"."+name)
		}
	}
	return built{fields, shown}
}

// additional returns a value of a property that an object must have, but whose
// name is not among its properties.
func (b *builder) additional(s *openapi3.Schema, at string) any {
	if rest := s.AdditionalProperties.Schema; rest != nil {
		v, _ := b.of(rest.Value, at)
		return v.value
	}
	return ""
}

// array returns lists of different lengths: an empty one first, unless the
// document shows an item.
func (b *builder) array(s *openapi3.Schema, at string) (list []built) {
	empty := built{value: []any{}}
	if s.Items == nil || s.Items.Value == nil {
		return []built{empty}
	}
	item, ok := b.of(s.Items.Value, at+".0")
	if !ok {
		return []built{empty}
	}
	full := built{value: slices.Repeat([]any{item.value}, int(min(max(s.MinItems, 1), maxItems))), shown: item.shown}
	if item.shown {
		return []built{full, empty}
	}
	return []built{empty, full}
}

// maxItems bounds the lists that a document can demand.
const maxItems = 100
