package bench

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// The rate limit of ThoughtSpot for one client address.
const (
	allowedRate  = 100 // calls a second
	allowedBurst = 10
)

// TestNineOClock lets 10,000 users request their first token within 10 s, at a server
// with ThoughtSpot's rate limit. A user who gets an error tries again 5 s later.
func TestNineOClock(t *testing.T) {
	bubble(t, func(t *testing.T, p peers.Peer, server *fake.Server, s peers.Setup) {
		nineOClock(t, "NineOClock", p, server, s)
	})
}

// TestNineOClockTuned is the same for ours with nine tenths of the rate that the server
// allows. The default is half of it, because other programs may have the same address.
func TestNineOClockTuned(t *testing.T) {
	bubble(t, func(t *testing.T, p peers.Peer, server *fake.Server, s peers.Setup) {
		if p.Name == peers.Ours {
			s.Cluster = peers.Cluster(s.Server, s.HTTP, authflow.WithRateLimit(0.9*allowedRate, allowedBurst))
			nineOClock(t, "NineOClockTuned", p, server, s)
		}
	})
}

func nineOClock(t *testing.T, benchmark string, p peers.Peer, server *fake.Server, s peers.Setup) {
	t.Helper()
	users := short(10_000, 300)
	limit := rate.NewLimiter(allowedRate, allowedBurst)
	var limited atomic.Int64
	server.OnMint(func(context.Context, string) int {
		if limit.Allow() {
			return 0
		}
		limited.Add(1)
		return http.StatusTooManyRequests
	})
	all, start := clients(t, p, s, "user", users), time.Now()
	var seen tries
	var wg sync.WaitGroup
	for _, c := range all {
		wg.Go(func() { seen.untilServed(t.Context(), c, s.Server, 5*time.Second) })
		time.Sleep(10 * time.Second / time.Duration(users)) // fake clock
	}
	wg.Wait()
	result(benchmark, p.Name,
		metric{float64(seen.failed()), "errors"},
		metric{float64(server.Mints()), "token-calls"},
		metric{float64(limited.Load()), "limited"},
		metric{time.Since(start).Seconds(), "served-s"})
}
