package authtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/api"
)

// spec returns the project's OpenAPI document. Parsing takes milliseconds, and
// nobody changes the result: all simulators share one.
//
//nolint:gochecknoglobals // a constant in all but name
var spec = sync.OnceValue(func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		panic("authtest: " + err.Error())
	}
	return doc
})

// routesOf lists the operations of a document by path and method.
func routesOf(doc *openapi3.T) map[string]map[string]*routers.Route {
	routes := make(map[string]map[string]*routers.Route)
	for path, item := range doc.Paths.Map() {
		routes[path] = make(map[string]*routers.Route)
		for method, op := range item.Operations() {
			routes[path][method] = &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
		}
	}
	return routes
}

// validate holds a request to the spec. Who calls is not its business.
func validate(x *exchange, r *http.Request) error {
	if x.tooLong {
		return badRequest("the body is longer than %d bytes", maxBody)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	body, _ = readBody(x.route, body, x.sim.settings.lenient)
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body, _ = r.GetBody()
	r.ContentLength = int64(len(body))
	err = openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request: r,
		Route:   x.route,
		Options: &openapi3filter.Options{
			SkipSettingDefaults: true,
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
			// Names are then matched exactly, as the server does;
			// encoding/json would take PASSWORD for password.
			KeepValidatedValue: true,
		},
	})
	if err != nil {
		return badRequest("%s", complaint(err))
	}
	if x.route.Operation.RequestBody == nil {
		return nil
	}
	return singleValue(r)
}

// singleValue refuses what follows the JSON value in a body, which the
// validation does not look at.
func singleValue(r *http.Request) error {
	body, err := r.GetBody()
	if err != nil {
		return err
	}
	b, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if len(b) > 0 && !json.Valid(b) {
		return badRequest("the body is not a JSON value")
	}
	return nil
}

// complaint says what is wrong with a request, and with which field. It never
// repeats a value: a body is full of secrets, and the errors of the validator
// print them.
func complaint(err error) string {
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) {
		return "the request is not what the operation takes"
	}
	if path, reason := cause(request.Err); reason != "" {
		if len(path) == 0 {
			return "the body does not fit: " + reason
		}
		return strings.Join(path, ".") + ": " + reason
	}
	switch {
	case request.Reason != "":
		return request.Reason
	case request.Err != nil:
		return "body: " + request.Err.Error()
	}
	return "the request is not what the operation takes"
}

// cause finds the innermost schema error, and the way to its field.
func cause(err error) (path []string, reason string) {
	var e *openapi3.SchemaError
	if !errors.As(err, &e) {
		return nil, ""
	}
	if e.Origin == nil || e.SchemaField == "anyOf" {
		return e.JSONPointer(), e.Reason
	}
	path, reason = cause(e.Origin)
	if reason == "" {
		reason = e.Reason
	}
	way := e.JSONPointer()
	if len(path) >= len(way) && slices.Equal(path[:len(way)], way) {
		return path, reason // the inner error knows the whole way, below allOf
	}
	return append(way, path...), reason
}
