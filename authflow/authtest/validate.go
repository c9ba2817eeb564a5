package authtest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"github.com/go-thoughtspot/tsauth/api"
	"github.com/go-thoughtspot/tsauth/authflow/authtest/internal/complaint"
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

// validate holds a request to the spec. It does not look at the caller.
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
		return badRequest("%s", complaint.About(err))
	}
	if x.route.Operation.RequestBody == nil {
		return nil
	}
	return singleValue(r)
}

// singleValue rejects what follows the JSON value in a body, which the
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
