package authtest

import (
	"slices"

	"github.com/go-thoughtspot/tsauth/gen"
)

// checkParameters rejects user parameters in which a Parameter has not one value.
func checkParameters(p *gen.UserParameters) error {
	if p == nil {
		return nil
	}
	for i, one := range p.Parameters {
		if len(one.Values) != 1 {
			return badRequest("user_parameters.parameters.%d.values: a Parameter takes one value", i)
		}
	}
	return nil
}

// persistParameters returns what becomes of a user's stored parameters when a
// token with given ones is made. Those with persist replace the
// stored ones for the same column or Parameter; the others reach the token alone.
func persistParameters(stored, given *gen.UserParameters) *gen.UserParameters {
	if given == nil {
		return stored
	}
	var old, kept gen.UserParameters
	if stored != nil {
		old = *stored
	}
	for _, one := range given.RuntimeFilters {
		if one.Persist {
			one.Objects = orElse(one.Objects, given.Objects)
			kept.RuntimeFilters = append(kept.RuntimeFilters, one)
		}
	}
	for _, one := range given.RuntimeSorts {
		if one.Persist {
			one.Objects = orElse(one.Objects, given.Objects)
			kept.RuntimeSorts = append(kept.RuntimeSorts, one)
		}
	}
	for _, one := range given.Parameters {
		if one.Persist {
			one.Objects = orElse(one.Objects, given.Objects)
			kept.Parameters = append(kept.Parameters, one)
		}
	}
	kept.RuntimeFilters = merge(old.RuntimeFilters, kept.RuntimeFilters, func(f gen.RuntimeFilter) string { return f.ColumnName })
	kept.RuntimeSorts = merge(old.RuntimeSorts, kept.RuntimeSorts, func(s gen.RuntimeSort) string { return s.ColumnName })
	kept.Parameters = merge(old.Parameters, kept.Parameters, func(p gen.RuntimeParameter) string { return p.Name })
	if len(kept.RuntimeFilters)+len(kept.RuntimeSorts)+len(kept.Parameters) == 0 {
		return nil
	}
	return &kept
}

// orElse returns the objects of a rule, or the objects of the request if it has none
// of its own.
func orElse(own, general []gen.ObjectIdentifier) []gen.ObjectIdentifier {
	if len(own) == 0 {
		return general
	}
	return own
}

// merge returns the stored and the new elements, without stored ones that have the
// name of a new one.
func merge[T any](stored, added []T, name func(T) string) []T {
	left := slices.DeleteFunc(slices.Clone(stored), func(s T) bool {
		return slices.ContainsFunc(added, func(a T) bool { return name(a) == name(s) })
	})
	return append(left, added...)
}
