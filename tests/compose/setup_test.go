package compose

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

const search = "/api/rest/2.0/metadata/search"

// roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// inBubble runs a test on a fake clock, with a simulator in process.
func inBubble(t *testing.T, test func(*testing.T, *authtest.Simulator), opts ...authtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, authtest.New(opts...)) })
}

// flowOn returns a Flow on a full access token, by way of base.
func flowOn(t *testing.T, url string, base http.RoundTripper, key gen.Secret) *authflow.Flow {
	t.Helper()
	cluster, err := authflow.New(url, authflow.WithSecretKey(key), authflow.WithHTTPClient(&http.Client{Transport: base}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// get sends a GET by client and returns the status.
func get(t *testing.T, client interface {
	Do(*http.Request) (*http.Response, error)
}, url string) (int, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// sleep lets time pass in a bubble.
func sleep(d time.Duration) { time.Sleep(d) } // fake clock
