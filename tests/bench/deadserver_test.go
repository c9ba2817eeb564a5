package bench

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/fake"
	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// TestDeadServer has 500 users at a server that responds with 503 for 150 s. They come
// at the same time, and try again 2 s after each error.
//
// A library that spares the server makes its users wait: a caller learns of the outage at
// once only if its own call was sent, and a client that keeps calling is the first to
// notice that the server is back.
func TestDeadServer(t *testing.T) {
	users := short(500, 50)
	bubble(t, func(t *testing.T, p peers.Peer, server *fake.Server, s peers.Setup) {
		began, back := time.Now(), time.Now().Add(outage)
		var failures moments
		server.OnMint(func(context.Context, string) int {
			if time.Now().Before(back) {
				failures.note()
				return http.StatusServiceUnavailable
			}
			return 0
		})
		var seen tries
		var wg sync.WaitGroup
		for _, c := range clients(t, p, s, "user", users) {
			wg.Go(func() { seen.untilServed(t.Context(), c, s.Server, 2*time.Second) })
		}
		wg.Wait()
		first, later := failures.worst(began)
		result("DeadServer", p.Name,
			metric{float64(first), "calls-minute-1"},
			metric{float64(later), "calls-later-minute"},
			metric{seen.told(failures.at[0]).Seconds(), "told-s"},
			metric{seen.longest(back).Seconds(), "longest-s"},
			metric{seen.served()[0].Sub(back).Seconds(), "first-s"},
			metric{seen.served()[users-1].Sub(back).Seconds(), "all-s"})
	})
}

// outage is how long the server is down.
const outage = 150 * time.Second

// moments are when something happened, in order.
type moments struct {
	mu sync.Mutex
	at []time.Time
}

func (m *moments) note() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at = append(m.at, time.Now())
}

// worst returns how many moments were in the first minute, and how many in the fullest
// of the others.
func (m *moments) worst(began time.Time) (first, later int) {
	minutes := make([]int, int(outage.Minutes())+1)
	for _, at := range m.at {
		minutes[int(at.Sub(began).Minutes())]++
	}
	return minutes[0], slices.Max(minutes[1:])
}

// told returns how long it took to tell everybody who waited at a moment.
func (t *tries) told(at time.Time) (longest time.Duration) {
	for _, try := range t.all {
		if !try.began.After(at) {
			longest = max(longest, try.ended.Sub(at))
		}
	}
	return longest
}

// longest returns how long somebody waited for an error before a moment.
func (t *tries) longest(before time.Time) (longest time.Duration) {
	for _, try := range t.all {
		if try.ended.Before(before) {
			longest = max(longest, try.wait())
		}
	}
	return longest
}

// served returns when users got their tokens, in order.
func (t *tries) served() (at []time.Time) {
	for _, try := range t.all {
		if try.ok {
			at = append(at, try.ended)
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}
