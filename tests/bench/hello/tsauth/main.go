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
	flow, err := authflow.FullAccess(os.Getenv("THOUGHTSPOT_HOST"), gen.GetFullAccessTokenRequest{
		Username: os.Getenv("THOUGHTSPOT_USERNAME"), SecretKey: gen.Secret(os.Getenv("THOUGHTSPOT_SECRET_KEY")),
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, flow.Server()+"/api/rest/2.0/auth/session/user", nil)
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
