package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"
	"strings"
)

// prose returns a hash for each operation: of the summaries and descriptions of
// it, its parameters and answers, and all schemas that it reaches, each with
// its place. How lines are broken makes no difference.
func (d document) prose() map[string]string {
	hashes := make(map[string]string)
	for id, operation := range d.operations() {
		r := reader{d, sha256.New(), make(map[string]bool)}
		r.read("", operation)
		hashes[id] = hex.EncodeToString(r.sum.Sum(nil))[:16]
	}
	return hashes
}

// reader hashes the prose of one operation.
type reader struct {
	document
	sum  hash.Hash
	seen map[string]bool // references, each of which is read once
}

func (r reader) read(at string, part any) {
	switch part := part.(type) {
	case []any:
		for i, v := range part {
			r.read(fmt.Sprintf("%s/%d", at, i), v)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(part)) {
			r.readField(at+"/"+key, key, part[key])
		}
	}
}

// readField reads a field of an object of OpenAPI.
func (r reader) readField(at, key string, value any) {
	text, isText := value.(string)
	named, isObject := value.(map[string]any)
	switch {
	case isText && (key == "summary" || key == "description"):
		fmt.Fprintf(r.sum, "%s\x00%s\x00", at, strings.Join(strings.Fields(text), " "))
	case isText && key == "$ref" && !r.seen[text]:
		r.seen[text] = true
		r.read(text, r.resolve(text))
	case isObject && key == "properties": // the keys are the user's, not OpenAPI's
		for _, name := range slices.Sorted(maps.Keys(named)) {
			r.read(at+"/"+name, named[name])
		}
	case key != "example" && key != "examples" && key != "default":
		r.read(at, value)
	}
}
