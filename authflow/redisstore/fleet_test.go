//go:build unix

package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// fleet is replicas of a service on one ThoughtSpot server, which share a Redis.
type fleet struct {
	sim      *authtest.Server
	flows    [][]*authflow.Flow // of each replica, of each user
	failures atomic.Int32       // of the store, as reported

	mu    sync.Mutex
	mints []time.Time
}

// fleetOf starts replicas for users, with tokens that live for validity.
func fleetOf(tb testing.TB, redisAddr string, replicas, users int, validity time.Duration, opts ...authflow.Option) *fleet {
	tb.Helper()
	f := &fleet{}
	settings := []authtest.Option{authtest.WithObserver(func(c authtest.Call) {
		if c.Operation == authtest.OpGetFullAccessToken {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.mints = append(f.mints, time.Now())
		}
	})}
	for u := range users {
		settings = append(settings, authtest.WithUser(userOf(u), ""))
	}
	f.sim = authtest.NewServer(settings...)
	tb.Cleanup(f.sim.Close)
	for range replicas {
		client := redis.NewClient(&redis.Options{Addr: redisAddr, ContextTimeoutEnabled: true})
		tb.Cleanup(func() { _ = client.Close() })
		base := &http.Transport{MaxIdleConnsPerHost: 20}
		tb.Cleanup(base.CloseIdleConnections)
		cluster, err := authflow.New(f.sim.URL, append([]authflow.Option{
			authflow.WithHTTPClient(&http.Client{Transport: base}), authflow.WithSecretKey(authtest.DefaultSecretKey),
			authflow.WithStore(storeOn(tb, client), bytes.Repeat([]byte{1}, 32)),
			authflow.WithObserver(func(e authflow.Event) {
				if e.Kind == authflow.StoreFailed {
					f.failures.Add(1)
				}
			}),
		}, opts...)...)
		if err != nil {
			tb.Fatal(err)
		}
		var flows []*authflow.Flow
		for u := range users {
			flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: userOf(u), ValidityTimeInSec: int32(validity / time.Second)})
			if err != nil {
				tb.Fatal(err)
			}
			flows = append(flows, flow)
		}
		f.flows = append(f.flows, flows)
	}
	return f
}

func userOf(n int) string { return fmt.Sprintf("user-%d", n) }

// all calls fn for each user of each replica at once.
func (f *fleet) all(fn func(*authflow.Flow)) {
	var wg sync.WaitGroup
	for _, flows := range f.flows {
		for _, flow := range flows {
			wg.Go(func() { fn(flow) })
		}
	}
	wg.Wait()
}

// counted returns how many tokens were asked for since the last time.
func (f *fleet) counted() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	mints := f.mints
	f.mints = nil
	slices.SortFunc(mints, time.Time.Compare)
	return mints
}

// ask makes a request and says what is wrong with its answer.
func ask(tb testing.TB, flow *authflow.Flow) error {
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, flow.Server()+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		return err
	}
	resp, err := flow.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	return errors.Join(err, resp.Body.Close())
}

// K1: ten replicas with fifty users each start at once.
func TestK1FleetMintsOnceForEachUser(t *testing.T) {
	f := fleetOf(t, serverOf(t).addr(), 10, 50, 300*time.Second)
	f.all(func(flow *authflow.Flow) {
		if err := ask(t, flow); err != nil {
			t.Error(err)
		}
	})
	mints := f.counted()
	if len(mints) != 50 || f.failures.Load() > 0 {
		t.Fatalf("%d mints for 50 users, %d failures of the store", len(mints), f.failures.Load())
	}
	t.Logf("50 mints in %v", mints[49].Sub(mints[0]).Round(time.Millisecond))
}

// Replicas that share a Redis keep to one rate together.
func TestR9_Fleet_KeepsToOneRate(t *testing.T) {
	f := fleetOf(t, serverOf(t).addr(), 10, 40, 300*time.Second, authflow.WithRateLimit(10, 5))
	f.all(func(flow *authflow.Flow) {
		if err := ask(t, flow); err != nil {
			t.Error(err)
		}
	})
	mints := f.counted()
	for i, at := range mints {
		if i < 10 {
			continue
		}
		// Ten turns take a second; a few may come late and so close to the next.
		if took := at.Sub(mints[i-10]); i >= 15 && took < 700*time.Millisecond {
			t.Errorf("10 mints in %v", took)
		}
	}
	if took := mints[len(mints)-1].Sub(mints[0]); len(mints) != 40 || took < 3300*time.Millisecond {
		t.Errorf("%d mints in %v, want 40 in 3.5 s", len(mints), took)
	}
}

// K2: whatever happens to Redis, requests are served. Tokens live for 4 s here,
// and are renewed after 3.
func TestK2FleetServesThroughTroubleOfRedis(t *testing.T) {
	const replicas, users, validity, lasts = 10, 4, 4 * time.Second, 5 * time.Second
	const together = users * 4                     // the first, one or two renewals, and one that was underway
	const eachForItself = users*replicas*2 + users // two renewals, and the first
	type place struct {
		*server
		*proxy
		admin *redis.Client
	}
	for what, c := range map[string]struct {
		begin func(place)
		most  int
	}{
		"well":            {func(place) {}, together},
		"stopped":         {func(p place) { p.stop() }, eachForItself},
		"slow by 2 s":     {func(p place) { p.delay.Store(int64(2 * time.Second)) }, eachForItself},
		"killed":          {func(p place) { p.kill() }, eachForItself},
		"restarted empty": {func(p place) { p.kill(); p.start() }, eachForItself},
		"full":            {func(p place) { _ = p.admin.ConfigSet(context.Background(), "maxmemory", "1mb").Err() }, eachForItself},
	} {
		t.Run(what, func(t *testing.T) {
			server := serverOf(t, "maxmemory-policy noeviction")
			at := place{server, proxyTo(t, server.addr()), server.client()}
			f := fleetOf(t, at.Addr().String(), replicas, users, validity)
			f.all(func(flow *authflow.Flow) {
				if err := ask(t, flow); err != nil {
					t.Error(err)
				}
			})
			c.begin(at)
			requests, slowest := f.load(t, lasts)
			n := len(f.counted())
			t.Logf("%d requests, the slowest %v, %d mints, %d failures of the store reported", requests, slowest.Round(time.Millisecond), n, f.failures.Load())
			if n > c.most {
				t.Errorf("%d mints, want %d at the most", n, c.most)
			}
			if slowest > 3*time.Second {
				t.Errorf("a request took %v", slowest)
			}
		})
	}
}

// load makes a request for each user of each replica every 100 ms, none of which
// may fail, and returns how many, and how long the slowest took.
func (f *fleet) load(tb testing.TB, lasts time.Duration) (requests int, slowest time.Duration) {
	tb.Helper()
	var mu sync.Mutex
	ends := time.Now().Add(lasts)
	f.all(func(flow *authflow.Flow) {
		again := time.NewTicker(100 * time.Millisecond)
		defer again.Stop()
		for now := time.Now(); now.Before(ends); now = <-again.C {
			began := time.Now()
			if err := ask(tb, flow); err != nil {
				tb.Error(err)
			}
			mu.Lock()
			requests++
			slowest = max(slowest, time.Since(began))
			mu.Unlock()
		}
	})
	return requests, slowest
}
