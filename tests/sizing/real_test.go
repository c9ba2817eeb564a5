package sizing_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
	"github.com/go-thoughtspot/tsauth/tests/sizing"
)

// fleet is package authflow itself in the place of the model: replicas, a store
// and a server in one bubble.
type fleet struct {
	sizing.Fleet
	sim   *authtest.Simulator
	store counting
	flows [][]*authflow.Flow // by replica and user
	rngs  []*rand.Rand       // of the users
	key   atomic.Pointer[gen.Secret]
	mints []time.Time
	slow  time.Time // when the latest request that had waited for long was served
}

// counting is a Store that counts what is done with it.
type counting struct {
	storetest.Memory
	mu    sync.Mutex
	rates sizing.Rates
	bytes int // that were saved, with their names

	limiter storetest.MemoryLimiter
}

func (c *counting) count(n *float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*n++
}

func (c *counting) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	c.count(&c.rates.Loads)
	return c.Memory.Load(ctx, name)
}

func (c *counting) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	c.count(&c.rates.Saves)
	c.mu.Lock()
	c.bytes += len(name) + len(value)
	c.mu.Unlock()
	return c.Memory.Save(ctx, name, value, ttl)
}

func (c *counting) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	c.count(&c.rates.Locks)
	return c.Memory.Lock(ctx, name, limit)
}

// Reserve implements authflow.RateLimiter.
func (c *counting) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
	c.count(&c.rates.Reserved)
	return c.limiter.Reserve(ctx, name, n, perSecond, burst)
}

// newFleet must be called in a bubble.
func newFleet(t *testing.T, size sizing.Fleet, opts ...authflow.Option) *fleet {
	t.Helper()
	f := &fleet{Fleet: size}
	f.sim = authtest.New(authtest.WithObserver(func(c authtest.Call) {
		if c.Operation == authtest.OpGetCustomAccessToken {
			f.store.mu.Lock()
			defer f.store.mu.Unlock()
			f.mints = append(f.mints, time.Now())
		}
	}))
	for u := range size.Users {
		f.rngs = append(f.rngs, rand.New(rand.NewPCG(uint64(u), 1)))
	}
	f.rotate(authtest.DefaultSecretKey)
	f.flows = make([][]*authflow.Flow, size.Replicas)
	for r := range f.flows {
		o := append([]authflow.Option{
			authflow.WithHTTPClient(f.sim.Client()),
			authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { return *f.key.Load(), nil }),
		}, opts...)
		if size.Store {
			o = append(o, authflow.WithStore(&f.store, bytes.Repeat([]byte{1}, 32)))
		}
		c, err := authflow.New(f.sim.URL, o...)
		if err != nil {
			t.Fatal(err)
		}
		f.flows[r] = make([]*authflow.Flow, size.Users)
		for u := range f.flows[r] {
			if f.flows[r][u], err = c.CustomAccess(gen.GetCustomAccessTokenRequest{
				Username: fmt.Sprintf("user-%d@example.com", u), PersistOption: gen.PersistOptionNone,
				ValidityTimeInSec: int32(size.Validity / time.Second),
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	return f
}

// rotate gives all replicas another secret key, and the server.
func (f *fleet) rotate(key gen.Secret) {
	f.sim.RotateSecretKey(string(key))
	f.key.Store(&key)
}

// request makes a request of a user at a replica.
func (f *fleet) request(t *testing.T, replica, user int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.sim.URL+"/api/rest/2.0/auth/session/user", nil)
	if err != nil {
		t.Error(err)
		return
	}
	began := time.Now()
	resp, err := f.flows[replica][user].Do(req)
	if time.Since(began) > time.Second {
		f.store.mu.Lock()
		f.slow = time.Now()
		f.store.mu.Unlock()
	}
	if err != nil {
		t.Error(err)
		return
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
}

// work lets all users be at work for a while, each from an instant at random
// within the first one. No request waits for the one before.
func (f *fleet) work(t *testing.T, first, d time.Duration) {
	t.Helper()
	until := time.Now().Add(d)
	var wg sync.WaitGroup
	for u := range f.Users {
		rng := f.rngs[u]
		wg.Go(func() {
			time.Sleep(time.Duration(rng.Float64() * float64(first))) // fake clock
			for {
				rest := time.Duration(rng.ExpFloat64() * float64(f.Every))
				if left := time.Until(until); rest > left {
					time.Sleep(left) // fake clock
					return
				}
				time.Sleep(rest) // fake clock
				r := rng.IntN(f.Replicas)
				wg.Go(func() { f.request(t, r, u) })
			}
		})
	}
	wg.Wait()
	synctest.Wait()
}

// cost returns what has been counted since the last call.
func (f *fleet) cost() sizing.Rates {
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	r := f.store.rates
	f.store.rates = sizing.Rates{}
	r.Mints = float64(f.sim.Calls(authtest.OpGetCustomAccessToken))
	r.Requests = float64(f.sim.Calls(authtest.OpGetCurrentUserInfo))
	f.sim.ResetCalls()
	return r
}

// minted returns how many tokens were requested from the server within d of an instant.
func (f *fleet) minted(since time.Time, d time.Duration) (n float64) {
	for _, m := range f.mints {
		if !m.Before(since) && m.Sub(since) <= d {
			n++
		}
	}
	return n
}

// fullSize reports whether everything is played, as in `make sizing`. In `make test`,
// where the race detector makes it take seven times as long, one case of each table is.
func fullSize() bool { return os.Getenv("TSAUTH_CROWDS") != "" }

// cases returns all cases in `make sizing`, and otherwise the first.
func cases[T any](all []T) []T {
	if fullSize() {
		return all
	}
	return all[:1]
}

// near fails the test if what was counted is not within 5 % of the model.
func near(t *testing.T, what string, got, model float64) {
	t.Helper()
	t.Logf("%s: %.1f, by the model %.1f", what, got, model)
	if got < .95*model || got > 1.05*model {
		t.Errorf("%s: %.1f, by the model %.1f: more than 5 %% apart", what, got, model)
	}
}

func TestModel_SteadyState_IsWhatAuthflowDoes(t *testing.T) {
	t.Parallel()
	for _, size := range cases([]sizing.Fleet{
		{Users: 20, Every: 10 * time.Second, Validity: 60 * time.Second, Replicas: 3, Store: true},
		{Users: 60, Every: 10 * time.Second, Validity: 60 * time.Second, Replicas: 3, Store: true},
		{Users: 60, Every: 10 * time.Second, Validity: 60 * time.Second, Replicas: 3},
		{Users: 60, Every: 30 * time.Second, Validity: 5 * time.Minute, Replicas: 1},
		{Users: 60, Every: 30 * time.Second, Validity: 5 * time.Minute, Replicas: 10},
		{Users: 60, Every: 30 * time.Second, Validity: 5 * time.Minute, Replicas: 10, Store: true},
		{Users: 60, Every: 2 * time.Minute, Validity: 5 * time.Minute, Replicas: 3, Store: true},
		{Users: 10, Every: 30 * time.Second, Validity: time.Hour, Replicas: 50, Store: true},
	}) {
		t.Run(fmt.Sprintf("%+v", size), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFleet(t, size)
				cycle := size.Validity + time.Duration(size.Replicas)*size.Every
				f.work(t, cycle, 3*cycle)
				f.cost()
				took := 8 * cycle
				f.work(t, 0, took)
				got, model := f.cost(), size.Steady()
				s := took.Seconds()
				near(t, "mints", got.Mints, model.Mints*s)
				if size.Store {
					near(t, "operations of the store", got.Operations(), model.Operations()*s)
				}
			})
		})
	}
}
