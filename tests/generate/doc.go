// Package generate holds no code: its tests generate clients from
// api/openapi.yaml and other documents, with our templates and as users do in modules
// of their own, and run linters on the project's client. The generators, and the
// packages that their output imports, stay in the go.mod of this module.
package generate

import (
	// The output of ogen imports these packages.
	_ "github.com/go-faster/errors"
	_ "github.com/go-faster/jx"
	_ "github.com/ogen-go/ogen/conv"
	_ "github.com/ogen-go/ogen/middleware"
	_ "github.com/ogen-go/ogen/ogenerrors"
	_ "github.com/ogen-go/ogen/otelogen"
	_ "github.com/ogen-go/ogen/uri"
	_ "github.com/ogen-go/ogen/validate"
	_ "go.opentelemetry.io/otel"
	_ "go.opentelemetry.io/otel/attribute"
	_ "go.opentelemetry.io/otel/codes"
	_ "go.opentelemetry.io/otel/metric"
	_ "go.opentelemetry.io/otel/trace"

	// The output of oapi-codegen imports these packages.
	_ "github.com/go-thoughtspot/tsauth/api/wire"
	_ "github.com/oapi-codegen/runtime"

	_ "github.com/go-thoughtspot/tsauth/gen"
)
