// Command simulator runs package authtest as a server, for clients in any
// language:
//
//	go run ./examples/simulator -addr 127.0.0.1:4123 -user tsadmin:admin -secret-key KEY
//
// The doc of package simulate says what it does, with a walk through its control
// API, and -h lists the flags.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-thoughtspot/tsauth/authflow/authtest/simulate"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := simulate.Run(ctx, "simulator", os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
