package authtest

import (
	"cmp"
	"math"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// scalars are texts, numbers and booleans that may fit a schema, the one to
// prefer first.
func scalars(s *openapi3.Schema) (list []any) {
	if s.Type == nil {
		return nil
	}
	for _, name := range s.Type.Slice() {
		switch name {
		case "string":
			list = append(list, texts(s)...)
		case "integer", "number":
			list = append(list, numbers(s)...)
		case "boolean":
			list = append(list, false, true)
		}
	}
	return list
}

// ofFormat returns a text of a format; ok is false for a format that allows any
// text, or is not known.
func ofFormat(format string) (text string, ok bool) {
	switch format {
	case "date-time":
		return "2024-01-01T00:00:00Z", true
	case "date":
		return "2024-01-01", true
	case "time":
		return "00:00:00Z", true
	case "duration":
		return "PT0S", true
	case "uuid", "guid":
		return "00000000-0000-4000-8000-000000000000", true
	case "email":
		return "user@example.com", true
	case "uri", "url":
		return "https://example.com/", true
	case "hostname":
		return "example.com", true
	case "ipv4":
		return "192.0.2.1", true
	case "ipv6":
		return "2001:db8::1", true
	}
	return "", false
}

// maxText bounds the texts that a document can demand, in bytes.
const maxText = 1 << 16

func texts(s *openapi3.Schema) []any {
	if text, ok := ofFormat(s.Format); ok {
		return []any{text}
	}
	list := []any{"", strings.Repeat("a", int(min(s.MinLength, maxText))), "a", "A", "0", "00000000-0000-4000-8000-000000000000",
		"2024-01-01", "2024-01-01T00:00:00Z", "https://example.com/", "/"}
	if s.Pattern == "" {
		return list
	}
	return append(list, matching(s.Pattern, 0), matching(s.Pattern, int(min(s.MinLength, maxText))))
}

func numbers(s *openapi3.Schema) []any {
	list := []any{0}
	bounds := []*float64{s.Min, s.Max, s.ExclusiveMin.Value, s.ExclusiveMax.Value}
	for _, bound := range bounds {
		if bound != nil {
			list = append(list, *bound, *bound+1, *bound-1)
		}
	}
	if m := s.MultipleOf; m != nil && *m > 0 {
		list = append(list, *m)
		for _, bound := range bounds {
			if bound != nil {
				list = append(list, math.Ceil(*bound / *m)**m, math.Floor(*bound / *m)**m)
			}
		}
	}
	least, most := cmp.Or(s.Min, s.ExclusiveMin.Value), cmp.Or(s.Max, s.ExclusiveMax.Value)
	if least != nil && most != nil {
		list = append(list, (*least+*most)/2)
	}
	return append(list, 1, 0.5)
}
