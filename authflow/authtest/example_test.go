package authtest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The whole of it: a server, a token by trusted authentication for a user who
// is made on the way, a failure, and time that passes.
func Example() {
	server := authtest.NewServer(
		authtest.WithSecretKey("the-cluster's-key"),
		authtest.WithOrg(1, "Sales"),
		authtest.WithGroup("Analyst", "DATADOWNLOADING"),
	)
	defer server.Close()

	client, err := gen.NewClientWithResponses(server.URL, gen.WithHTTPClient(server.Client()))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	org, create := int32(1), true
	req := gen.GetFullAccessTokenRequest{
		Username:         "ann",
		SecretKey:        "the-cluster's-key",
		OrgID:            &org,
		AutoCreate:       &create,
		GroupIdentifiers: []string{"Analyst"},
	}

	server.Fail(authtest.OpGetFullAccessToken, 1, authtest.RateLimited(2*time.Second))
	res, err := client.GetFullAccessTokenWithResponse(ctx, req)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.StatusCode(), "Retry-After:", res.HTTPResponse.Header.Get("Retry-After"))

	res, err = client.GetFullAccessTokenWithResponse(ctx, req)
	if err != nil {
		log.Fatal(err)
	}
	token := res.JSON200
	ann, _ := server.User("ann")
	fmt.Println(res.StatusCode(), token.ValidForUsername, ann.Privileges)

	whoami := func() {
		res, err := client.GetCurrentUserInfoWithResponse(ctx, func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+string(token.Token))
			return nil
		})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(res.StatusCode())
	}
	whoami()
	server.Advance(5 * time.Minute)
	whoami()
	fmt.Println(server.CallCounts())
	// Output:
	// 429 Retry-After: 2
	// 200 ann [DATADOWNLOADING]
	// 200
	// 401
	// map[getCurrentUserInfo:2 getFullAccessToken:2]
}

// Calls that wait for the test: here two requests are under way at once.
func ExampleSimulator_Block() {
	sim := authtest.New()
	client, err := gen.NewClientWithResponses(sim.URL, gen.WithHTTPClient(sim.Client()))
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	release := sim.Block(authtest.OpLogin)
	done := make(chan int)
	for range 2 {
		go func() {
			res, err := client.LoginWithResponse(ctx, gen.LoginRequest{
				Username: authtest.DefaultUsername,
				Password: authtest.DefaultPassword,
			})
			if err != nil {
				log.Fatal(err)
			}
			done <- res.StatusCode()
		}()
	}
	if err := sim.WaitForCalls(ctx, authtest.OpLogin, 2); err != nil {
		log.Fatal(err)
	}
	release()
	fmt.Println(<-done, <-done)
	// Output: 204 204
}

// Faults are middleware: a test can write its own.
func ExampleFault() {
	sim := authtest.New()
	var agents []string
	sim.Fail(authtest.AnyOperation, -1, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			agents = append(agents, r.UserAgent())
			next.ServeHTTP(w, r)
		})
	})
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, sim.URL+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("User-Agent", "my-service/1.0")
	res, err := sim.Client().Do(req)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	fmt.Println(res.StatusCode, agents)
	// Output: 401 [my-service/1.0]
}
