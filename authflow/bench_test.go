package authflow

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

const liveToken = "a-token-of-the-usual-length-0123456789abcdef"

// liveFlow returns a Flow on a token that lives for a day, whose renewal waits
// for release.
func liveFlow(tb testing.TB, opts ...Option) (f *Flow, release func()) {
	tb.Helper()
	c, err := New("https://acme.thoughtspot.cloud", opts...)
	if err != nil {
		tb.Fatal(err)
	}
	first, released := true, make(chan struct{})
	f, err = c.TokensFrom(func(ctx context.Context) (Token, error) {
		if !first {
			select {
			case <-released:
			case <-ctx.Done():
			}
		}
		first = false
		now := time.Now()
		return Token{Value: liveToken, Created: now, Expires: now.Add(24 * time.Hour)}, nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.Renew(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return f, sync.OnceFunc(func() { close(released) })
}

// request is a GET of whom a token is for, at server.
func request(tb testing.TB, server string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, server+"/api/rest/2.0/auth/session/user", nil)
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
	f, _ := liveFlow(b)
	ctx := b.Context()

	bare := func(req *http.Request) {
		m := current.Load()
		if !time.Now().Before(m.expires) {
			panic("expired")
		}
		req.Header["Authorization"] = m.header
	}
	edit := func(req *http.Request) {
		if err := f.Edit(ctx, req); err != nil {
			panic(err)
		}
	}
	for name, inject := range map[string]func(*http.Request){"minimum": bare, "Edit": edit} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			req := request(b, f.Server())
			for b.Loop() {
				delete(req.Header, "Authorization")
				inject(req)
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				req := request(b, f.Server())
				for pb.Next() {
					delete(req.Header, "Authorization")
					inject(req)
				}
			})
		})
	}
}

// BenchmarkDo compares a request through Do with one through the http.Client
// below it, both on a transport that does nothing.
func BenchmarkDo(b *testing.B) {
	client := &http.Client{Transport: nothing{}}
	f, _ := liveFlow(b, WithHTTPClient(client))
	for name, do := range map[string]func(*http.Request) (*http.Response, error){"http.Client": client.Do, "Do": f.Do} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			req := request(b, f.Server())
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
	c, err := New("https://acme.thoughtspot.cloud", WithSecretKey("key"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "user"}); err != nil {
			b.Fatal(err)
		}
	}
}
