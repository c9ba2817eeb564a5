package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// serveArg makes the command the token service.
const serveArg = "serve"

// serve is the token service, until in ends. The cookie says who asks, and is
// believed: this is for a load on loopback alone.
func serve(ctx context.Context, rate float64, in io.Reader, out io.Writer) error {
	cluster, err := authflow.New(os.Getenv("THOUGHTSPOT_HOST"),
		authflow.WithSecretKey(gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY"))), authflow.WithRateLimit(rate, 10))
	if err != nil {
		return err
	}
	service, err := tokenservice.New(cluster, func(r *http.Request) (tokenservice.Request, error) {
		cookie, err := r.Cookie("session")
		if err != nil {
			return tokenservice.Request{}, tokenservice.ErrUnauthenticated
		}
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{
			Username:          cookie.Value,
			PersistOption:     gen.PersistOptionReplace,
			VariableValues:    []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{"West"}}},
			ValidityTimeInSec: 3600,
		}), nil
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/ts-token", service)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "http://%s\n", listener.Addr())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err = errors.Join(service.Shutdown(ctx), server.Shutdown(ctx))
	if e := <-failed; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	return err
}
