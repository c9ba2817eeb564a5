package pool_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A back end that calls ThoughtSpot as the user who has signed in to it.
func Example() {
	server := authtest.NewServer(authtest.WithUser("ann", ""), authtest.WithUser("bob", "")) // in place of https://acme.thoughtspot.cloud
	defer server.Close()

	cluster, err := authflow.New(server.URL, authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		panic(err)
	}
	users, err := pool.New(func(_ context.Context, name string) (*authflow.Flow, error) {
		return cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
	})
	if err != nil {
		panic(err)
	}
	defer func() {
		err := users.Close(context.Background()) // revokes all tokens
		fmt.Println("alive after Close:", len(server.Tokens()), err)
	}()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := r.BasicAuth() // in place of your application's own session
		flow, err := users.Get(r.Context(), name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		me, err := flow.API().GetCurrentUserInfoWithResponse(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		if err := authflow.ErrorOf(me.HTTPResponse); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		_, _ = fmt.Fprint(w, me.JSON200.Name)
	})

	for _, name := range []string{"ann", "bob", "ann"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
		r.SetBasicAuth(name, "")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	fmt.Println("tokens:", server.Calls(authtest.OpGetFullAccessToken))
	// Output:
	// 200 ann
	// 200 bob
	// 200 ann
	// tokens: 2
	// alive after Close: 0 <nil>
}
