package bench

import (
	"math"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkRevocation revokes all tokens in the middle of a load. They would
// have lived for an hour; a mint call takes 100 ms.
//
// Errors are the requests that were not answered 200. A client has recovered
// with the first request that began after the revocation and was answered 200;
// +Inf says that it had not at the end of the load.
func BenchmarkRevocation(b *testing.B) {
	duration := short(3*time.Second, 500*time.Millisecond)
	for _, p := range peers.Renewing() {
		b.Run(lib(p.Name), func(b *testing.B) {
			for b.Loop() {
				server := fake.New(time.Hour, 100*time.Millisecond)
				url, client := server.Listen(b, 4*callers)
				c := begin(b, p, setup(b, server, url, client))
				prime(b, c, url)
				warm(b, c, url)
				before := server.Mints()

				var revoked time.Time
				timer := time.AfterFunc(duration/3, func() {
					server.RevokeAll()
					revoked = time.Now()
				})
				samples := load(b.Context(), c, url, duration)
				if timer.Stop() {
					b.Fatal("the load ended before the revocation")
				}
				b.ReportMetric(float64(len(samples)), "requests")
				b.ReportMetric(float64(server.Mints()-before), "token-calls")
				b.ReportMetric(float64(failures(samples)), "errors")
				b.ReportMetric(recovery(samples, revoked), "recovery-ms")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// recovery returns how long it took in milliseconds until a request that began
// after from was answered 200.
func recovery(samples []sample, from time.Time) float64 {
	first := math.Inf(1)
	for _, s := range samples {
		if s.ok && s.began.After(from) {
			first = min(first, milliseconds(s.began.Add(s.took).Sub(from)))
		}
	}
	return first
}
