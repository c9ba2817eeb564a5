package authflow_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A service with the secret key acts for one of its users.
func ExampleFullAccess() {
	server := authtest.NewServer() // in place of https://acme.thoughtspot.cloud
	defer server.Close()

	flow, err := authflow.FullAccess(server.URL, gen.GetFullAccessTokenRequest{
		Username:  "tsadmin",
		SecretKey: authtest.DefaultSecretKey,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	me, err := flow.API().GetCurrentUserInfoWithResponse(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(me.JSON200.Name, me.JSON200.AccountStatus)

	token, err := flow.Token(context.Background())
	fmt.Println(token.Value, token.Expires.Sub(token.Created), err)
	// Output:
	// tsadmin ACTIVE
	// [redacted] 5m0s <nil>
}

// A viewer gets to see one Liveboard.
func ExampleObjectAccess() {
	server := authtest.NewServer()
	defer server.Close()

	flow, err := authflow.ObjectAccess(server.URL, gen.GetObjectAccessTokenRequest{
		Username:  "tsadmin",
		SecretKey: authtest.DefaultSecretKey,
		ObjectID:  "fa68ae91-7588-4136-bacd-d71fb12dda69",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, err)
	// Output: tsadmin <nil>
}

// A user who may not exist yet gets a token that shows only their region.
func ExampleCustomAccess() {
	server := authtest.NewServer(authtest.WithGroup("Viewers"))
	defer server.Close()

	flow, err := authflow.CustomAccess(server.URL, gen.GetCustomAccessTokenRequest{
		Username:      "ann@example.com",
		SecretKey:     authtest.DefaultSecretKey,
		PersistOption: gen.PersistOptionREPLACE,
		Groups:        []gen.GroupIdentifier{{Identifier: "Viewers"}},
		FilterRules: []gen.FilterRule{
			{ColumnName: "Region", Operator: gen.FilterOperatorIN, Values: []gen.FilterValue{"North", "East"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, strings.Count(string(token.Value), ".") == 2, err)
	// Output: ann@example.com true <nil>
}

// A session in cookies, for code that wants an *http.Client.
func ExampleLogin() {
	server := authtest.NewServer()
	defer server.Close()

	flow, err := authflow.Login(server.URL, gen.LoginRequest{Username: "tsadmin", Password: "admin"})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := flow.HTTPClient().Get(server.URL + "/api/rest/2.0/metadata/search") //nolint:noctx // the short form is what such code uses
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	fmt.Println(resp.Status)
	fmt.Println(flow.Logout(context.Background()))
	// Output:
	// 200 OK
	// <nil>
}

// From a token to a session of the same user.
func ExampleLoginWithToken() {
	server := authtest.NewServer()
	defer server.Close()

	bearer, err := authflow.FullAccess(server.URL, gen.GetFullAccessTokenRequest{
		Username: "tsadmin", SecretKey: authtest.DefaultSecretKey,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := authflow.LoginWithToken(bearer)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.Renew(context.Background()), server.Calls(authtest.OpLogin))
	// Output: <nil> 1
}

// From a session to a token, for a browser that embeds ThoughtSpot.
func ExampleSessionToken() {
	server := authtest.NewServer()
	defer server.Close()

	session, err := authflow.Login(server.URL, gen.LoginRequest{Username: "tsadmin", Password: "admin"})
	if err != nil {
		fmt.Println(err)
		return
	}
	flow, err := authflow.SessionToken(session)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, token.Expires.Sub(token.Created), err)
	// Output: tsadmin 24h0m0s <nil>
}

// Tokens that a service of your own mints, which alone holds the secret key.
func ExampleTokenFunc() {
	flow, err := authflow.TokenFunc("https://acme.thoughtspot.cloud", func(context.Context) (authflow.Token, error) {
		return authflow.Token{Value: "from-elsewhere"}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	req, _ := http.NewRequest(http.MethodGet, "https://acme.thoughtspot.cloud/api/rest/2.0/users/search", nil) //nolint:noctx // never sent
	if err := flow.Edit(context.Background(), req); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(req.Header.Get("Authorization"))
	// Output: Bearer from-elsewhere
}

// Counters for expvar; for Prometheus, increment its counters instead.
func ExampleWithObserver() {
	server := authtest.NewServer()
	defer server.Close()
	events := expvar.NewMap("authflow_events")

	flow, err := authflow.FullAccess(server.URL,
		gen.GetFullAccessTokenRequest{Username: "tsadmin", SecretKey: authtest.DefaultSecretKey},
		authflow.WithObserver(func(e authflow.Event) { events.Add(string(e.Kind), 1) }))
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		server.RevokeAll()
		if _, err := flow.API().GetCurrentUserInfoWithResponse(context.Background()); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(events)
	// Output: {"acquired": 2, "invalidated": 1, "replayed": 1}
}

// What to do when there is no way in.
func ExampleError() {
	server := authtest.NewServer()
	defer server.Close()

	flow, err := authflow.Login(server.URL, gen.LoginRequest{Username: "tsadmin", Password: "wrong"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = flow.Renew(context.Background())
	var e *authflow.Error
	switch {
	case errors.Is(err, authflow.ErrCredentialsRejected) && errors.As(err, &e):
		fmt.Println(e.Op, e.Status, e.Code)
	case errors.Is(err, authflow.ErrMaintenance):
		fmt.Println("come back later")
	}
	// Output: login 401 10097
}
