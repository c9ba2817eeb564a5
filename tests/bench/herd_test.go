package bench

import (
	"context"
	"net/http"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// BenchmarkHerd lets 10,000 goroutines authorise a request at the same moment,
// on a token that has expired; a mint call takes 50 ms. They are served when
// each has a live token in its request.
//
// Memory and goroutines are those at the end of the mint call, when all wait,
// and include the 10,000 goroutines and requests themselves.
func BenchmarkHerd(b *testing.B) {
	for _, p := range peers.Renewing() {
		b.Run(lib(p.Name), func(b *testing.B) {
			var calls, goroutines, memory int64
			var times []time.Duration
			for b.Loop() {
				h := stampede(b, p)
				calls = max(calls, h.calls)
				goroutines = max(goroutines, h.goroutines)
				memory = max(memory, h.memory)
				times = append(times, h.took)
			}
			slices.Sort(times)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(calls), "token-calls")
			b.ReportMetric(milliseconds(times[len(times)/2]), "served-ms")
			b.ReportMetric(float64(goroutines), "goroutines")
			b.ReportMetric(float64(memory)/(1<<20), "MiB")
		})
	}
}

type herd struct {
	calls, goroutines, memory int64
	took                      time.Duration
}

func stampede(b *testing.B, p peers.Peer) (h herd) {
	const size, life, delay = 10_000, 30 * time.Millisecond, 50 * time.Millisecond
	server := fake.New(life, 0)
	s := setup(b, server, fake.InProcess, &http.Client{Transport: server})
	c := begin(b, p, s)
	prime(b, c, s.Server)
	<-time.After(life + 5*time.Millisecond)
	server.Set(time.Hour, delay)
	before := server.Mints()

	memory := inUse()
	var ready, served sync.WaitGroup
	var failed atomic.Int64
	gate := make(chan struct{})
	ready.Add(size)
	for range size {
		served.Go(func() {
			authorize := c.Authorize(request(b.Context(), s.Server))
			ready.Done()
			<-gate
			if authorize() != nil {
				failed.Add(1)
			}
		})
	}
	ready.Wait()
	server.OnMint(func(context.Context, string) int {
		h.goroutines, h.memory = int64(runtime.NumGoroutine()), inUse()-memory
		server.OnMint(nil)
		return 0
	})
	start := time.Now()
	close(gate)
	served.Wait()
	h.took = time.Since(start)
	h.calls = server.Mints() - before
	if n := failed.Load(); n > 0 {
		b.Errorf("%d of %d were not served", n, size)
	}
	return h
}

// inUse returns the bytes of heap and stacks in use, without stopping anybody.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64() + s[1].Value.Uint64())
}
