package authtest

import (
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
	// For a pattern there are only guesses.
	return []any{"", strings.Repeat("a", int(min(s.MinLength, maxText))), "a", "A", "0", "00000000-0000-4000-8000-000000000000",
		"2024-01-01", "2024-01-01T00:00:00Z", "https://example.com/", "/"}
}

func numbers(s *openapi3.Schema) []any {
	list := []any{0}
	for _, bound := range []*float64{s.Min, s.Max} {
		if bound != nil {
			list = append(list, *bound, *bound+1, *bound-1)
		}
	}
	if s.MultipleOf != nil {
		list = append(list, *s.MultipleOf)
	}
	return append(list, 1)
}
