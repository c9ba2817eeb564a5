package tsauth

// The client and the simulator's server stubs come from the one spec, made by
// the version of oapi-codegen that go.mod pins through tools.go.

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/cfg.yaml api/openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config authflow/authtest/internal/stub/cfg.yaml api/openapi.yaml
