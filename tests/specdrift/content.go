package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// aspect is one side of an operation, or of the document around the operations.
type aspect string

// The aspects. Each field of a document belongs to one of them.
const (
	structure aspect = "structure" // types, constraints, statuses, security: all that is not below
	examples  aspect = "examples"
	prose     aspect = "prose" // summaries and descriptions
)

func aspects() []aspect { return []aspect{structure, examples, prose} }

// content holds the values of an operation by their place, for each aspect. It
// includes the schemas that the operation reaches.
type content map[aspect]map[string]string

// hashes returns a hash of each aspect, which says nothing of the wording.
func (c content) hashes() map[aspect]string {
	all := make(map[aspect]string)
	for _, a := range aspects() {
		sum := sha256.New()
		for _, place := range slices.Sorted(maps.Keys(c[a])) {
			fmt.Fprintf(sum, "%s\x00%s\x00", place, c[a][place])
		}
		all[a] = hex.EncodeToString(sum.Sum(nil))[:16]
	}
	return all
}

// around is the name under which the document around the operations is
// compared: its servers, info and security. No operation can have this name.
const around = "the document"

// contents returns the content of every operation by its operationId, and the
// content of the document around them.
func (d document) contents() map[string]content {
	info := maps.Clone(d.object("info"))
	delete(info, "x-source") // an extract says there what it was made from
	all := map[string]content{around: d.read(around, map[string]any{
		"openapi": d["openapi"], "info": info, "servers": d["servers"], "security": d["security"],
		"securitySchemes": d.object("components", "securitySchemes"),
	})}
	for op := range d.operations() {
		all[op.id] = d.read(op.place, map[string]any{"path": op.ofPath, "operation": op.fields})
	}
	return all
}

// read returns the content of a part of the document.
func (d document) read(place string, part map[string]any) content {
	r := reader{d, content{structure: {}, examples: {}, prose: {}}, make(map[string]bool)}
	for _, name := range slices.Sorted(maps.Keys(part)) {
		r.read(place+" "+name, part[name])
	}
	return r.content
}

// reader collects the content of one operation.
type reader struct {
	document
	content
	seen map[string]bool // references, each of which is read once
}

func (r reader) read(at string, part any) {
	switch part := part.(type) {
	case []any:
		if values, ok := set(part); ok {
			r.content[structure][at] = values
			return
		}
		for i, v := range part {
			r.read(fmt.Sprintf("%s/%d", at, i), v)
		}
	case map[string]any:
		if len(part) == 0 { // {} allows any value, or requires no credential
			r.content[structure][at] = "{}"
		}
		for _, key := range slices.Sorted(maps.Keys(part)) {
			r.readField(at+"/"+key, key, part[key])
		}
	default:
		r.content[structure][at] = encode(part)
	}
}

// readField reads a field of an object of OpenAPI.
func (r reader) readField(at, key string, value any) {
	text, isText := value.(string)
	named, isObject := value.(map[string]any)
	switch {
	case isText && (key == "summary" || key == "description"):
		r.content[prose][at] = strings.Join(strings.Fields(text), " ")
	case key == "example" || key == "examples":
		r.readExample(at, value)
	case isText && key == "$ref":
		r.content[structure][at] = text
		if !r.seen[text] {
			r.seen[text] = true
			r.read(text, r.resolve(text))
		}
	case isObject && keyedByName(key):
		r.content[structure][at] = encode(slices.Sorted(maps.Keys(named)))
		for _, name := range slices.Sorted(maps.Keys(named)) {
			r.read(at+"/"+name, named[name])
		}
	default:
		r.read(at, value)
	}
}

// readExample reads an example, in which no key has a meaning for OpenAPI.
func (r reader) readExample(at string, value any) {
	if named, ok := value.(map[string]any); ok && len(named) > 0 {
		for name, v := range named {
			r.readExample(at+"/"+name, v)
		}
		return
	}
	r.content[examples][at] = encode(value)
}

// keyedByName tells whether the keys below a field are names that the author of
// the document chose: a property may be called description, or example.
func keyedByName(field string) bool {
	switch field {
	case "properties", "patternProperties", "responses", "content", "headers", "links", "callbacks", "encoding", "variables":
		return true
	}
	return false
}

// set writes a list of single values, such as an enum, in which the order means
// nothing. It is false for other lists.
func set(list []any) (values string, ok bool) {
	texts := make([]string, len(list))
	for i, v := range list {
		switch v.(type) {
		case []any, map[string]any:
			return "", false
		}
		texts[i] = encode(v)
	}
	slices.Sort(texts)
	return "[" + strings.Join(texts, ", ") + "]", true
}

// encode writes a value as JSON on one line.
func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v) // cannot happen to a value that came from JSON
	}
	return string(text)
}
