package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
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
	sim := authtest.New(opts...)
	api, err := listen(ctx, cfg.addr, sim, stderr)
	if err != nil {
		return err
	}
	defer api.close()
	scheme, said := "http", ""
	if cfg.tls {
		cert, err := selfSigned(cfg.certOut, cfg.addr)
		if err != nil {
			return err
		}
		scheme, api.http.TLSConfig = "https", &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	servers := []*server{api}
	if cfg.control != "" {
		control, err := listen(ctx, cfg.control, sim.Control(cfg.controlHosts...), stderr)
		if err != nil {
			return err
		}
		defer control.close()
		servers = append(servers, control)
		said = fmt.Sprintf("control http://%s\n", address(control.listener.Addr()))
	}
	// In one write: a program that has read the first line does not wait for the second.
	_, _ = fmt.Fprintf(stdout, "%s://%s\n%s", scheme, address(api.listener.Addr()), said)

	failed := make(chan error, len(servers))
	for _, s := range servers {
		go func() { failed <- s.serve() }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	for _, s := range servers {
		s.close() // calls under way belong to tests that are over
		if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
			return err
		}
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
		body := ""
		if c.Body != nil {
			if b, err := json.Marshal(c.Body); err == nil {
				body = " " + string(b)
			}
		}
		// %q and JSON keep a caller from writing lines of their own.
		out.Printf("%s %q %d %v %s%s", c.Method, c.Path, c.Status, c.Duration.Round(time.Microsecond), who, body)
	}
}
