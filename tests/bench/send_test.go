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

// BenchmarkSendLoopback is BenchmarkSend over a real connection to a server in
// the same process, which answers all that comes, with a body that is read.
func BenchmarkSendLoopback(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	url, client := fake.NoOp{Server: server}.Listen(b, 1)
	sends(b, setup(b, server, url, client), request)
}

// making is request or bare.
type making func(ctx context.Context, url string) *http.Request

func sends(b *testing.B, s peers.Setup, request making) {
	b.Helper()
	b.Run(lib("limit"), sending(s.HTTP.Do, s, request))
	for _, p := range append(peers.Renewing(), peers.Static(), peers.ByHand()) {
		c := begin(b, p, s)
		prime(b, c, s.Server)
		b.Run(lib(p.Name), sending(c.Do, s, request))
	}
}

func sending(do func(*http.Request) (*http.Response, error), s peers.Setup, request making) func(*testing.B) {
	return func(b *testing.B) {
		b.ReportAllocs()
		req := request(b.Context(), s.Server)
		for b.Loop() {
			// Some write to the request they are given, so each gets one of
			// its own, as in real use; that is part of the time of all.
			resp, err := do(req.Clone(req.Context()))
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
		}
	}
}
