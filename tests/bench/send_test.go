package bench

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkSend is a whole request through a transport that does nothing. The
// limit is http.Client alone, which authorises nothing.
func BenchmarkSend(b *testing.B) {
	server := fake.New(24*time.Hour, 0)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: fake.NoOp{Server: server}})
	send := func(do func(*http.Request) (*http.Response, error)) func(*testing.B) {
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
				_ = resp.Body.Close()
			}
		}
	}
	b.Run(lib("limit"), send(s.HTTP.Do))
	for _, p := range append(peers.Renewing(), peers.Static()) {
		c := begin(b, p, s)
		prime(b, c, s.Server)
		b.Run(lib(p.Name), send(c.Do))
	}
}
