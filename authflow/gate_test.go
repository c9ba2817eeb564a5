package authflow_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
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
								_, _ = f.Token(ctx, authflow.Unshared())
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
