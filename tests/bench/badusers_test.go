package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// TestBadUsers has 20 users of 500 whose calls for a token never succeed: a quarter of
// them get 503, a quarter 429, a quarter 503 after 9 s, and a quarter no response. They
// try again a second after each error. The others come in the meantime, ten a second,
// and wait for at most 10 s.
//
// A client for each user that shares nothing with the others is not disturbed. Ours has
// a queue for all users in common, so it has to show that the bad ones do not hold up
// the others.
func TestBadUsers(t *testing.T) {
	const bad, every, patience = 20, 100 * time.Millisecond, 10 * time.Second
	good := short(480, 50)
	bubble(t, func(t *testing.T, p peers.Peer, server *fake.Server, s peers.Setup) {
		var wasted atomic.Int64
		server.OnMint(func(ctx context.Context, username string) int {
			if !strings.HasPrefix(username, "bad-") {
				return 0
			}
			wasted.Add(1)
			return badEnd(ctx, username)
		})
		others, start := clients(t, p, s, "good", good), time.Now()
		ctx, end := context.WithCancel(t.Context())
		var badOnes, goodOnes sync.WaitGroup
		for _, c := range clients(t, p, s, "bad", bad) {
			badOnes.Go(func() { comeAgain(ctx, c, s.Server, patience) })
		}
		var seen tries
		for _, c := range others {
			goodOnes.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				seen.once(ctx, c, s.Server)
			})
			time.Sleep(every) // fake clock
		}
		goodOnes.Wait()
		minutes := time.Since(start).Minutes()
		calls := float64(wasted.Load()) / minutes
		end()
		badOnes.Wait()
		early, later := seen.waits(start.Add(20 * time.Second))
		result("BadUsers", p.Name,
			metric{float64(seen.failed()), "errors"},
			metric{early.at(1) / 1000, "early-s"},
			metric{later.at(0.99) / 1000, "p99-s"},
			metric{calls, "calls/min"})
	})
}

// badEnd returns how a call for a bad user ends. It depends on the user's number.
func badEnd(ctx context.Context, username string) int {
	var n int
	_, _ = fmt.Sscanf(username, "bad-%05d", &n)
	status, after := http.StatusServiceUnavailable, time.Duration(0)
	switch n % 4 {
	case 1:
		status = http.StatusTooManyRequests
	case 2:
		after = 9 * time.Second
	case 3:
		after = time.Hour
	}
	select {
	case <-ctx.Done():
	case <-time.After(after):
	}
	return status
}

// comeAgain lets a user request a token again and again, a second after each error,
// until ctx ends.
func comeAgain(ctx context.Context, c peers.Client, url string, patience time.Duration) {
	for ctx.Err() == nil {
		once, cancel := context.WithTimeout(ctx, patience)
		_ = c.Authorize(request(once, url))()
		cancel()
		time.Sleep(time.Second) // fake clock
	}
}

// waits returns how long the users waited who came before from, and the others.
func (t *tries) waits(from time.Time) (early, later latency) {
	for _, try := range t.all {
		if try.began.Before(from) {
			early = append(early, try.wait())
		} else {
			later = append(later, try.wait())
		}
	}
	slices.Sort(early)
	slices.Sort(later)
	return early, later
}
