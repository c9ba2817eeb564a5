// Package otherapi is a client that knows nothing of tsauth: generated with the
// default options from a small spec of its own, it stands for the clients of
// our users in the black-box tests.
package otherapi

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config cfg.yaml openapi.yaml
