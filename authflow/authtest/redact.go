package authtest

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/go-thoughtspot/tsauth/api/wire"
)

// secretName matches the names of fields that hold secrets, here and in the
// rest of the API.
var secretName = regexp.MustCompile(`(?i)password|passwd|passphrase|secret|token|credential|authorization|cookie|private_?key|api_?key|^key$`)

// seen is a JSON body as an observer may see it, or nil if it is not JSON. Values
// of fields that hold secrets are replaced, and so are those of fields that an
// operation does not have: a misspelt password is one.
func (r *request) seen() any {
	var v any
	if r.tooLong || json.Unmarshal(r.body, &v) != nil {
		return nil
	}
	if r.route == nil {
		return redact(v, nil)
	}
	body := r.route.Operation.RequestBody
	if body == nil || body.Value.Content.Get("application/json") == nil {
		return redact(v, map[string]bool{})
	}
	if _, is := v.(map[string]any); v != nil && !is {
		return wire.Redacted // a token alone, say
	}
	known := make(map[string]bool)
	fields(known, body.Value.Content.Get("application/json").Schema)
	return redact(v, known)
}

// fields collects the names of all properties of a schema. Requests do not
// contain themselves.
func fields(known map[string]bool, ref *openapi3.SchemaRef) {
	if ref == nil || ref.Value == nil {
		return
	}
	s := ref.Value
	for name, property := range s.Properties {
		known[name] = true
		fields(known, property)
	}
	fields(known, s.Items)
	for _, refs := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
		for _, one := range refs {
			fields(known, one)
		}
	}
}

// redact replaces in v what is secret by its name, or by its name's being
// unknown, if known is not nil. Null and "" are shown: nothing is secret about
// what is not there, and clients are told apart by them.
func redact(v any, known map[string]bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if secretName.MatchString(name) || known != nil && !known[name] {
				if value != nil && value != "" {
					v[name] = wire.Redacted
				}
				continue
			}
			v[name] = redact(value, known)
		}
	case []any:
		for i := range v {
			v[i] = redact(v[i], known)
		}
	case string:
		// A document in a string, as connections have it, is no less full of
		// secrets.
		if t := strings.TrimSpace(v); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
			var inner any
			if json.Unmarshal([]byte(t), &inner) == nil {
				return redact(inner, known)
			}
		}
	}
	return v
}
