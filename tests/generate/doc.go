// Package generate holds no code: its tests generate clients from
// api/openapi.yaml as users do in modules of their own, and look at the
// project's client as their linters do. What the generators and their output
// need stays in the go.mod of this module.
package generate

import (
	// What the output of ogen is compiled with.
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

	// What the output of oapi-codegen is compiled with.
	_ "github.com/go-thoughtspot/tsauth/api/wire"
	_ "github.com/oapi-codegen/runtime"

	_ "github.com/go-thoughtspot/tsauth/gen"
)
