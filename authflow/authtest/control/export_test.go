package control

import "github.com/getkin/kin-openapi/openapi3"

// Document is the OpenAPI document of the control API.
func Document() *openapi3.T { return document() }
