package bench

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// TestMemoryInUse is what a client in use holds beside its token and its request: one
// that has sent requests and has renewed its token. The time is virtual; see bubble.
func TestMemoryInUse(t *testing.T) {
	n := short(10_000, 200)
	bubble(t, func(t *testing.T, p peers.Peer, _ *fake.Server, s peers.Setup) {
		server := fake.NewForgetful(300 * time.Second)
		s.HTTP = &http.Client{Transport: fake.NoOp{Server: server}}
		s.Cluster = unpaced(s)
		few := clients(t, p, s, "few", 5)
		use(t, few, s.Server) // makes the parts that all clients share
		before := heap()
		many := clients(t, p, s, "many", n)
		use(t, many, s.Server)
		used := heap() - before
		runtime.KeepAlive(few)
		runtime.KeepAlive(many)
		result("MemoryInUse", p.Name, metric{float64(used)/float64(n) - fake.TokenSize - sizeOfRequest("many-00000"), "bytes/client"})
	})
}

// use sends requests with each client for 18 minutes, in which ours renews the token four
// times, and those that wait for its end twice. At the last request, only one token is
// alive.
func use(t *testing.T, clients []peers.Client, url string) {
	t.Helper()
	for _, pause := range []time.Duration{0, 245, 245, 245, 245, 120} {
		time.Sleep(pause * time.Second) // fake clock
		for _, c := range clients {
			if !send(t.Context(), c, url) {
				t.Fatal("no response")
			}
			synctest.Wait() // the renewal ends; the runtime keeps the memory of goroutines
		}
	}
}

// sizeOfRequest returns how many bytes a user's name has, once by itself and once as
// JSON.
func sizeOfRequest(username string) float64 {
	return float64(len(username) + len(`{"username":""}`) + len(username))
}

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
	clients, requests := make([]peers.Client, n), 0.0
	before := heap()
	for i := range clients {
		s.Username = fmt.Sprintf("user-%d@example.com", i)
		requests += sizeOfRequest(s.Username)
		clients[i] = begin(b, p, s)
		prime(b, clients[i], s.Server)
	}
	used := heap() - before
	runtime.KeepAlive(clients)
	return (float64(used)-requests)/float64(n) - fake.TokenSize
}

func heap() int64 {
	var m runtime.MemStats
	for range 3 { // some objects are freed by the one after the next
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
