package bench

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkSend is a whole request, as a generated client makes it, through a
// transport that does nothing. The limit is http.Client alone, which authorises
// nothing. A library that authorises has to copy the request and its headers, because
// an http.RoundTripper must not change the request that it gets. by-hand does that and
// no more, so it is the fair measure.
func BenchmarkSend(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	sends(b, setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}}), request)
}

// BenchmarkSendBare is the same for a GET without a header, of which there is
// the least to copy.
func BenchmarkSendBare(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	sends(b, setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}}), bare)
}

// BenchmarkSendHTTP1 is BenchmarkSendBare over a real connection to a server in
// the same process, which accepts every request, with a response that is read.
func BenchmarkSendHTTP1(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	url, client := fake.NoOp{Server: server}.Listen(b)
	sends(b, setup(b, server, url, client), bare)
}

// BenchmarkSendHTTP2 is the same over HTTP/2, without TLS: encryption would cost
// all libraries the same.
func BenchmarkSendHTTP2(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	url, client := fake.NoOp{Server: server}.ListenHTTP2(b)
	sends(b, setup(b, server, url, client), bare)
}

// making is request, bare or post.
type making func(ctx context.Context, url string) *http.Request

func sends(b *testing.B, s peers.Setup, request making) {
	b.Helper()
	b.Run(lib("limit"), sending(s.HTTP.Do, copies(b, request(b.Context(), s.Server))))
	for _, p := range append(peers.Renewing(), peers.Static(), peers.ByHand()) {
		c := begin(b, p, s)
		prime(b, c, s.Server)
		b.Run(lib(p.Name), sending(c.Do, copies(b, request(b.Context(), s.Server))))
	}
}

// copies returns a function that returns a copy of req. Some libraries write to the
// request that they are given, so each call of them gets one of its own, as in real
// use. The copying is part of the time of all.
func copies(b *testing.B, req *http.Request) func() *http.Request {
	b.Helper()
	return func() *http.Request {
		out := req.Clone(req.Context())
		if req.GetBody == nil {
			return out
		}
		var err error
		if out.Body, err = req.GetBody(); err != nil {
			b.Fatal(err)
		}
		return out
	}
}

func sending(do func(*http.Request) (*http.Response, error), next func() *http.Request) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			resp, err := do(next())
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}
