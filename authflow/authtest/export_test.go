package authtest

import "github.com/getkin/kin-openapi/openapi3"

// Document is the OpenAPI document that requests are held to.
func Document() *openapi3.T { return spec() }
