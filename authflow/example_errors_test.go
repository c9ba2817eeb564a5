package authflow_test

import (
	"context"
	"errors"
	"expvar"
	"fmt"
	"net/http"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Count the events for expvar, or in the counters of your metrics library.
func ExampleWithObserver() {
	events := expvar.NewMap("authflow_events")
	server, cluster := simulated(authflow.WithObserver(func(e authflow.Event) { events.Add(string(e.Kind), 1) }))
	defer server.Close()

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
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
	// Output: {"acquired": 1, "invalidated": 1, "renewed": 1, "replayed": 1}
}

// Tell a rejected password from a failure that may pass.
func ExampleError() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "wrong"})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = flow.Renew(context.Background())
	var e *authflow.Error
	switch {
	case errors.Is(err, authflow.ErrCredentialsRejected) && errors.As(err, &e):
		fmt.Println(e.Op, e.Status, e.Code)
	case errors.As(err, &e) && e.Retryable():
		fmt.Println("retry after", e.RetryAfter)
	}
	// Output: login 401 10097
}

// Read the error of any call of the API.
func ExampleErrorOf() {
	server, cluster := simulated()
	defer server.Close()
	server.Fail(authtest.Echo, 1, authtest.Reject(http.StatusNotFound, 13016, "no such Liveboard"))

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := flow.HTTPClient().Get(cluster.URL() + "/api/rest/2.0/metadata/search") //nolint:noctx // the short form is what such code uses
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	var e *authflow.Error
	if errors.As(authflow.ErrorOf(resp), &e) {
		fmt.Println(e.Status, e.Code, e.Debug)
	}
	// Output: 404 13016 no such Liveboard
}

// Use the class of an error as the label of a metric, or for an exit code.
func ExampleError_Class() {
	server, cluster := simulated(authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
	defer server.Close()
	server.Fail(authtest.OpGetFullAccessToken, -1, authtest.Maintenance(http.StatusOK))

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var e *authflow.Error
	if errors.As(flow.Renew(context.Background()), &e) {
		fmt.Println(e.Class(), e.Retryable())
	}
	// Output: overloaded true
}

// Repeat an ordinary call while it may succeed and repeating it does no harm.
// Libraries that retry take the function as it is.
func ExampleShouldRetry() {
	server, cluster := simulated()
	defer server.Close()
	server.Fail(authtest.Echo, 2, authtest.Status(http.StatusBadGateway))

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	for range 5 {
		resp, err := flow.HTTPClient().Get(cluster.URL() + "/api/rest/2.0/metadata/search") //nolint:noctx // the short form is what such code uses
		again, ended := authflow.ShouldRetry(ctx, resp, err)
		if err == nil {
			fmt.Println(resp.Status)
			_ = resp.Body.Close()
		}
		if !again || ended != nil {
			return
		}
	}
	// Output:
	// 502 Bad Gateway
	// 502 Bad Gateway
	// 200 OK
}

// The cluster maps the name for logins, an e-mail address, to the name of an
// account. Without the alias, a token for another name is an error.
func ExampleWithAlias() {
	server, cluster := simulated()
	defer server.Close()
	server.Fail(authtest.OpGetFullAccessToken, -1, authtest.Answer(http.StatusOK, "application/json", `{"token":"t","valid_for_username":"ann"}`))

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann@example.com"}, authflow.WithAlias("ann"))
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, err)
	// Output: ann <nil>
}

// Show what the Cluster knows of the server.
func ExampleCluster_Stats() {
	server, cluster := simulated(authflow.WithPolicy(authflow.Policy{MaxAttempts: 1}))
	defer server.Close()
	server.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(http.StatusServiceUnavailable))

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = flow.Renew(context.Background())
	stats := cluster.Stats()
	fmt.Println(stats.LastFailure, stats.Suspects, stats.Mints["overloaded"])
	// Output: overloaded 1 1
}
