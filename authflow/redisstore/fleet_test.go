//go:build unix

package redisstore_test

import (
	"bytes"
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

// R9, K1: replicas that share a Redis keep to one pace together.
func TestK1FleetKeepsToOnePace(t *testing.T) {
	f := fleetOf(t, serverOf(t).addr(), 10, 40, 300*time.Second, authflow.WithPace(10, 5))
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
	const replicas, users, validity, phase = 10, 4, 4 * time.Second, 5 * time.Second
	server := serverOf(t, "maxmemory-policy noeviction")
	proxy := proxyTo(t, server.addr())
	f := fleetOf(t, proxy.Addr().String(), replicas, users, validity)
	admin := server.client()
	full := func(limit string) {
		if err := admin.ConfigSet(t.Context(), "maxmemory", limit).Err(); err != nil {
			t.Error(err)
		}
	}
	alone := users * 3 // as one process would mint, with something for those that are underway
	each := users * replicas * 3
	for _, p := range []struct {
		what       string
		begin, end func()
		most       int
	}{
		{"well", func() {}, func() {}, alone},
		{"stopped", server.stop, server.cont, each},
		{"slow by 2 s", func() { proxy.delay.Store(int64(2 * time.Second)) }, func() { proxy.delay.Store(0) }, each},
		{"killed", server.kill, server.start, each},
		{"restarted empty", func() { server.kill(); server.start() }, func() {}, each},
		{"full", func() { full("1mb") }, func() { full("0") }, each},
		{"well again", func() {}, func() {}, each}, // until the last one has tried again
	} {
		f.counted()
		f.failures.Store(0)
		p.begin()
		var requests, failed atomic.Int32
		var slowest atomic.Int64
		ends := time.Now().Add(phase)
		f.all(func(flow *authflow.Flow) {
			again := time.NewTicker(100 * time.Millisecond)
			defer again.Stop()
			for now := time.Now(); now.Before(ends); now = <-again.C {
				began := time.Now()
				requests.Add(1)
				if err := ask(t, flow); err != nil {
					failed.Add(1)
					t.Errorf("Redis %s: %v", p.what, err)
				}
				for took, was := int64(time.Since(began)), slowest.Load(); took > was && !slowest.CompareAndSwap(was, took); was = slowest.Load() {
				}
			}
		})
		p.end()
		n := len(f.counted())
		t.Logf("Redis %-16s %5d requests, %d failed, slowest %v, %3d mints, %d failures of the store reported",
			p.what+":", requests.Load(), failed.Load(), time.Duration(slowest.Load()).Round(time.Millisecond), n, f.failures.Load())
		if n > p.most {
			t.Errorf("Redis %s: %d mints, want %d at the most", p.what, n, p.most)
		}
	}
}
