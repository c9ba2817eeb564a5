package authflow_test

import (
	"bytes"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Ten replicas start at once, for the same users, and share a rate. Most of them
// find every token in the Store, so that the server never accepts their key.
func TestK1_ReplicaThatFindsEveryToken_DoesNotWaitForItsKey(t *testing.T) {
	t.Parallel()
	const users, replicas, perSecond = 40, 10, 10
	synctest.Test(t, func(t *testing.T) {
		var opts []authtest.Option
		for u := range users {
			opts = append(opts, authtest.WithUser(fmt.Sprint("user-", u), ""))
		}
		sim := authtest.New(opts...)
		store := &struct {
			storetest.Memory
			storetest.MemoryLimiter
		}{}
		began := time.Now()
		var served sync.WaitGroup
		for range replicas {
			c, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(authtest.DefaultSecretKey),
				authflow.WithStore(store, bytes.Repeat([]byte{1}, 32)), authflow.WithRateLimit(perSecond, 1))
			if err != nil {
				t.Fatal(err)
			}
			for u := range users {
				f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: fmt.Sprint("user-", u)})
				if err != nil {
					t.Fatal(err)
				}
				served.Go(func() {
					if _, err := f.Token(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
		}
		served.Wait()
		// 40 tokens take 4 s, and each replica has reserved two turns more.
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("the last of %d users is served after %v", users, took)
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > users*11/10 {
			t.Errorf("%d tokens for %d users", n, users)
		}
	})
}
