package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// negative is a request that the document rejects, made from one that the
// server grants.
type negative struct {
	op          string
	at          place // nil: the body itself
	wrong       string
	intent      intent
	contentType string
	spoil       func(granted map[string]any) []byte
}

const jsonType = "application/json"

// negatives lists the mistakes that are possible in the requests of all operations,
// by the document alone.
func negatives() []negative {
	var all []negative
	for _, r := range routesOf(loadStrict()) {
		if r.operation.RequestBody == nil {
			continue
		}
		all = append(all, wrongBodies(r.operation)...)
		for _, p := range propertiesOf(r.operation) {
			for _, v := range wrongValues(p.schema) {
				if toleratedIn(p, v.value) != "" {
					continue
				}
				all = append(all, negative{p.op, p.place, v.wrong, malformed, jsonType, func(body map[string]any) []byte {
					set(body, p.place, v.value, true)
					return encode(body)
				}})
			}
			if p.required {
				all = append(all, negative{p.op, p.place, "missing", malformed, jsonType, func(body map[string]any) []byte {
					set(body, p.place, nil, false)
					return encode(body)
				}})
			}
		}
	}
	for i := range all {
		if unruledFor(all[i]) != "" {
			all[i].intent = unruled
		}
	}
	return all
}

// wrongValue is a value that a schema rejects, and the reason.
type wrongValue struct {
	wrong string
	value any
}

func wrongValues(s *openapi3.Schema) []wrongValue {
	var all []wrongValue
	add := func(value any, format string, args ...any) {
		all = append(all, wrongValue{fmt.Sprintf(format, args...), value})
	}
	for _, v := range []any{"contract", "7", "true", json.Number("7"), json.Number("1.5"), true, []any{}, map[string]any{}} {
		if !takes(s, v) {
			add(v, "of the wrong type, %s", encode(v))
		}
	}
	if !nullable(s) {
		add(nil, "null")
	}
	if len(s.Enum) > 0 {
		add("NO_SUCH_VALUE", "not in the enum")
		add(strings.ToLower(fmt.Sprint(s.Enum[0])), "in the enum except for its case")
	}
	if s.MinLength > 0 {
		add("", "empty")
	}
	if s.MaxLength != nil {
		add(strings.Repeat("x", int(*s.MaxLength)+1), "too long")
	}
	if s.Min != nil {
		add(*s.Min-1, "below its minimum")
		add(*s.Min-1000, "far below its minimum")
	}
	if s.Max != nil {
		add(*s.Max+1, "above its maximum")
	}
	if s.Type.Is("integer") {
		if s.Format == "int32" {
			add(int64(math.MaxInt32)+1, "above what 32 bits hold")
			add(int64(math.MinInt32)-1, "below what 32 bits hold")
		}
		add(json.Number("18446744073709551616"), "above what 64 bits hold") // 2^63 is one that kin-openapi takes
	}
	if s.MinItems > 0 {
		add([]any{}, "empty")
	}
	if s.MinProps > 0 {
		add(map[string]any{}, "empty")
	}
	return all
}

// takes tells whether a schema's type is that of v.
func takes(s *openapi3.Schema, v any) bool {
	if len(s.AnyOf) > 0 {
		return slices.ContainsFunc(s.AnyOf, func(r *openapi3.SchemaRef) bool { return takes(r.Value, v) })
	}
	switch v := v.(type) {
	case string:
		return s.Type.Is("string")
	case bool:
		return s.Type.Is("boolean")
	case json.Number:
		return s.Type.Is("number") || s.Type.Is("integer") && !strings.Contains(v.String(), ".")
	case []any:
		return s.Type.Is("array")
	}
	return s.Type.Is("object")
}

func nullable(s *openapi3.Schema) bool {
	return s.Nullable || slices.ContainsFunc(s.AnyOf, func(r *openapi3.SchemaRef) bool { return nullable(r.Value) })
}

// Mistakes in a body as a whole that exceptions refer to.
const (
	noBody       = "no body"
	emptyBody    = "an empty body"
	tooLongSpace = "a body above 1 MiB, of white space"
	tooLongValue = "a body above 1 MiB, of one value"
)

func wrongBodies(op *openapi3.Operation) []negative {
	var all []negative
	add := func(wrong, contentType string, spoil func([]byte) []byte) {
		all = append(all, negative{op.OperationID, nil, wrong, malformed, contentType, func(body map[string]any) []byte {
			return spoil(encode(body))
		}})
	}
	as := func(body string) func([]byte) []byte { return func([]byte) []byte { return []byte(body) } }
	same := func(body []byte) []byte { return body }

	add(noBody, jsonType, func([]byte) []byte { return nil })
	add(emptyBody, jsonType, as(""))
	add("text that is not JSON", jsonType, as("username=tsadmin"))
	add("half of the JSON", jsonType, func(body []byte) []byte { return body[:len(body)/2] })
	add("JSON without its last character", jsonType, func(body []byte) []byte { return body[:len(body)-1] })
	add("two JSON values", jsonType, func(body []byte) []byte { return slices.Concat(body, body) })
	for _, v := range wrongValues(bodySchema(op)) {
		add("a body "+v.wrong, jsonType, as(string(encode(v.value))))
	}
	for _, contentType := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", ""} {
		add(fmt.Sprintf("the content type %q", contentType), contentType, same)
	}
	add(tooLongSpace, jsonType, func(body []byte) []byte {
		return slices.Concat(bytes.Repeat([]byte(" "), 1<<20), body)
	})
	add(tooLongValue, jsonType, func(body []byte) []byte {
		long := fmt.Sprintf(`{"ignored":%q,`, strings.Repeat("x", 1<<20))
		return slices.Concat([]byte(long), body[1:])
	})
	return all
}

// toleratedIn is the list of values that the document rejects and the server
// takes as if they were not there, each with the reason.
func toleratedIn(p property, value any) string {
	switch name := p.place.String(); {
	case value == nil && p.schema.Type.Is("boolean"):
		return "the vendor's SDKs send null for a boolean that is not set"
	case value == "" && (name == "secret_key" || name == "password" && p.op != "login"):
		return "the vendor's SDKs send an empty text for the credential that is not used"
	}
	return ""
}

// ungrantedFor is the list of what fits the document and is rejected, each with
// the reason.
func ungrantedFor(op, form string) string {
	if op == "getCustomAccessToken" && (form == "scope.org_scope=ALL_MEMBER_ORGS" || form == "scope.org_identifiers absent") {
		return "a custom access token takes SPECIFIC_ORGS alone, and these have to be listed"
	}
	return ""
}

// unruledFor is the list of requests that the server must reject although a
// validator would let them pass, each with the reason.
func unruledFor(n negative) string {
	switch {
	case n.wrong == tooLongSpace || n.wrong == tooLongValue:
		return "the document sets no limit to a body; 1 MiB is the server's"
	case n.op == "login" && (n.wrong == noBody || n.wrong == emptyBody):
		return "the body of a login is optional, for a bearer token; without either the server must reject it"
	}
	return ""
}
