package bench

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/bench/peers"
)

// The load of one client: 16 callers, each with a request every 10 ms, which
// leaves half of a small machine idle, so that what is measured is waiting and
// not the lack of processors.
const (
	callers  = 16
	interval = 10 * time.Millisecond
)

// sample is one request as its caller saw it.
type sample struct {
	began time.Time
	took  time.Duration // from when it was due, if its caller was held up
	ok    bool          // answered 200
}

// load sends steadily with c for d, and returns once the last response is in. The
// callers keep their timetable: one that was held up counts the wait of every
// request that was due in the meantime. A request that is due after d is not sent.
func load(ctx context.Context, c peers.Client, url string, d time.Duration) []sample {
	samples := make([][]sample, callers)
	start := time.Now()
	end := start.Add(d)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for due := start.Add(interval * time.Duration(i) / callers); due.Before(end); due = due.Add(interval) {
				began := due
				if rest := time.Until(due); rest > 0 {
					<-time.After(rest)
					began = time.Now() // the timer's delay does not count
				}
				if began.After(end) || time.Now().After(end) {
					return
				}
				ok := send(ctx, c, url)
				samples[i] = append(samples[i], sample{began, time.Since(began), ok})
			}
		})
	}
	wg.Wait()
	return slices.Concat(samples...)
}

func send(ctx context.Context, c peers.Client, url string) bool {
	resp, err := c.Do(request(ctx, url))
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close() == nil && err == nil && resp.StatusCode == http.StatusOK
}

// failures counts the requests that were not answered 200.
func failures(samples []sample) (n int) {
	for _, s := range samples {
		if !s.ok {
			n++
		}
	}
	return n
}

// latency is how long requests took, sorted.
type latency []time.Duration

func latencies(samples []sample) latency {
	l := make(latency, 0, len(samples))
	for _, s := range samples {
		l = append(l, s.took)
	}
	slices.Sort(l)
	return l
}

// at returns the latency that a part p of the requests did not exceed, in
// milliseconds.
func (l latency) at(p float64) float64 {
	if len(l) == 0 {
		return 0
	}
	return milliseconds(l[min(int(p*float64(len(l))), len(l)-1)])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// short returns d, or less in a smoke test (-short).
func short[T any](full, smoke T) T {
	if testing.Short() {
		return smoke
	}
	return full
}
