package authflow_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A server that is a function, for tests of what the simulator does not do.

// fakeURL is where it is.
const fakeURL = "https://ts.example"

// mixedKey has letters of both cases, that nothing else holds.
const mixedKey = "Key-ABCdef-42"

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// reply is an answer with headers in pairs.
func reply(r *http.Request, status int, body string, headers ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1}
}

// fresh answers a token request with a token for 300 seconds.
func fresh(r *http.Request, value string) *http.Response {
	return reply(r, 200, fmt.Sprintf(`{"token":%q,"creation_time_in_millis":1000000,"expiration_time_in_millis":1300000}`, value))
}

// minting reports whether r asks for a token of full access.
func minting(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/token/full") }

// fakeCluster is the cluster that base is.
func fakeCluster(tb testing.TB, base roundTrip, opts ...authflow.Option) *authflow.Cluster {
	tb.Helper()
	c, err := authflow.New(fakeURL, append([]authflow.Option{authflow.WithHTTPClient(&http.Client{Transport: base})}, opts...)...)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// on is a Flow of full access for ann, on a cluster of its own that base is.
func on(tb testing.TB, base roundTrip, opts ...authflow.Option) *authflow.Flow {
	tb.Helper()
	f, err := fakeCluster(tb, base, opts...).FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey})
	if err != nil {
		tb.Fatal(err)
	}
	return f
}

// request is a GET of url.
func request(tb testing.TB, url string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, url, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}
