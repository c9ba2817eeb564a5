package authtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// maxDepth bounds how often schemas are flattened within each other: each time, the
// result is a new schema, so that one within itself would have no end.
const maxDepth = 4

// fallbacks are values for a schema that no candidate fits: values of the schema
// and its parts taken together, objects with more or fewer properties than usual, and
// lists of different items.
func (b *builder) fallbacks(s *openapi3.Schema, at string) (list []built) {
	if len(s.AllOf) > 0 && b.depth < maxDepth {
		b.depth++
		if v, ok := b.of(flatten(s), at); ok {
			list = append(list, v)
		}
		b.depth--
	}
	for _, one := range slices.Concat(s.OneOf, s.AnyOf) {
		list = append(list, b.candidates(one.Value, at)...)
		if len(one.Value.Properties) > 0 {
			list = append(list, b.objectOf(one.Value, at, len(one.Value.Properties)))
		}
	}
	if len(s.Properties) > 0 || s.Type != nil && s.Type.Includes("object") {
		list = append(list, b.objectOf(s, at, int(min(s.MinProps, maxItems))), b.objectOf(s, at, len(s.Properties)))
	}
	if s.Type != nil && s.Type.Includes("array") {
		list = append(list, b.tuple(s, at), b.different(s, at))
	}
	if s.Type == nil {
		list = append(list, built{value: ""}, built{value: 0}, built{value: false})
	}
	return list
}

// objectOf returns an object with the properties that it must have, and as many more
// as it takes to have a number of them.
func (b *builder) objectOf(s *openapi3.Schema, at string, size int) built {
	fields := make(map[string]any)
	add := func(names []string, enough func() bool) {
		for _, name := range names {
			property := s.Properties[name]
			if enough() || property == nil || property.Value.WriteOnly {
				continue
			}
			if v, ok := b.of(property.Value, at+"."+name); ok {
				fields[name] = v.value
			}
		}
	}
	add(s.Required, func() bool { return false })
	add(slices.Sorted(maps.Keys(s.Properties)), func() bool { return len(fields) >= size })
	for i := 1; len(fields) < size && i <= size; i++ {
		fields[fmt.Sprint("property_", i)] = b.additional(s, at)
	}
	return built{value: fields}
}

// tuple returns a list whose first items have schemas of their own.
func (b *builder) tuple(s *openapi3.Schema, at string) built {
	list := []any{}
	for i, item := range s.PrefixItems {
		v, _ := b.of(item.Value, fmt.Sprint(at, ".", i))
		list = append(list, v.value)
	}
	return built{value: list}
}

// different returns a list of different items, as many as it must have.
func (b *builder) different(s *openapi3.Schema, at string) built {
	list, seen := []any{}, make(map[string]bool)
	if s.Items == nil || s.Items.Value == nil {
		return built{value: list}
	}
	item := s.Items.Value
	size := int(min(s.MinItems, maxItems))
	choices := slices.Clone(item.Enum)
	for _, v := range b.candidates(item, at+".0") {
		choices = append(choices, v.value)
	}
	from, _ := b.of(item, at+".0")
	for i := range size {
		switch first := from.value.(type) {
		case string:
			choices = append(choices, first+strings.Repeat("a", i))
		case int:
			choices = append(choices, first+i)
		case float64:
			choices = append(choices, first+float64(i))
		}
	}
	for _, v := range choices {
		if len(list) == size || check(item, v) != nil {
			continue
		}
		if key := string(mustJSON(v)); !seen[key] {
			seen[key] = true
			list = append(list, v)
		}
	}
	return built{value: list}
}
