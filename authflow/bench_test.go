package authflow

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// liveFlow returns a Flow on a token that lives longer than the test.
func liveFlow(tb testing.TB, opts ...Option) *Flow {
	tb.Helper()
	f, err := TokenFunc("https://acme.thoughtspot.cloud", func(context.Context) (Token, error) {
		now := time.Now()
		return Token{Value: "a-token-of-the-usual-length-0123456789abcdef", Created: now, Expires: now.Add(24 * time.Hour)}, nil
	}, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.Renew(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return f
}

func request(tb testing.TB) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, "https://acme.thoughtspot.cloud/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// BenchmarkInject compares Edit on a live lease with the least that any
// renewing client can do: load a pointer, look at the clock, set the header.
func BenchmarkInject(b *testing.B) {
	type minimum struct {
		header  []string
		expires time.Time
	}
	var current atomic.Pointer[minimum]
	current.Store(&minimum{header: []string{"Bearer x"}, expires: time.Now().Add(24 * time.Hour)})
	f := liveFlow(b)
	ctx := b.Context()

	bare := func(req *http.Request) bool {
		m := current.Load()
		if !time.Now().Before(m.expires) {
			return false
		}
		req.Header["Authorization"] = m.header
		return true
	}
	b.Run("minimum", func(b *testing.B) {
		b.ReportAllocs()
		req := request(b)
		for b.Loop() {
			delete(req.Header, "Authorization")
			if !bare(req) {
				b.Fatal("expired")
			}
		}
	})
	b.Run("Edit", func(b *testing.B) {
		b.ReportAllocs()
		req := request(b)
		for b.Loop() {
			delete(req.Header, "Authorization")
			if err := f.Edit(ctx, req); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("minimum/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			req := request(b)
			for pb.Next() {
				delete(req.Header, "Authorization")
				bare(req)
			}
		})
	})
	b.Run("Edit/parallel", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			req := request(b)
			for pb.Next() {
				delete(req.Header, "Authorization")
				_ = f.Edit(ctx, req)
			}
		})
	})
}

// BenchmarkDo compares a request through Do with one through the http.Client
// below it, both on a transport that does nothing.
func BenchmarkDo(b *testing.B) {
	client := &http.Client{Transport: nothing{}}
	f := liveFlow(b, WithHTTPClient(client))
	for name, do := range map[string]func(*http.Request) (*http.Response, error){"http.Client": client.Do, "Do": f.Do} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			req := request(b)
			for b.Loop() {
				resp, err := do(req)
				if err != nil {
					b.Fatal(err)
				}
				_ = resp.Body.Close()
			}
		})
	}
}

// nothing answers every request with an empty 200.
type nothing struct{}

func (nothing) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// BenchmarkConstructor is what a service pays for each user it meets.
func BenchmarkConstructor(b *testing.B) {
	b.ReportAllocs()
	client := &http.Client{}
	for b.Loop() {
		if _, err := FullAccess("https://acme.thoughtspot.cloud", gen.GetFullAccessTokenRequest{
			Username: "user", SecretKey: "key",
		}, WithHTTPClient(client)); err != nil {
			b.Fatal(err)
		}
	}
}
