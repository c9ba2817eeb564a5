package bench

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// setup is where all libraries of a benchmark work: on server, reached at url
// by way of client.
func setup(tb testing.TB, server *fake.Server, url string, client *http.Client) peers.Setup {
	tb.Helper()
	return peers.Setup{
		Server: url, Username: "user@example.com", HTTP: client,
		Issued: server.Issue(24 * time.Hour), AppKey: fake.AppKey(tb), Cluster: peers.Cluster(url, client),
	}
}

// begin makes the client of p.
func begin(tb testing.TB, p peers.Peer, s peers.Setup) peers.Client {
	tb.Helper()
	c, err := p.New(s)
	if err != nil {
		tb.Fatal(p.Name, err)
	}
	return c
}

// prime lets the client get its first token.
func prime(tb testing.TB, c peers.Client, url string) {
	tb.Helper()
	if err := c.Authorize(request(tb.Context(), url))(); err != nil {
		tb.Fatal(err)
	}
}

// request returns an API request as a generated client makes it.
func request(ctx context.Context, url string) *http.Request {
	req := bare(ctx, url)
	req.Header.Set("Accept", "application/json")
	return req
}

// bare returns an API request without a header.
func bare(ctx context.Context, url string) *http.Request {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		panic(err) // url is the test's own
	}
	return req
}

// unpaced is the Cluster for benchmarks that request many tokens. With its rate limit
// of 50 a second they would measure the limit. None of the other libraries has one.
func unpaced(s peers.Setup) func() (*authflow.Cluster, error) {
	return peers.Cluster(s.Server, s.HTTP, authflow.WithRateLimit(0, 0))
}

// lib is the name of a sub-benchmark, in the form that benchstat compares by.
func lib(name string) string { return "lib=" + name }
