// Package api holds the OpenAPI description of ThoughtSpot's authentication
// endpoints, the single source from which the client and the simulator's
// server stubs are generated.
package api

import _ "embed"

// Spec is the OpenAPI 3.0 document, in YAML. Treat it as read-only.
//
//go:embed openapi.yaml
var Spec []byte
