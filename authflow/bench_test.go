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

// liveFlow returns a Flow on a token that lives for a day. Its renewal waits for
// release.
func liveFlow(tb testing.TB, opts ...Option) (f *Flow, release func()) {
	tb.Helper()
	return liveFlowAt(tb, "https://acme.thoughtspot.cloud", opts...)
}

// liveFlowAt is liveFlow on the cluster at an address.
func liveFlowAt(tb testing.TB, server string, opts ...Option) (f *Flow, release func()) {
	tb.Helper()
	c, err := New(server, opts...)
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

// request is a GET of the current user, at server.
func request(tb testing.TB, server string) *http.Request {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, server+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		tb.Fatal(err)
	}
	return req
}

// BenchmarkInject compares Edit on a live lease with the least that any client
// that renews can do: load a pointer, read the clock, set the header. Edit is to
// take at most 1.5 times as long. On a busy machine only the CPU time of the
// process tells.
func BenchmarkInject(b *testing.B) {
	type minimum struct {
		header  []string
		expires time.Time
	}
	var current atomic.Pointer[minimum]
	current.Store(&minimum{header: []string{"Bearer x"}, expires: time.Now().Add(24 * time.Hour)})
	f, _ := liveFlow(b)
	renewed, release := liveFlow(b)
	release()
	if err := renewed.Renew(b.Context()); err != nil { // the token before it is kept for Logout
		b.Fatal(err)
	}
	ctx := b.Context()

	bare := func(req *http.Request) {
		m := current.Load()
		if !time.Now().Before(m.expires) {
			panic("expired")
		}
		req.Header["Authorization"] = m.header
	}
	edit := func(f *Flow) func(*http.Request) {
		return func(req *http.Request) {
			if err := f.Edit(ctx, req); err != nil {
				panic(err)
			}
		}
	}
	for name, inject := range map[string]func(*http.Request){"minimum": bare, "Edit": edit(f), "Edit after a renewal": edit(renewed)} {
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

// nothing responds to every request with an empty 200.
type nothing struct{}

func (nothing) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// BenchmarkConstructor measures the costs of one more user.
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
