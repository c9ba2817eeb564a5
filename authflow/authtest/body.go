package authtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// WithLenientBodies takes in the bodies of requests what older clients send: a
// number or a boolean where a text belongs, a text where a number or a boolean
// belongs, one value in place of a list, and null for what is optional. A text
// that is not a number is ignored where an optional number belongs, such as the name
// of an Org in org_id. Without the option all of these are rejected with 400.
func WithLenientBodies() Option {
	return func(s *settings) { s.lenient = true }
}

// reading turns the body of a request into what the server makes of it, before
// it is held to the spec.
type reading struct {
	lenient bool
	unknown []string // names that the spec does not have, with the way to them
}

// readBody returns the body as the server takes it, and the names in it that the
// spec does not have. A body that is not one JSON value is returned as it is.
func readBody(route *routers.Route, body []byte, lenient bool) (taken []byte, unknown []string) {
	if route == nil || route.Operation.RequestBody == nil {
		return body, nil
	}
	media := route.Operation.RequestBody.Value.Content.Get("application/json")
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return body, nil
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return body, nil
	}
	r := &reading{lenient: lenient}
	v, _ = r.value(media.Schema.Value, "", v)
	slices.Sort(r.unknown)
	return mustJSON(v), r.unknown
}

// value returns what the server takes for v; ok is false if it ignores v. at is
// the way to v.
func (r *reading) value(s *openapi3.Schema, at string, v any) (taken any, ok bool) {
	_, isList := v.([]any)
	isOne := v != nil && !isList
	if isOne && r.lenient && typeOf(s).Is("array") {
		v = []any{v}
	}
	switch v := v.(type) {
	case map[string]any:
		return r.object(s, at, v), true
	case []any:
		if items := itemsOf(s); items != nil {
			for i := range v {
				v[i], _ = r.value(items, at+strconv.Itoa(i)+".", v[i])
			}
		}
		return v, true
	}
	if number, is := v.(json.Number); is && typeOf(s).Is("integer") {
		v = integral(number)
	}
	if r.lenient && v != nil {
		return coerced(s, v)
	}
	return v, true
}

// integral returns 300 for 300.0 and 3e2: JSON has no integers, and clients of
// some languages write them so.
func integral(number json.Number) json.Number {
	var n wire.Integer
	if n.UnmarshalJSON([]byte(number)) != nil {
		return number
	}
	return json.Number(strconv.FormatInt(int64(n), 10))
}

func (r *reading) object(s *openapi3.Schema, at string, fields map[string]any) map[string]any {
	known, required := propertiesIn(s)
	if len(known) == 0 {
		return fields
	}
	for name, v := range fields {
		field := known[name]
		if field == nil {
			r.unknown = append(r.unknown, at+name)
			continue
		}
		taken, ok := r.value(field, at+name+".", v)
		if optional := !slices.Contains(required, name); optional && (!ok || r.absent(name, field, v)) {
			delete(fields, name)
		} else if ok {
			fields[name] = taken
		}
	}
	return fields
}

// absent tells whether the server takes an optional field as if it were not
// there: the unused one of two credentials as an empty text, and a boolean as null,
// because the vendor's SDKs send them so. A token that is null is not absent:
// revokeToken would end all tokens.
func (r *reading) absent(name string, s *openapi3.Schema, v any) bool {
	switch v {
	case "":
		return name == "password" || name == "secret_key"
	case nil:
		return typeOf(s).Is("boolean") || r.lenient && name != "token"
	}
	return false
}

// coerced returns v as the type that belongs in its place, if there is a way.
func coerced(s *openapi3.Schema, v any) (taken any, ok bool) {
	text, isText := v.(string)
	number, isNumber := v.(json.Number)
	truth, isTruth := v.(bool)
	switch is := typeOf(s); {
	case is.Is("string") && isNumber:
		return number.String(), true
	case is.Is("string") && isTruth:
		return strconv.FormatBool(truth), true
	case is.Is("boolean") && (isText || isNumber):
		if b, err := strconv.ParseBool(strings.ToLower(text + number.String())); err == nil {
			return b, true
		}
	case is.Is("integer") && (isText || isNumber):
		f, err := strconv.ParseFloat(strings.TrimSpace(text)+number.String(), 64)
		if err != nil {
			return v, false
		}
		if n := int64(f); float64(n) == f {
			return n, true
		}
	}
	return v, true
}

// typeOf is the type of a schema, its own or the type of a schema that it consists of.
func typeOf(s *openapi3.Schema) *openapi3.Types {
	for _, part := range s.AllOf {
		if s.Type == nil {
			return typeOf(part.Value)
		}
	}
	return s.Type
}

func itemsOf(s *openapi3.Schema) *openapi3.Schema {
	if s.Items == nil {
		return nil
	}
	return s.Items.Value
}

// propertiesIn are the properties of a schema and of those it consists of.
func propertiesIn(s *openapi3.Schema) (known map[string]*openapi3.Schema, required []string) {
	known = make(map[string]*openapi3.Schema)
	required = slices.Clone(s.Required)
	for name, p := range s.Properties {
		known[name] = p.Value
	}
	for _, part := range s.AllOf {
		more, needed := propertiesIn(part.Value)
		for name, p := range more {
			known[name] = p
		}
		required = append(required, needed...)
	}
	return known, required
}
