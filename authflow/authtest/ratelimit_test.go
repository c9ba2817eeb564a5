package authtest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// limited calls the simulator n times at once, and returns how many calls were
// let through and the Retry-After of the last.
func limited(t *testing.T, sim *authtest.Simulator, c *http.Client, n int) (through int, retryAfter string) {
	t.Helper()
	for i := range n {
		// Calls of all kinds count.
		to := []string{whoami, search, "GET /elsewhere"}[i%3]
		a, err := send(t.Context(), t, sim, c, to, "")
		if err != nil {
			t.Fatal(err)
		}
		if a.status != http.StatusTooManyRequests {
			through++
		}
		retryAfter = a.header.Get("Retry-After")
	}
	return through, retryAfter
}

func TestRateLimitIsForEachAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithRateLimit(100, 10))
		for _, c := range []*http.Client{sim.Client(), sim.ClientAt("192.0.2.7"), sim.ClientAt("2001:db8::1")} {
			if n, after := limited(t, sim, c, 30); n != 10 || after != "" {
				t.Errorf("%d calls let through, Retry-After %q", n, after)
			}
		}
		if n, _ := limited(t, sim, sim.Client(), 1); n != 0 {
			t.Error("another client of the same address has a limit of its own")
		}
		time.Sleep(50 * time.Millisecond) // fake clock
		if n, _ := limited(t, sim, sim.Client(), 30); n != 5 {
			t.Errorf("%d calls let through after 50 ms", n)
		}
		sim.Advance(time.Hour)
		if n, _ := limited(t, sim, sim.Client(), 1); n != 0 {
			t.Error("Advance lets calls through")
		}
		sim.SetRateLimit(authtest.RateLimit{PerSecond: 0.5, Burst: 2, RetryAfter: time.Millisecond})
		if n, after := limited(t, sim, sim.Client(), 3); n != 2 || after != "2" {
			t.Errorf("%d calls let through, Retry-After %q", n, after)
		}
		sim.SetRateLimit(authtest.RateLimit{PerSecond: 100, Burst: 1, RetryAfter: 1500 * time.Millisecond})
		if n, after := limited(t, sim, sim.Client(), 2); n != 1 || after != "2" {
			t.Errorf("%d calls let through, Retry-After %q", n, after)
		}
		sim.SetRateLimit(authtest.RateLimit{})
		if n, _ := limited(t, sim, sim.Client(), 30); n != 30 {
			t.Errorf("%d calls let through without a limit", n)
		}
	})
}
