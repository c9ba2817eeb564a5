package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
)

// auth begins the paths that are compared.
const auth = "/api/rest/2.0/auth/"

// document is an OpenAPI document as it stands, so that nothing of it is lost
// or filled in by reading it.
type document map[string]any

func parse(text []byte) (document, error) {
	var doc document
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	doc.cut()
	for range doc.operations() {
		return doc, nil
	}
	return nil, fmt.Errorf("no operations below %s", auth)
}

// cut leaves out what is not authentication: other paths, and components that
// only they need. A whole document and an extract of it then compare the same.
func (d document) cut() {
	paths := d.object("paths")
	maps.DeleteFunc(paths, func(path string, _ any) bool { return !strings.HasPrefix(path, auth) })
	needed := make(map[string]bool)
	d.reach(paths, needed)
	for kind := range d.object("components") {
		if kind != "securitySchemes" { // which are named without a reference
			maps.DeleteFunc(d.object("components", kind), func(name string, _ any) bool {
				return !needed["#/components/"+kind+"/"+name]
			})
		}
	}
}

// reach adds the references of a part of the document, and of what they lead to.
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

// resolve returns what a reference within the document leads to, or an empty
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

// operations returns the operations by operationId, in the order of their
// paths. What parameters a path has for all of them is part of each.
func (d document) operations() iter.Seq2[string, []any] {
	return func(yield func(string, []any) bool) {
		paths := d.object("paths")
		for _, path := range slices.Sorted(maps.Keys(paths)) {
			item := d.object("paths", path)
			for _, method := range slices.Sorted(maps.Keys(item)) {
				operation := d.object("paths", path, method)
				if id, ok := operation["operationId"].(string); ok && !yield(id, []any{operation, item["parameters"]}) {
					return
				}
			}
		}
	}
}
