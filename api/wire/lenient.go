package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// FieldError says which field of a response is missing or of a wrong type.
type FieldError struct{ Field string }

// Error implements error.
func (e *FieldError) Error() string {
	return fmt.Sprintf("the response has no %s, or one of another type", e.Field)
}

// Strict decodes a JSON object into the struct that v points to, as encoding/json
// does, and reports whether it fits. It allocates less than half as often as Lenient, and most
// responses fit. A list that holds null does not: null is not an item. In a map, null
// is the zero value. After a failure, v may hold a part of the object.
func Strict(b []byte, v any) bool {
	return !nullInList(b) && json.Unmarshal(b, v) == nil
}

// nullInList reports whether null follows a bracket or a comma, as it does in a
// list. In an object it follows a colon. A text that looks like it counts too.
func nullInList(b []byte) bool {
	for {
		before, after, found := bytes.Cut(b, []byte("null"))
		if !found {
			return false
		}
		before = bytes.TrimRight(before, " \t\r\n")
		if bytes.HasSuffix(before, []byte("[")) || bytes.HasSuffix(before, []byte(",")) {
			return true
		}
		b = after
	}
}

// Lenient decodes a JSON object into the struct that v points to, field by field
// as the json tags name them. One field of another type must not cost the others:
// a field that does not fit its Go type keeps its value. The fields in needs have to
// be there and to fit: without one of them the error is a [FieldError].
//
// A number or boolean in a string fits a number or boolean, a number fits a
// string that is not a [Secret], and 4.0 fits an integer. The items of a list or map
// that do not fit are left out. null leaves everything unchanged.
func Lenient(b []byte, v any, needs ...string) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return errors.New("not a JSON object")
	}
	if raw == nil {
		return nil
	}
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		name, _, _ := strings.Cut(s.Type().Field(i).Tag.Get("json"), ",")
		value, there := raw[name]
		fits := there && fit(value, s.Field(i))
		if !fits && slices.Contains(needs, name) {
			return &FieldError{name}
		}
	}
	return nil
}

// fit decodes raw into dst and reports whether it did. If not, or for null, dst
// keeps its value.
func fit(raw json.RawMessage, dst reflect.Value) bool {
	if string(raw) == "null" {
		return false
	}
	switch dst.Kind() {
	case reflect.Int, reflect.Int32, reflect.Int64:
		n, ok, err := parseInteger(unquote(raw))
		if err != nil || !ok || dst.OverflowInt(n) {
			return false
		}
		dst.SetInt(n)
		return true
	case reflect.Bool:
		raw = unquote(raw)
	case reflect.String:
		if isNumber(raw) && dst.Type() != reflect.TypeFor[Secret]() {
			dst.SetString(string(raw))
			return true
		}
	case reflect.Pointer:
		to := reflect.New(dst.Type().Elem())
		if !fit(raw, to.Elem()) {
			return false
		}
		dst.Set(to)
		return true
	case reflect.Slice:
		if dst.Type().Elem().Kind() != reflect.Uint8 {
			return fitList(raw, dst)
		}
	case reflect.Map:
		return fitMap(raw, dst)
	}
	to := reflect.New(dst.Type())
	if json.Unmarshal(raw, to.Interface()) != nil {
		return false
	}
	dst.Set(to.Elem())
	return true
}

func fitList(raw json.RawMessage, dst reflect.Value) bool {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return false
	}
	list := reflect.MakeSlice(dst.Type(), 0, len(items))
	for _, item := range items {
		one := reflect.New(dst.Type().Elem()).Elem()
		if fit(item, one) {
			list = reflect.Append(list, one)
		}
	}
	dst.Set(list)
	return true
}

func fitMap(raw json.RawMessage, dst reflect.Value) bool {
	var items map[string]json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return false
	}
	all := reflect.MakeMapWithSize(dst.Type(), len(items))
	for name, item := range items {
		one := reflect.New(dst.Type().Elem()).Elem()
		if fit(item, one) {
			all.SetMapIndex(reflect.ValueOf(name), one)
		}
	}
	dst.Set(all)
	return true
}

// unquote returns the text of a JSON string, and any other value unchanged.
func unquote(raw json.RawMessage) json.RawMessage {
	var text string
	if raw[0] == '"' && json.Unmarshal(raw, &text) == nil {
		return json.RawMessage(text)
	}
	return raw
}

func isNumber(raw json.RawMessage) bool {
	return raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
}
