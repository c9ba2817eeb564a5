package contract_test

import (
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	liberrors "github.com/pb33f/libopenapi-validator/errors"
)

// problem is one thing in which an exchange does not keep to the document. It
// has no values in it, so the same problem of two exchanges has the same text.
type problem struct {
	// place is the place in the body, such as orgs.*.name. It is empty for the
	// exchange as a whole.
	place string
	text  string
}

// Error is the problem in one line.
func (p problem) Error() string {
	if p.place == "" {
		return p.text
	}
	return p.place + ": " + p.text
}

// combine adds the problems of another validator, except for places that the
// first validator has named too: a difference from the document is one problem,
// even if both validators see it.
func combine(first, second []problem) []problem {
	all := slices.Clone(first)
	for _, p := range second {
		if !slices.ContainsFunc(first, func(f problem) bool { return f.place == p.place }) {
			all = append(all, p)
		}
	}
	return all
}

// placeOf writes a place alike for both validators. Positions in a list, and Org
// numbers that are names of properties, become *.
func placeOf(steps ...string) string {
	var place []string
	for _, step := range steps {
		switch {
		case step == "":
		case strings.Trim(step, "0123456789") == "":
			place = append(place, "*")
		default:
			place = append(place, step)
		}
	}
	return strings.Join(place, ".")
}

// kinProblems reads what kin-openapi says, from the outside to the inside.
func kinProblems(err error) []problem {
	switch err := err.(type) { //nolint:errorlint // each level is read by itself
	case nil:
		return nil
	case openapi3.MultiError:
		var all []problem
		for _, one := range err {
			all = append(all, kinProblems(one)...)
		}
		return all
	case *openapi3filter.RequestError:
		if err.Err != nil {
			return kinProblems(err.Err)
		}
		return []problem{{text: err.Reason}}
	case *openapi3filter.ResponseError:
		if err.Err != nil {
			return kinProblems(err.Err)
		}
		return []problem{{text: err.Reason}}
	case *openapi3.SchemaError:
		steps := err.JSONPointer()
		if name := regexp.MustCompile(`^property "(.+)" is unsupported$`).FindStringSubmatch(err.Reason); name != nil {
			steps = append(steps, name[1])
		}
		return []problem{{placeOf(steps...), err.Reason}}
	}
	return []problem{{text: err.Error()}}
}

// libProblems reads what libopenapi-validator says. In its strict mode it has
// the place of a property, and a list of others in random order, in its text.
func libProblems(errs []*liberrors.ValidationError) []problem {
	strict := regexp.MustCompile(`at '\$\.body\.([^']+)'`)
	missing := regexp.MustCompile(`^missing propert(?:y|ies) '([^']+)'`)
	split := func(path string) []string {
		return strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return strings.ContainsRune(".[]", r) })
	}
	var all []problem
	for _, e := range errs {
		for _, s := range e.SchemaValidationErrors {
			steps := split(s.FieldPath)
			if name := missing.FindStringSubmatch(s.Reason); name != nil {
				steps = append(steps, name[1])
			}
			all = append(all, problem{placeOf(steps...), s.Reason})
		}
		if len(e.SchemaValidationErrors) > 0 {
			continue
		}
		reason, _, _ := strings.Cut(e.Reason, " Declared properties")
		p := problem{text: e.Message + ": " + reason}
		if found := strict.FindStringSubmatch(e.Message); found != nil {
			p = problem{placeOf(split(found[1])...), reason}
		}
		all = append(all, p)
	}
	return all
}
