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

// signIn starts a simulated server and gets a token of one user in two replicas, one after
// the other. It prints the User-Agent of each call for a token, and the user of each token.
func signIn(opts ...authflow.Option) {
	simulator := authtest.New(authtest.WithUser("ann", ""))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println("call by", r.UserAgent())
		simulator.ServeHTTP(w, r)
	}))
	defer server.Close()
	opts = append(opts, authflow.WithSecretKey(authtest.DefaultSecretKey))
	for range 2 {
		cluster, err := authflow.New(server.URL, opts...)
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
}
