package authtest

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// named returns a value of an alternative with the name by which a discriminator
// chooses the alternative, and the value as it is. A name that the value has already
// goes first.
func named(d *openapi3.Discriminator, ref string, v built) []built {
	fields, is := v.value.(map[string]any)
	if d == nil || ref == "" || !is {
		return []built{v}
	}
	name := ref[strings.LastIndex(ref, "/")+1:]
	for _, key := range slices.Sorted(maps.Keys(d.Mapping)) {
		if target := d.Mapping[key].Ref; target == ref || target == name {
			name = key
			break
		}
	}
	with := maps.Clone(fields)
	with[d.PropertyName] = name
	if fields[d.PropertyName] == nil || fields[d.PropertyName] == "" {
		return []built{{with, v.shown}, v}
	}
	return []built{v, {with, v.shown}}
}
