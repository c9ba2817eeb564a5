package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Make one Cluster for the server, and one Flow for each of its users.
func ExampleNew() {
	server := authtest.NewServer(authtest.WithUser("ann", ""), authtest.WithUser("bob", "")) // in place of https://acme.thoughtspot.cloud
	defer server.Close()

	cluster, err := authflow.New(server.URL, authflow.WithSecretKey(authtest.DefaultSecretKey))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range []string{"ann", "bob"} {
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: name})
		if err != nil {
			fmt.Println(err)
			return
		}
		client, err := gen.NewClientWithResponses(cluster.URL(), gen.WithHTTPClient(flow))
		if err != nil {
			fmt.Println(err)
			return
		}
		me, err := client.GetCurrentUserInfoWithResponse(context.Background())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(me.JSON200.Name, me.JSON200.AccountStatus)
	}
	// Output:
	// ann ACTIVE
	// bob ACTIVE
}

// simulated is a cluster for the examples below.
func simulated(opts ...authflow.Option) (*authtest.Server, *authflow.Cluster) {
	server := authtest.NewServer(authtest.WithUser("ann", "s3cret"), authtest.WithGroup("Viewers"))
	cluster, err := authflow.New(server.URL, append([]authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey)}, opts...)...)
	if err != nil {
		panic(err)
	}
	return server, cluster
}

// A service that has the secret key acts on behalf of a user.
func ExampleCluster_FullAccess() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, token.Value, token.Expires.Sub(token.Created), err)
	// Output: ann [redacted] 5m0s <nil>
}

// A token for a viewer of one Liveboard.
func ExampleCluster_ObjectAccess() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.ObjectAccess(gen.GetObjectAccessTokenRequest{
		Username: "ann",
		ObjectID: "fa68ae91-7588-4136-bacd-d71fb12dda69",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, err)
	// Output: ann <nil>
}

// A token that shows one region, for a user who may not exist yet.
func ExampleCluster_CustomAccess() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.CustomAccess(gen.GetCustomAccessTokenRequest{
		Username:      "carl@example.com",
		PersistOption: gen.PersistOptionReplace,
		Groups:        []gen.GroupIdentifier{{Identifier: "Viewers"}},
		FilterRules: []gen.FilterRule{
			{ColumnName: "Region", Operator: gen.FilterOperatorIn, Values: []gen.FilterValue{"North", "East"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer flow.Close()

	token, err := flow.Token(context.Background())
	fmt.Println(token.Username, strings.Count(string(token.Value), ".") == 2, err)
	// Output: carl@example.com true <nil>
}

// A session in cookies, for code that wants an *http.Client.
func ExampleCluster_Session() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "s3cret"})
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
	fmt.Println(resp.Status)
	fmt.Println(flow.Logout(context.Background()))
	// Output:
	// 200 OK
	// <nil>
}

// A session for the user of a token.
func ExampleFlow_Session() {
	server, cluster := simulated()
	defer server.Close()

	bearer, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := bearer.Session()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(session.Renew(context.Background()), server.Calls(authtest.OpLogin))
	// Output: <nil> 1
}

// A token for the user of a session. It lives for a day.
func ExampleFlow_SessionToken() {
	server, cluster := simulated()
	defer server.Close()

	session, err := cluster.Session(gen.LoginRequest{Username: "ann", Password: "s3cret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := session.SessionToken().Token(context.Background())
	fmt.Println(token.Username, token.Expires.Sub(token.Created), err)
	// Output: ann 24h0m0s <nil>
}

// Tokens from a service of your own, which keeps the secret key.
func ExampleCluster_TokensFrom() {
	cluster, err := authflow.New("https://acme.thoughtspot.cloud")
	if err != nil {
		fmt.Println(err)
		return
	}
	flow, err := cluster.TokensFrom(func(context.Context) (authflow.Token, error) {
		return authflow.Token{Value: "from-your-service"}, nil
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	req, _ := http.NewRequest(http.MethodGet, cluster.URL()+"/api/rest/2.0/users/search", nil) //nolint:noctx // never sent
	if err := flow.Edit(context.Background(), req); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(req.Header.Get("Authorization"))
	// Output: Bearer from-your-service
}

// Each browser that embeds ThoughtSpot gets its own token, which lives for at
// least one more minute.
func ExampleFlow_Token() {
	server, cluster := simulated()
	defer server.Close()

	flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		token, err := flow.Token(context.Background(), authflow.Exclusive(), authflow.MinTTL(time.Minute))
		fmt.Println(token.Username, time.Until(token.Deadline) > time.Minute, err)
	}
	fmt.Println(server.Calls(authtest.OpGetFullAccessToken), "tokens")
	// Output:
	// ann true <nil>
	// ann true <nil>
	// 2 tokens
}
