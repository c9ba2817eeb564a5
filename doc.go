// Package tsauth is the root of a module for the authentication endpoints of
// the ThoughtSpot REST API v2.0. It holds no code; see
//
//   - [github.com/go-thoughtspot/tsauth/authflow], to authenticate a client,
//   - [github.com/go-thoughtspot/tsauth/authflow/authtest], to test without a
//     cluster,
//   - [github.com/go-thoughtspot/tsauth/gen], the typed client and models,
//   - [github.com/go-thoughtspot/tsauth/api], the OpenAPI document they are
//     generated from.
package tsauth
