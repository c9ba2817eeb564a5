package tokenservice_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// For pages on the service's own origin:
//
//	init({ thoughtSpotHost: "https://acme.thoughtspot.cloud",
//	       authType: AuthType.TrustedAuthTokenCookieless, authEndpoint: "/ts-token" })
func Example() {
	sim := authtest.New(authtest.WithUser("ann", "pw"))
	cluster, err := authflow.New(sim.URL, // https://acme.thoughtspot.cloud
		authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		panic(err)
	}
	service, err := tokenservice.New(cluster, func(r *http.Request) (tokenservice.Request, error) {
		session, err := r.Cookie("session") // your application's own
		if errors.Is(err, http.ErrNoCookie) {
			return tokenservice.Request{}, tokenservice.ErrUnauthenticated
		}
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{
			Username:          map[string]string{"ann's session": "ann"}[session.Value],
			PersistOption:     gen.PersistOptionReplace,
			VariableValues:    []gen.VariableValues{{Name: "region", Values: []any{"EMEA"}}},
			ValidityTimeInSec: 3600,
		}), nil
	})
	if err != nil {
		panic(err)
	}
	defer func() { _ = service.Shutdown(context.Background()) }()
	mux := http.NewServeMux()
	mux.Handle("/ts-token", service)
	mux.Handle("/ts-token/logout", service)
	mux.Handle("/ready", service.Ready())
	server := httptest.NewServer(mux)
	defer server.Close()

	for _, cookie := range []string{"", "ann's session"} {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL+"/ts-token", nil)
		if err != nil {
			panic(err)
		}
		if cookie != "" {
			req.AddCookie(&http.Cookie{Name: "session", Value: cookie})
		}
		resp, err := server.Client().Do(req)
		if err != nil {
			panic(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		fmt.Println(resp.StatusCode, resp.Header.Get("Content-Type"), len(body) > 100)
	}
	// Output:
	// 401 application/problem+json false
	// 200 text/plain; charset=utf-8 true
}

// For pages on another origin, whose fetch sends the cookie of the session,
// which has to be SameSite=None; Secure:
//
//	getAuthToken: async () => {
//	  const response = await fetch("https://api.example/ts-token",
//	    { credentials: "include", headers: { accept: "application/json" } });
//	  if (!response.ok) throw new Error((await response.json()).detail);
//	  return (await response.json()).token;
//	}
func ExampleWithOrigins() {
	sim := authtest.New(authtest.WithUser("ann", "pw"))
	cluster, err := authflow.New(sim.URL,
		authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(sim.Client()))
	if err != nil {
		panic(err)
	}
	service, err := tokenservice.New(cluster, func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann"}), nil // after a look at the session
	}, tokenservice.WithOrigins("https://app.example"))
	if err != nil {
		panic(err)
	}
	defer func() { _ = service.Shutdown(context.Background()) }()
	for _, page := range []string{"https://app.example", "https://evil.example"} {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.example/ts-token", nil)
		r.Header.Set("Origin", page)
		r.Header.Set("Sec-Fetch-Site", "same-site")
		r.Header.Set("Accept", "application/json")
		w := httptest.NewRecorder()
		service.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Header().Get("Content-Type"), w.Header().Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// 200 application/json https://app.example
	// 403 application/problem+json
}
