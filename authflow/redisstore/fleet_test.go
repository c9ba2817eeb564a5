//go:build unix

package redisstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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

	mu       sync.Mutex
	mints    int // calls for tokens since the last count
	rejected int // how many of them the server's rate limit rejected
}

// fleetSize is how many replicas serve how many users, with tokens of what lifetime.
type fleetSize struct {
	replicas, users int
	validity        time.Duration
}

// fleetOf starts replicas that share a Redis. limit is the rate limit of the server,
// or nil.
func fleetOf(tb testing.TB, redisAddr string, size fleetSize, limit authtest.Option, opts ...authflow.Option) *fleet {
	tb.Helper()
	f := &fleet{}
	settings := f.settings(size)
	if limit != nil {
		settings = append(settings, limit)
	}
	f.sim = authtest.NewServer(settings...)
	tb.Cleanup(f.sim.Close)
	for range size.replicas {
		base := &http.Transport{MaxIdleConnsPerHost: 20}
		tb.Cleanup(base.CloseIdleConnections)
		f.add(tb, size, f.sim.URL, &http.Client{Transport: base}, &redis.Options{Addr: redisAddr}, opts...)
	}
	return f
}

// settings returns the options of the simulator: the users of the fleet, and the
// count of the calls.
func (f *fleet) settings(size fleetSize) []authtest.Option {
	settings := []authtest.Option{authtest.WithObserver(f.observe)}
	for u := range size.users {
		settings = append(settings, authtest.WithUser(userOf(u), ""))
	}
	return settings
}

