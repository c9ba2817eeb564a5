// Command tsauth gets tokens for the ThoughtSpot REST API v2.0, for people, scripts
// and programs in any language.
//
//	tsauth token --format header | curl -H @- -fsS https://acme.thoughtspot.cloud/api/rest/2.0/system
//	tsauth --help
//
// It is built from the packages of this module: what it does, a Go program can do
// with the same names. docs/command.md describes it.
package main

import (
	"context"
	"os"
)

func main() {
	ctx, stop := withSignals(context.Background())
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
