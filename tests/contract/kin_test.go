package contract_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// validator holds one side of an exchange to the document.
type validator interface {
	name() string
	// blind tells why a request is not put to the validator: a limitation of
	// its own that the other one does not share. Empty: it is.
	blind(x *exchange) string
	request(x *exchange) []problem
	// open is request for a document in which objects may have properties
	// that are not declared.
	open(x *exchange) []problem
	response(x *exchange) []problem
}

// kin validates with kin-openapi.
type kin struct {
	strict, lenient map[string]*routers.Route
}

func newKin() kin {
	index := func(doc *openapi3.T) map[string]*routers.Route {
		routes := make(map[string]*routers.Route)
		for _, r := range routesOf(doc) {
			routes[r.operation.OperationID] = &routers.Route{
				Spec: doc, Path: r.path, PathItem: r.item, Method: r.method, Operation: r.operation,
			}
		}
		return routes
	}
	return kin{index(loadStrict()), index(load())}
}

func (kin) name() string { return "kin-openapi" }

func (kin) blind(x *exchange) string {
	if errors.Is(decode(x.body, new(any)), errSeveral) {
		return "it stops reading a body after the first JSON value"
	}
	return ""
}

func (k kin) request(x *exchange) []problem {
	return kinProblems(openapi3filter.ValidateRequest(context.Background(), k.input(k.strict, x)))
}

func (k kin) open(x *exchange) []problem {
	return kinProblems(openapi3filter.ValidateRequest(context.Background(), k.input(k.lenient, x)))
}

func (k kin) response(x *exchange) []problem {
	in := k.input(k.strict, x)
	return kinProblems(openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 x.status, Header: x.answerHeader,
		Body:    io.NopCloser(bytes.NewReader(x.answer)),
		Options: in.Options,
	}))
}

func (kin) input(routes map[string]*routers.Route, x *exchange) *openapi3filter.RequestValidationInput {
	options := &openapi3filter.Options{
		// Without it statuses that are not declared pass.
		IncludeResponseStatus: true,
		// Without it a body where none is declared passes.
		RejectWhenRequestBodyNotSpecified: true,
		// Without it the validation changes the body that it validates.
		SkipSettingDefaults: true,
		MultiError:          true,
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			return credential(x, in.SecuritySchemeName)
		},
	}
	return &openapi3filter.RequestValidationInput{Request: x.request(), Route: routes[x.op], Options: options}
}

var errNoCredential = errors.New("there is no credential, and the response is not 401")

// credential says whether a request carries what a security scheme requires.
// Only the server knows whether it is good. A request without one is right if
// the server responds that it wants one.
func credential(x *exchange, scheme string) error {
	if x.status == http.StatusUnauthorized {
		return nil
	}
	switch scheme {
	case "bearerAuth":
		if strings.HasPrefix(x.header.Get("Authorization"), "Bearer ") {
			return nil
		}
	case "cookieAuth":
		if _, err := x.request().Cookie("JSESSIONID"); err == nil {
			return nil
		}
	default:
		return fmt.Errorf("the suite does not know the security scheme %s", scheme)
	}
	return errNoCredential
}
