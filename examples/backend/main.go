package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/go-thoughtspot/tsauth/authflow/tokenservice/prometheus"
	"github.com/go-thoughtspot/tsauth/gen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "backend:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	app := application{host: os.Getenv("THOUGHTSPOT_HOST")}
	var people [][]string
	flags := flag.NewFlagSet("backend", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8080", "the address to serve on; port 0 takes a free one")
	file := flags.String("db", ":memory:", "the SQLite file of users and sessions")
	redis := flags.String("redis", "", "the `host:port` of a Redis, for several processes behind one address; TSAUTH_STORE_KEY is its key")
	flags.BoolVar(&app.plain, "plain", false, "let the session's cookie go over plain HTTP too")
	flags.StringVar(&app.sdk, "sdk", "https://cdn.jsdelivr.net/npm/@thoughtspot/visual-embed-sdk@1.52.0/dist/tsembed.es.js", "where the Visual Embed SDK is")
	flags.Func("user", "add a user, as `name:password:region`; may be repeated", func(s string) error {
		people = append(people, strings.Split(s, ":"))
		if len(people[len(people)-1]) != 3 {
			return errors.New("want name:password:region")
		}
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	var err error
	if app.db, err = openUsers(ctx, *file); err != nil {
		return err
	}
	defer func() { _ = app.db.Close() }()
	for _, p := range people {
		if err := app.db.add(ctx, p[0], p[1], p[2]); err != nil {
			return err
		}
	}
	shared, err := sharing(*redis)
	if err != nil {
		return err
	}
	metrics := prometheus.New()
	if app.tokens, err = newTokens(app.host, gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY")), app.db, metrics, shared...); err != nil {
		return err
	}
	metrics.Watch(app.tokens)
	app.metrics = prom.NewRegistry()
	app.metrics.MustRegister(metrics)

	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", *addr)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: app.routes(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	// Pages that wait for a token still get it. Later requests are told to retry.
	grace, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return errors.Join(app.tokens.Shutdown(grace), server.Shutdown(grace))
}
