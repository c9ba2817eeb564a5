package contract_test

import (
	"reflect"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// loss is what an odd value at a place may cost: that place; the list that it
// is an item of; or the object that is nothing without it. It is empty if that
// is the whole response.
func loss(s *openapi3.Schema, p place) place {
	parents := make([]*openapi3.Schema, len(p))
	for i, step := range p {
		parents[i] = s
		switch {
		case step == item:
			s = s.Items.Value
		case s.Properties[step] != nil:
			s = s.Properties[step].Value
		default:
			s = s.AdditionalProperties.Schema.Value
		}
	}
	for n := len(p); n > 0; n-- {
		if step := p[n-1]; step != item && !indispensable(parents[n-1], step) {
			return p[:n]
		}
	}
	return nil
}

// indispensable tells what an object is nothing without: a token and a secret
// key without themselves, an Org without its number.
func indispensable(object *openapi3.Schema, name string) bool {
	switch name {
	case "token", "key":
		return true
	case "id":
		return object.Properties[name].Value.Type.Is("integer")
	}
	return false
}

// at is the value at a place of a document.
func at(v any, p place) any {
	for _, step := range p {
		if list, ok := v.([]any); ok {
			v = list[0]
		} else {
			v = v.(map[string]any)[step]
		}
	}
	return v
}

// find returns what the client has at a place, and whether it has one: there
// may be nothing above it.
func find(v reflect.Value, p place) (field reflect.Value, there bool) {
	if len(p) == 0 {
		return v, true
	}
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return v, false
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ","); name == p[0] {
				return find(v.Field(i), p[1:])
			}
		}
	case reflect.Slice:
		if v.Len() > 0 {
			return find(v.Index(0), p[1:])
		}
	case reflect.Map:
		if value := v.MapIndex(reflect.ValueOf(p[0])); value.IsValid() {
			return find(value, p[1:])
		}
	}
	return v, false
}

// clearAt makes what the client has at a place as if it had not come.
func clearAt(v reflect.Value, p place) {
	above, name := p[:len(p)-1], p[len(p)-1]
	if m, there := find(v, above); there && m.Kind() == reflect.Map {
		m.SetMapIndex(reflect.ValueOf(name), reflect.Value{})
		return
	}
	if field, there := find(v, p); there {
		field.SetZero()
	}
}
