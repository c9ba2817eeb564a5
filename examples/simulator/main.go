// Command simulator runs package authtest as a server, for clients in any
// language.
//
//	go run ./examples/simulator -addr 127.0.0.1:4123 -user tsadmin:admin -secret-key KEY
//
// Browsers that embed ThoughtSpot can use it as well, on TLS and from the pages
// that -origin names:
//
//	go run ./examples/simulator -tls -origin https://localhost:8443
//
// It prints its URL as one line on standard output and serves until it is
// interrupted. With -v it logs each call on standard error, without secrets.
//
// It is for tests. It keeps passwords in the clear, forgets everything when it
// ends, and must not be reachable by anyone else.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run serves until ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cfg, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil: // the flag set has said it
		return exitUsage
	}
	if err := serve(ctx, cfg, stdout, stderr); err != nil {
		_, _ = fmt.Fprintln(stderr, "simulator:", err)
		return exitFailure
	}
	return exitOK
}

func serve(ctx context.Context, cfg config, stdout, stderr io.Writer) error {
	opts := cfg.options()
	if cfg.verbose {
		opts = append(opts, authtest.WithObserver(logger(stderr)))
	}
	server := &http.Server{
		Handler:           authtest.New(opts...),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(stderr, "simulator: ", 0),
	}
	scheme := "http"
	if cfg.tls {
		cert, err := selfSigned(cfg.certOut, cfg.addr)
		if err != nil {
			return err
		}
		scheme, server.TLSConfig = "https", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.addr)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stdout, "%s://%s\n", scheme, address(listener.Addr()))

	failed := make(chan error, 1)
	go func() {
		if cfg.tls {
			failed <- server.ServeTLS(listener, "", "")
		} else {
			failed <- server.Serve(listener)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	_ = server.Close() // calls under way belong to tests that are over
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// address is where clients on this machine find a listener: one that listens
// everywhere is called by a loopback address.
func address(a net.Addr) string {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !tcp.IP.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort("127.0.0.1", fmt.Sprint(tcp.Port))
}

// logger writes a line for each call.
func logger(w io.Writer) func(authtest.Call) {
	out := log.New(w, "", log.LstdFlags) // safe for concurrent use
	return func(c authtest.Call) {
		who := "-"
		if c.User != "" {
			who = fmt.Sprintf("%q by %s", c.User, c.Auth)
		}
		// %q keeps a caller from writing lines of their own.
		out.Printf("%s %q %d %v %s", c.Method, c.Path, c.Status, c.Duration.Round(time.Microsecond), who)
	}
}
