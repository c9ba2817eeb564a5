package tokenrequest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// check returns an error if a value of JSON does not fit a type that was generated from
// the spec. Names are compared exactly, as the server does: package json would take
// PASSWORD for password. A validator of OpenAPI documents would do the same, but needs 10
// ms at the start of each run, for other commands too. The error has no value of the
// file.
func check(value any, typ reflect.Type, path string) error {
	switch typ.Kind() {
	case reflect.Pointer:
		return check(value, typ.Elem(), path)
	case reflect.Struct:
		return checkObject(value, typ, path)
	case reflect.Slice:
		return checkList(value, typ, path)
	case reflect.String:
		return checkText(value, typ, path)
	case reflect.Bool:
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("%s must be true or false", path)
		}
	case reflect.Int32, reflect.Int64:
		number, ok := value.(json.Number)
		if !ok || json.Unmarshal([]byte(number), reflect.New(typ).Interface()) != nil {
			return fmt.Errorf("%s must be a whole number", path)
		}
	}
	return nil
}

func checkObject(value any, typ reflect.Type, path string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s must be an object", path)
	}
	fields := fieldsOf(typ)
	for _, name := range slices.Sorted(maps.Keys(object)) {
		field, known := fields[name]
		if !known {
			return fmt.Errorf("%s is not a field of %s", join(path, name), typ.Name())
		}
		if err := check(object[name], field, join(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func checkList(value any, typ reflect.Type, path string) error {
	list, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%s must be a list", path)
	}
	for i, item := range list {
		if err := check(item, typ.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
	}
	return nil
}

func checkText(value any, typ reflect.Type, path string) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("%s must be a text", path)
	}
	enum, isEnum := reflect.ValueOf(text).Convert(typ).Interface().(interface{ Valid() bool })
	if isEnum && !enum.Valid() {
		return fmt.Errorf("%s is not a value of %s", path, typ.Name())
	}
	return nil
}

// fieldsOf returns the types of the fields of a struct by their names in JSON.
func fieldsOf(typ reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type)
	for _, field := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
