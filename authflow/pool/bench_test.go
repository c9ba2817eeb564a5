package pool_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// minter returns a Cluster whose server responds with new tokens.
func minter(tb testing.TB) *authflow.Cluster {
	tb.Helper()
	var n atomic.Int64
	c, err := authflow.New("https://ts.example", authflow.WithSecretKey("key"), authflow.WithRateLimit(0, 0),
		authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			_, _ = io.Copy(io.Discard, r.Body)
			body := fmt.Sprintf(`{"token":"%0*d","creation_time_in_millis":1675129264089,"expiration_time_in_millis":1675215664089,
				"scope":{"access_type":"FULL","org_id":1},"valid_for_user_id":"59a122dc-38d7-43e7-bb90-86f724c7b602","valid_for_username":"user"}`, 200, n.Add(1))
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
				Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		})}))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// BenchmarkGet measures a Get of a flow that is there.
func BenchmarkGet(b *testing.B) {
	c := minter(b)
	p, err := pool.New(func(_ context.Context, i int) (*authflow.Flow, error) {
		return c.FullAccess(gen.GetFullAccessTokenRequest{Username: fmt.Sprint("user-", i)})
	})
	if err != nil {
		b.Fatal(err)
	}
	const keys = 10_000
	for i := range keys {
		if _, err := p.Get(b.Context(), i); err != nil {
			b.Fatal(err)
		}
	}
	get := func(i int) {
		if _, err := p.Get(b.Context(), i%keys); err != nil {
			b.Error(err)
		}
	}
	b.Run("1 goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			get(i)
		}
	})
	b.Run("GOMAXPROCS goroutines", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				get(i)
			}
		})
	})
}

// BenchmarkCreate measures a Get of a flow that has to be created.
func BenchmarkCreate(b *testing.B) {
	c := minter(b)
	p, err := pool.New(func(_ context.Context, i int64) (*authflow.Flow, error) {
		return c.FullAccess(gen.GetFullAccessTokenRequest{Username: fmt.Sprint("user-", i)})
	})
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	create := func() {
		if _, err := p.Get(b.Context(), next.Add(1)); err != nil {
			b.Error(err)
		}
	}
	b.Run("1 goroutine", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			create()
		}
	})
	b.Run("GOMAXPROCS goroutines", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				create()
			}
		})
	})
}
