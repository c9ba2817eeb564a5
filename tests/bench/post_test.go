package bench

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
)

// BenchmarkPost is a request with a body of 1 KiB, over a real connection. A library
// that repeats a rejected request has to be able to send the body again.
func BenchmarkPost(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	url, client := fake.NoOp{Server: server}.Listen(b)
	sends(b, setup(b, server, url, client), post)
}

// BenchmarkPostNoOp is the same through a transport that does nothing.
func BenchmarkPostNoOp(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	sends(b, setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}}), post)
}

// post returns an API request with a body of 1 KiB, as a generated client makes it.
func post(ctx context.Context, url string) *http.Request {
	body := append(bytes.Repeat([]byte(" "), 1022), "{}"...)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/rest/2.0/metadata/search", bytes.NewReader(body))
	if err != nil {
		panic(err) // url is the test's own
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	return req
}