// add starts one more replica.
func (f *fleet) add(tb testing.TB, size fleetSize, host string, client *http.Client, at *redis.Options, opts ...authflow.Option) {
	tb.Helper()
	at.ContextTimeoutEnabled = true
	store := redis.NewClient(at)
	tb.Cleanup(func() { _ = store.Close() })
	cluster, err := authflow.New(host, append([]authflow.Option{
		authflow.WithHTTPClient(client), authflow.WithSecretKey(authtest.DefaultSecretKey),
		authflow.WithStore(storeOn(tb, store), bytes.Repeat([]byte{1}, 32)),
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
	for u := range size.users {
		flow, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: userOf(u), ValidityTimeInSec: int32(size.validity / time.Second)})
		if err != nil {
			tb.Fatal(err)
		}
		flows = append(flows, flow)
	}
	f.flows = append(f.flows, flows)
}

func userOf(n int) string { return fmt.Sprintf("user-%d", n) }

// all calls fn for each user of each replica at once.
func (f *fleet) all(fn func(*authflow.Flow)) { f.each(0, len(f.flows[0]), fn) }

// each calls fn for some users of each replica at once: the one with the number first,
// and those that follow before the number end.
func (f *fleet) each(first, end int, fn func(*authflow.Flow)) {
	var wg sync.WaitGroup
	for _, flows := range f.flows {
		for _, flow := range flows[first:end] {
			wg.Go(func() { fn(flow) })
		}
	}
	wg.Wait()
}

// serveAll makes a request for each user of each replica at once. None may fail.
func (f *fleet) serveAll(tb testing.TB) {
	tb.Helper()
	f.all(func(flow *authflow.Flow) {
		if err := ask(tb, flow); err != nil {
			tb.Error(err)
		}
	})
}

// observe counts the calls for tokens.
func (f *fleet) observe(c authtest.Call) {
	if c.Operation != authtest.OpGetFullAccessToken {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mints++
	if c.Status == http.StatusTooManyRequests {
		f.rejected++
	}
}

// counted returns how many tokens were requested since the last call.
func (f *fleet) counted() (mints, rejected int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	mints, rejected = f.mints, f.rejected
	f.mints, f.rejected = 0, 0
	return mints, rejected
}

// requestTime is much more than a request takes: K2 allows 2 s for the store.
const requestTime = 15 * time.Second

// ask makes a request and returns why it was not served, or nil.
func ask(tb testing.TB, flow *authflow.Flow) error {
	ctx, cancel := context.WithTimeout(tb.Context(), requestTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, flow.Server()+"/api/rest/2.0/auth/session/user", nil)
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

// crowd returns how many users a crowd has: the promised number in the build without
// the race detector, which takes ten times as long for each call.
func crowd() int {
	if os.Getenv("TSAUTH_CROWDS") != "" {
		return 50
	}
	return 5
}

// K1: each of fifty users begins at ten replicas at once, one user after the other, so
// that a mint takes less than 2 s on a busy machine, too. The test in fake time has all
// of them at once.
func TestK1_Fleet_MintsOnceForEachUser(t *testing.T) {
	f := fleetOf(t, serverOf(t).addr(), fleetSize{replicas: 10, users: 50, validity: 300 * time.Second}, nil)
	for user := range 50 {
		f.each(user, user+1, func(flow *authflow.Flow) {
			if err := ask(t, flow); err != nil {
				t.Error(err)
			}
		})
	}
	if mints, _ := f.counted(); mints != 50 || f.failures.Load() > 0 {
		t.Fatalf("%d mints for 50 users, %d failures of the store", mints, f.failures.Load())
	}
}

// Replicas that share a Redis keep to one rate together: the server allows little
// more than that, and rejects no call.
func TestR9_Fleet_KeepsToOneRate(t *testing.T) {
	users := crowd() * 4 / 5
	f := fleetOf(t, serverOf(t).addr(), fleetSize{replicas: 10, users: users, validity: 300 * time.Second},
		authtest.WithRateLimit(12, 10), authflow.WithRateLimit(10, 5))
	f.all(func(flow *authflow.Flow) {
		ctx, cancel := context.WithTimeout(t.Context(), requestTime)
		defer cancel()
		if _, err := flow.Token(ctx); err != nil {
			t.Error(err)
		}
	})
	mints, rejected := f.counted()
	t.Logf("%d mints", mints)
	if mints < users || rejected > 0 {
		t.Errorf("%d mints for %d users, %d of them rejected by the rate limit", mints, users, rejected)
	}
}

// K2: whatever happens to Redis, every request is served, again and again. Tokens
// live for 4 s here, and are renewed after 3.
func TestK2_RedisInTrouble_FailsNoRequest(t *testing.T) {
	size := fleetSize{replicas: 10, users: 4, validity: 4 * time.Second}
	type place struct {
		*server
		*proxy
		admin *redis.Client
	}
	for what, c := range map[string]struct {
		begin   func(place)
		minting int // replicas that mint for each user in each period
	}{
		"working":         {func(place) {}, 1},
		"stopped":         {func(p place) { p.stop() }, size.replicas},
		"slow by 2 s":     {func(p place) { p.delay.Store(int64(2 * time.Second)) }, size.replicas},
		"killed":          {func(p place) { p.kill() }, size.replicas},
		"restarted empty": {func(p place) { p.kill(); p.start() }, size.replicas},
		"full":            {func(p place) { _ = p.admin.ConfigSet(context.Background(), "maxmemory", "1mb").Err() }, size.replicas},
	} {
		t.Run(what, func(t *testing.T) {
			server := serverOf(t, "maxmemory-policy noeviction")
			at := place{server, proxyTo(t, server.addr()), server.client()}
			f := fleetOf(t, at.Addr().String(), size, nil)
			f.serveAll(t)
			c.begin(at)
			began := time.Now()
			requests := f.load(t, 50)
			mints, _ := f.counted()
			t.Logf("%d requests, %d mints, %d failures of the store reported", requests, mints, f.failures.Load())
			// The first period has begun, and the last one may have; one renewal was
			// perhaps under way.
			periods := 3 + int(time.Since(began)/(size.validity*3/4))
			if most := size.users * c.minting * periods; mints > most {
				t.Errorf("%d mints in %d periods, want at most %d", mints, periods, most)
			}
		})
	}
}

// load makes requests for each user of each replica, one each 100 ms. None of them
// may fail. It returns how many were made.
func (f *fleet) load(tb testing.TB, each int) (requests int32) {
	tb.Helper()
	var made atomic.Int32
	f.all(func(flow *authflow.Flow) {
		again := time.NewTicker(100 * time.Millisecond)
		defer again.Stop()
		for range each {
			if err := ask(tb, flow); err != nil {
				tb.Error(err)
			}
			made.Add(1)
			<-again.C
		}
	})
	return made.Load()
}
