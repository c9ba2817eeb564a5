package bench

import (
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkAcquire is a new client's first token, from a server in process that
// answers at once: what a library adds to the call. The limit is the bare
// generated client, which makes the same call and reads the same answer.
// ghinstallation signs its call with RSA.
func BenchmarkAcquire(b *testing.B) {
	server := fake.NewForgetful(24 * time.Hour)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: server})
	s.Cluster = unpaced(s)
	s.AppKey() // it takes real time
	b.Run(lib("limit"), func(b *testing.B) {
		b.ReportAllocs()
		client, err := gen.NewClientWithResponses(s.Server, gen.WithHTTPClient(s.HTTP))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			r, err := client.GetFullAccessTokenWithResponse(b.Context(), gen.GetFullAccessTokenRequest{Username: s.Username, SecretKey: "key"})
			if err != nil || r.JSON200 == nil {
				b.Fatal(err)
			}
		}
	})
	for _, p := range peers.Renewing() {
		b.Run(lib(p.Name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				prime(b, begin(b, p, s), s.Server)
			}
		})
	}
}
