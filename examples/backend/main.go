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

	"github.com/go-thoughtspot/tsauth/authflow/prometheus"
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
	metricsAddr := flags.String("metrics", "", "the address to serve /metrics on, apart from the pages, such as 127.0.0.1:9090; none by default")
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
	err = app.connect(gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY")), metrics, shared...)
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	stop, err := serveMetrics(ctx, *metricsAddr, metrics, failed)
	if err != nil {
		return err
	}
	defer stop() // at the very end, so that the metrics show the shutdown
	server, at, err := serve(ctx, *addr, app.routes(), failed)
	if err != nil {
		return err
	}
	fmt.Fprintln(out, at)
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

// serve starts a server and returns it with its URL. The error that ends it goes to
// failed.
func serve(ctx context.Context, addr string, h http.Handler, failed chan<- error) (server *http.Server, at string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, "", err
	}
	server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	go func() { failed <- server.Serve(listener) }()
	return server, "http://" + listener.Addr().String(), nil
}
