package authflow_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR9RandomOutagesNeverShutTheGate(t *testing.T) {
	stuck := 0
	maxConc := 0
	for seed := range uint64(300) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 1))
				var mu sync.Mutex
				rnd := func(n int) int { mu.Lock(); defer mu.Unlock(); return rng.IntN(n) }
				began := time.Now()
				inflight := 0
				c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
					mu.Lock()
					inflight++
					mu.Unlock()
					defer func() { mu.Lock(); inflight--; mu.Unlock() }()
					if time.Since(began) < time.Minute {
						select {
						case <-time.After(time.Duration(rnd(8000)) * time.Millisecond):
						case <-r.Context().Done():
							return nil, r.Context().Err()
						}
						switch k := rnd(10); {
						case k < 4:
							return reply(r, 503, "{}"), nil
						case k == 4:
							return reply(r, 429, "{}"), nil
						case k == 5:
							return nil, io.ErrUnexpectedEOF
						case k == 6:
							return reply(r, 500, "{}"), nil
						case k == 7:
							return reply(r, 403, "{}"), nil
						}
					}
					return fresh(r, "tok"), nil
				})
				flows := make([]*authflow.Flow, 20)
				for i := range flows {
					flows[i] = user(t, c, fmt.Sprint("u", i))
				}
				var wg sync.WaitGroup
				for _, f := range flows {
					wg.Go(func() {
						for time.Since(began) < 55*time.Second {
							ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+rnd(6000))*time.Millisecond)
							if rnd(2) == 0 {
								_, _ = f.Token(ctx)
							} else {
								_, _ = f.Token(ctx, authflow.Exclusive())
							}
							cancel()
							time.Sleep(time.Duration(rnd(2000)) * time.Millisecond) // fake clock
						}
					})
				}
				wg.Wait()
				time.Sleep(3 * time.Minute) // fake clock
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				_, err := user(t, c, "new").Token(ctx)
				if err != nil {
					stuck++
					t.Error(seed, err)
				}
				for _, f := range flows {
					f.Close()
				}
			})
		})
	}
	t.Log("stuck", stuck, maxConc)
}

func user(t *testing.T, c *authflow.Cluster, name string) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, SecretKey: mixedKey})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// a slow failure that was under way before the outage leaves the probe taken for good.
func TestR9AnOutageOfSlowCallsDoesNotShutTheGateForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var mu sync.Mutex
		began := time.Now()
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			n++
			k := n
			mu.Unlock()
			if time.Since(began) > 5*time.Second {
				return fresh(r, "tok"), nil // healthy
			}
			switch k {
			case 1: // makes the key known
				return fresh(r, "tok0"), nil
			case 2: // slow
				time.Sleep(2 * time.Second) // fake clock
			case 4: // the probe
				time.Sleep(1500 * time.Millisecond) // fake clock
			}
			return reply(r, 503, "{}"), nil
		})
		if _, err := user(t, c, "warm").Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, b := user(t, c, "a"), user(t, c, "b")
		go func() { _, _ = a.Token(t.Context()) }()
		synctest.Wait()
		go func() { _, _ = b.Token(t.Context()) }()
		time.Sleep(10 * time.Minute) // fake clock
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := user(t, c, "z").Token(ctx)
		t.Log("calls", n, err, time.Since(began))
		if err != nil {
			t.Error(err)
		}
		a.Close()
		b.Close()
	})
}

// pace with a burst that means any
func TestR9ABurstWithoutAnEnd(t *testing.T) {
	for _, p := range []struct {
		r float64
		b int
	}{{50, math.MaxInt}, {1e-12, 1}, {100, 1 << 40}, {math.Inf(1), 1}} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { n++; return fresh(r, "tok"), nil }, authflow.WithRateLimit(p.r, p.b))
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			_, err := user(t, c, "a").Token(ctx)
			if err != nil {
				t.Error(p, err)
			}
			// A call in 30,000 years is none in the hour that the second one waits.
			b := user(t, c, "b")
			defer func() { _ = b.Close() }()
			if _, err = b.Token(ctx); (err != nil) != (p.r < 1) || n != 2 && p.r > 1 || n != 1 && p.r < 1 {
				t.Errorf("%v: %d calls, %v", p, n, err)
			}
			time.Sleep(time.Minute) // fake clock
		})
	}
}

// A page that times out after a second, five hundred users, and then somebody
// who has time: nothing is asked for those who have gone, nor waited for.
func TestR9WhoHasGoneKeepsNoPlaceInTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := map[string]int{}
		var mu sync.Mutex
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			calls[string(body)]++
			mu.Unlock()
			return fresh(r, "tok"), nil
		}, authflow.WithRateLimit(10, 1))
		var wg sync.WaitGroup
		short, cancel := context.WithTimeout(t.Context(), time.Second+time.Millisecond)
		defer cancel()
		served := 0
		for i := range 500 {
			f := user(t, c, fmt.Sprint("u", i))
			wg.Go(func() {
				if _, err := f.Token(short); err == nil {
					mu.Lock()
					served++
					mu.Unlock()
				}
			})
		}
		synctest.Wait()
		back := user(t, c, "back") // whose first caller goes, and whose second stays
		wg.Go(func() { _, _ = back.Token(short) })
		synctest.Wait()
		wg.Go(func() {
			if _, err := back.Token(t.Context()); err != nil {
				t.Error(err)
			}
		})
		<-short.Done()
		began := time.Now()
		if _, err := user(t, c, "late").Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		if wait := time.Since(began); wait > 300*time.Millisecond {
			t.Errorf("the next one waits for %v", wait)
		}
		wg.Wait()
		if mu.Lock(); served != 11 || len(calls) != served+2 {
			t.Errorf("%d served in time, %d calls; want 11 and 13", served, len(calls))
		}
		mu.Unlock()
	})
}
