// Tsauth makes one authorised call with a Flow.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	cluster, err := authflow.New(os.Getenv("THOUGHTSPOT_HOST"), authflow.WithSecretKey(gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY"))))
	if err != nil {
		return err
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: os.Getenv("THOUGHTSPOT_USERNAME")})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, cluster.URL()+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		return err
	}
	resp, err := flow.Do(req)
	if err != nil {
		return err
	}
	fmt.Println(resp.Status)
	return resp.Body.Close()
}
