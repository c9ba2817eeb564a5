// Package complaint describes the mistake in a request that does not fit its
// OpenAPI document, without repeating a value of the request.
package complaint

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// About describes the mistake in a request, and names the field. It never
// repeats a value: a body is full of secrets, and the errors of the validator
// print them.
func About(err error) string {
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) {
		return "the request is not what the operation takes"
	}
	at := ""
	if request.Parameter != nil {
		at = request.Parameter.Name + ": "
	}
	if path, reason := Cause(request.Err); reason != "" {
		switch {
		case len(path) > 0:
			return at + strings.Join(path, ".") + ": " + reason
		case at != "":
			return at + reason
		}
		return "the body does not fit: " + reason
	}
	switch {
	case request.Reason != "":
		return at + request.Reason
	case request.Err != nil && at != "":
		return at + "the value does not fit"
	case request.Err != nil:
		return "body: " + request.Err.Error()
	}
	return at + "the request is not what the operation takes"
}

// Cause finds the innermost schema error, and the path to its field.
func Cause(err error) (path []string, reason string) {
	var e *openapi3.SchemaError
	if !errors.As(err, &e) {
		return nil, ""
	}
	if e.Origin == nil || e.SchemaField == "anyOf" {
		return e.JSONPointer(), inWords(e)
	}
	path, reason = Cause(e.Origin)
	if reason == "" {
		reason = e.Reason
	}
	outer := e.JSONPointer()
	if len(path) >= len(outer) && slices.Equal(path[:len(outer)], outer) {
		return path, reason // the inner error knows the whole path, below allOf
	}
	return append(outer, path...), reason
}

// inWords is the reason of an error. A discriminator's lists the values that it takes,
// and a pattern's is what the schema has as x-pattern-error, if it has that.
func inWords(e *openapi3.SchemaError) string {
	text, _ := e.Schema.Extensions["x-pattern-error"].(string)
	switch d := e.Schema.Discriminator; {
	case e.SchemaField == "discriminator" && len(d.Mapping) > 0:
		return d.PropertyName + " must be one of " + strings.Join(slices.Sorted(maps.Keys(d.Mapping)), ", ")
	case e.SchemaField == "pattern" && text != "":
		return text
	}
	return e.Reason
}
