package bench

import (
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkRenewal is a steady load on a real server whose tokens live for 2 s
// and whose mint calls take 100 ms. Beside it, in the same process and at the
// same time, goes the same load with a static token, so that the machine's
// noise hits both.
//
// A library whose margin is longer than 2 s mints for each request, or all the
// time: that is what it does to short tokens, and what it does to tokens of
// five minutes if its margin is five minutes.
func BenchmarkRenewal(b *testing.B) {
	for _, p := range peers.Renewing() {
		b.Run(lib(p.Name), func(b *testing.B) { renewal(b, p, 0) })
	}
}

// BenchmarkRenewalTuned is the same with each library that can be told when to
// renew set as well as it can be: 400 ms before the end, which is when ours
// renews of its own accord.
func BenchmarkRenewalTuned(b *testing.B) {
	for _, p := range peers.Renewing() {
		if p.Tunable {
			b.Run(lib(p.Name), func(b *testing.B) { renewal(b, p, short(400*time.Millisecond, 150*time.Millisecond)) })
		}
	}
}

func renewal(b *testing.B, p peers.Peer, margin time.Duration) {
	var (
		life     = short(2*time.Second, 500*time.Millisecond)
		delay    = 100 * time.Millisecond
		duration = short(10*time.Second, time.Second)
	)
	for b.Loop() {
		server := fake.New(life, delay)
		url, client := server.Listen(b, 4*callers)
		s := setup(b, server, url, client)
		s.Margin = margin
		renewing, static := begin(b, p, s), begin(b, peers.Static(), s)
		prime(b, renewing, url)
		warm(b, static, url)
		before := server.Mints()

		var got, reference []sample
		var wg sync.WaitGroup
		wg.Go(func() { got = load(b.Context(), renewing, url, duration) })
		wg.Go(func() { reference = load(b.Context(), static, url, duration) })
		wg.Wait()

		l, r := latencies(got), latencies(reference)
		b.ReportMetric(float64(len(got)), "requests")
		b.ReportMetric(float64(server.Mints()-before), "token-calls")
		b.ReportMetric(l.at(0.5), "p50-ms")
		b.ReportMetric(l.at(0.99), "p99-ms")
		b.ReportMetric(l.at(0.999), "p99.9-ms")
		b.ReportMetric(l.at(1), "max-ms")
		b.ReportMetric(r.at(0.999), "static-p99.9-ms")
		b.ReportMetric(l.at(0.999)/r.at(0.999), "p99.9/static")
		b.ReportMetric(float64(failures(got)), "errors")
	}
	b.ReportMetric(0, "ns/op")
}

// warm opens the connections that a load needs, so that neither side of a
// comparison pays for them.
func warm(b *testing.B, c peers.Client, url string) {
	b.Helper()
	load(b.Context(), c, url, 200*time.Millisecond)
}
