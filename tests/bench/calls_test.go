package bench

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// TestTokenCalls counts the token calls for 10,000 API requests over 10
// minutes, with tokens of ThoughtSpot's 300 s. The time is virtual, and a
// synctest bubble needs a *testing.T, so this is a test that prints its result
// as a benchmark does. The requests come one after the other: the libraries
// that hold a mutex over the network would stop a bubble's clock for ever.
func TestTokenCalls(t *testing.T) {
	const requests, span = 10_000, 10 * time.Minute
	for _, p := range append(peers.Renewing(), peers.PerRequest()) {
		// The key is made outside: it takes real time.
		key := fake.AppKey(t)
		key()
		synctest.Test(t, func(t *testing.T) {
			server := fake.New(300*time.Second, 100*time.Millisecond)
			s := setup(t, server, fake.InProcess, &http.Client{Transport: server})
			s.AppKey = key
			c := begin(t, p, s)
			start := time.Now()
			for i := range requests {
				if !send(t.Context(), c, s.Server) {
					t.Fatalf("%s: request %d was rejected", p.Name, i)
				}
				time.Sleep(time.Until(start.Add(span * time.Duration(i+1) / requests))) // fake clock
			}
			fmt.Printf("BenchmarkTokenCalls/%s 1 %d token-calls\n", lib(p.Name), server.Mints())
		})
	}
}
