package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// signIn gets a token for a user of a simulated server, and prints the User-Agent of the
// call and the user of the token.
func signIn(opts ...authflow.Option) {
	simulator := authtest.New(authtest.WithUser("ann", ""))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("User-Agent:", r.UserAgent())
		simulator.ServeHTTP(w, r)
	}))
	defer server.Close()

	cluster, err := authflow.New(server.URL, append(opts, authflow.WithSecretKey(authtest.DefaultSecretKey))...)
	if err != nil {
		log.Fatal(err)
	}
	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		log.Fatal(err)
	}
	token, err := flow.Token(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("token of", token.Username)
}
