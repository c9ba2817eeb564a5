package bench

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkMemory is what an idle client on a live token holds beside that
// token and its request, when n of them share an http.Client, one for each user
// of a service. The request is the user's name, once by itself and once as JSON.
func BenchmarkMemory(b *testing.B) {
	for _, p := range peers.Renewing() {
		for _, n := range sizes(p) {
			b.Run(fmt.Sprintf("%s/clients=%d", lib(p.Name), n), func(b *testing.B) {
				var each float64
				for b.Loop() {
					each = bytesEach(b, p, n)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(each, "bytes/client")
			})
		}
	}
}

// sizes are the numbers of clients that are worth the wait: a million for ours,
// and for ghinstallation, which signs with RSA to mint, a thousand.
func sizes(p peers.Peer) []int {
	switch {
	case testing.Short() || p.Name == "ghinstallation":
		return []int{1_000}
	case p.Name == peers.Ours:
		return []int{1_000, 100_000, 1_000_000}
	default:
		return []int{1_000, 100_000}
	}
}

func bytesEach(b *testing.B, p peers.Peer, n int) float64 {
	b.Helper()
	server := fake.NewForgetful(24 * time.Hour)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: server})
	s.Cluster = unpaced(s)
	s.AppKey() // beforehand: they are shared
	if _, err := s.Cluster(); err != nil {
		b.Fatal(err)
	}
	clients, requests := make([]peers.Client, n), 0
	before := heap()
	for i := range clients {
		s.Username = fmt.Sprintf("user-%d@example.com", i)
		requests += len(s.Username) + len(`{"username":""}`) + len(s.Username)
		clients[i] = begin(b, p, s)
		prime(b, clients[i], s.Server)
	}
	used := heap() - before
	runtime.KeepAlive(clients)
	return float64(used-int64(requests))/float64(n) - fake.TokenSize
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
