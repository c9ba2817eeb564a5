// Package fields checks the fields of a request before it is sent (X5): texts that their
// author did not mean, and values that the server would reject, or ignore without
// telling.
package fields

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// Problem returns the first field of a request that the server would not accept, by its
// name in JSON, and why. It returns two empty texts if there is none. req points to a
// struct of package gen.
func Problem(req any) (field, problem string) {
	return requestProblem(reflect.ValueOf(req).Elem(), "")
}

// requestProblem returns the first field below v that the server would not accept,
// and why. path is the name of v itself.
func requestProblem(v reflect.Value, path string) (field, problem string) {
	switch v.Kind() {
	case reflect.String:
		return path, TextProblem(v.String())
	case reflect.Pointer:
		if !v.IsNil() {
			return requestProblem(v.Elem(), path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			field, problem = itemProblem(v.Index(i), fmt.Sprintf("%s[%d]", path, i))
			if problem != "" {
				return field, problem
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field, problem = fieldProblem(v.Type().Field(i), v.Field(i), path)
			if problem != "" {
				return field, problem
			}
		}
	}
	return "", ""
}

// fieldProblem checks a field of the struct at path. A text whose JSON tag has no
// omitempty or omitzero is required.
func fieldProblem(typ reflect.StructField, v reflect.Value, path string) (field, problem string) {
	name, options, _ := strings.Cut(typ.Tag.Get("json"), ",")
	field = name
	if path != "" {
		field = path + "." + name
	}
	required := v.Kind() == reflect.String && !strings.Contains(options, "omit")
	switch {
	case required && v.Len() == 0:
		return field, "must not be empty"
	case name == "values" && v.IsNil():
		return field, "is required"
	case name == "values":
		return valuesProblem(v, field)
	}
	return requestProblem(v, field)
}

// itemProblem checks an item of a list.
func itemProblem(v reflect.Value, path string) (field, problem string) {
	if v.Kind() == reflect.String && v.Len() == 0 {
		return path, "must not be empty"
	}
	return requestProblem(v, path)
}

// valuesProblem checks the values of a rule. They are compared with the data of the
// cluster, whose texts may contain any character.
func valuesProblem(values reflect.Value, path string) (field, problem string) {
	for i := range values.Len() {
		field, value := fmt.Sprintf("%s[%d]", path, i), values.Index(i)
		switch {
		case value.Kind() == reflect.Interface:
			problem = anyProblem(value.Elem())
		case value.Len() == 0:
			problem = "must not be empty"
		default:
			problem = anyProblem(value)
		}
		if problem != "" {
			return field, problem
		}
	}
	return "", ""
}

// anyProblem checks a value that the spec types as any. It is invalid for null.
func anyProblem(value reflect.Value) string {
	if !value.IsValid() {
		return "must be a string, boolean or number, and not null"
	}
	switch {
	case value.Kind() == reflect.String && !utf8.ValidString(value.String()):
		return notUTF8
	case value.Kind() == reflect.String, value.Kind() == reflect.Bool, isNumber(value):
		return ""
	}
	return fmt.Sprintf("must be a string, boolean or number, and not a %s", value.Type())
}

func isNumber(v reflect.Value) bool { return v.CanInt() || v.CanUint() || v.CanFloat() }
