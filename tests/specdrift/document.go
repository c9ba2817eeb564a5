package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"
)

// document is an OpenAPI document as it stands. It is not read into types of a
// library, which would drop some fields and fill in others.
type document map[string]any

func parse(text []byte) (document, error) {
	var doc document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// methods returns the fields of a path that hold operations.
func methods() []string {
	return []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}
}

// concernsAuth tells whether an operation belongs to authentication: by the
// vendor's tag, or because its path has a segment that says so, in any version
// of the API. The path alone would miss an operation that the vendor moves, and
// the tag alone one that the vendor tags otherwise.
func concernsAuth(path string, operation map[string]any) bool {
	if tags, _ := operation["tags"].([]any); slices.Contains(tags, any("Authentication")) {
		return true
	}
	return slices.ContainsFunc(strings.Split(path, "/"), func(segment string) bool {
		return slices.Contains([]string{"auth", "login", "logout", "session", "sessions", "token", "tokens"}, segment)
	})
}

// keepAuth removes everything that does not concern authentication: other
// operations, and components that only they need. Afterwards a whole document
// and an extract of it are the same.
func (d document) keepAuth() error {
	paths := d.object("paths")
	for path := range paths {
		item, kept := d.object("paths", path), false
		for _, method := range methods() {
			operation, is := item[method].(map[string]any)
			switch {
			case is && concernsAuth(path, operation):
				kept = true
			case is:
				delete(item, method)
			}
		}
		if !kept {
			delete(paths, path)
		}
	}
	if len(paths) == 0 {
		return errors.New("there are no operations for authentication")
	}
	needed := make(map[string]bool)
	d.reach(paths, needed)
	for kind := range d.object("components") {
		if kind != "securitySchemes" { // which are named without a reference
			maps.DeleteFunc(d.object("components", kind), func(name string, _ any) bool {
				return !needed["#/components/"+kind+"/"+name]
			})
		}
	}
	return nil
}

// reach adds the references of a part of the document, and the references of
// their targets.
func (d document) reach(part any, refs map[string]bool) {
	switch part := part.(type) {
	case []any:
		for _, v := range part {
			d.reach(v, refs)
		}
	case map[string]any:
		if ref, ok := part["$ref"].(string); ok && !refs[ref] {
			refs[ref] = true
			d.reach(d.resolve(ref), refs)
		}
		for _, v := range part {
			d.reach(v, refs)
		}
	}
}

// resolve returns the target of a reference within the document, or an empty
// object.
func (d document) resolve(ref string) map[string]any {
	return d.object(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
}

// object returns an object of the document, or an empty one.
func (d document) object(path ...string) map[string]any {
	at := map[string]any(d)
	for _, name := range path {
		at, _ = at[name].(map[string]any)
	}
	return at
}

// operation is an operation together with the fields that its path has for all
// methods, such as parameters.
type operation struct {
	id, place string // login, POST /api/rest/2.0/auth/session/login
	fields    map[string]any
	ofPath    map[string]any
}

// operations returns the operations in the order of their paths. An operation
// whose operationId is absent, or used before, goes by its method and path.
func (d document) operations() iter.Seq[operation] {
	return func(yield func(operation) bool) {
		paths, used := d.object("paths"), make(map[string]bool)
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			ofPath := maps.Clone(d.object("paths", path))
			maps.DeleteFunc(ofPath, func(name string, _ any) bool { return slices.Contains(methods(), name) })
			for _, method := range methods() {
				fields := d.object("paths", path, method)
				if fields == nil {
					continue
				}
				place := strings.ToUpper(method) + " " + path
				id, _ := fields["operationId"].(string)
				if id == "" || used[id] {
					id = place
				}
				used[id] = true
				if !yield(operation{id, place, fields, ofPath}) {
					return
				}
			}
		}
	}
}
