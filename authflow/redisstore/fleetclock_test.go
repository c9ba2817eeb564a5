//go:build unix

package redisstore_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// K1 in fake time: ten replicas with fifty users each start at once. However busy
// the machine is, there is one mint for each user while a mint takes less than 2 s,
// with its wait in the queue of its replica: of 50 slow mints some wait, because 20
// calls may be without a response. Beyond that, no replica mints more than once for a
// user.
func TestK1_FleetInFakeTime_MintsOnceForEachUser(t *testing.T) {
	const replicas = 10
	for what, c := range map[string]struct {
		cold, warm  time.Duration // of a mint, at the start and later
		users, most int           // mints for all users
	}{
		"0.1 s": {100 * time.Millisecond, 100 * time.Millisecond, crowd(), crowd()},
		// At the start a key goes to one caller first, and the mints of the others follow.
		"0.9 s at the start, then 1.8 s": {900 * time.Millisecond, 1_800 * time.Millisecond, 15, 15},
		"3 s":                            {3 * time.Second, 3 * time.Second, 10, 10 * replicas},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, sim := fleetInFakeTime(t, fleetSize{replicas, c.users, 300 * time.Second})
				for round, mintTakes := range []time.Duration{c.cold, c.warm, c.warm} {
					sim.SetLatency(mintTakes)
					f.serveAll(t)
					if mints, _ := f.counted(); mints < c.users || mints > c.most || f.failures.Load() > 0 {
						t.Errorf("round %d: %d mints for %d users, want at most %d; %d failures of the store", round+1, mints, c.users, c.most, f.failures.Load())
					}
					time.Sleep(301 * time.Second) // fake clock
				}
			})
		})
	}
}

// fleetInFakeTime starts replicas that share a Redis in memory, without sockets. It
// is for synctest bubbles.
func fleetInFakeTime(tb testing.TB, size fleetSize) (*fleet, *authtest.Simulator) {
	tb.Helper()
	store := miniredis.NewMiniRedis()
	store.ClockTTL(true)
	tb.Cleanup(store.Close)
	f := &fleet{}
	sim := authtest.New(f.settings(size)...)
	for range size.replicas {
		f.add(tb, size, sim.URL, &http.Client{Transport: sim.Transport()}, &redis.Options{
			Addr:   "192.0.2.1:6379", // of no server: nothing may be looked up in a bubble
			Dialer: func(context.Context, string, string) (net.Conn, error) { return store.Dial() },
		}, authflow.WithRateLimit(1_000, 100)) // so that no mint waits in the queue
	}
	return f, sim
}
