package tokenservice_test

import (
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// Requests and sign-outs at random, at three replicas. The cluster takes a different
// time to respond for each seed. After each sign-out that returned nil, all tokens
// that were handed out before it are revoked.
func TestU2_CrowdOfRequestsAndSignOuts_LeavesNoEarlierTokenAlive(t *testing.T) {
	seeds := 5
	if os.Getenv("TSAUTH_CROWDS") != "" {
		seeds = 20
	}
	for seed := range seeds {
		inFleet(t, nil, nil, func(t *testing.T, f *fleet) {
			f.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(time.Duration(seed)*7*time.Millisecond))
			var mu sync.Mutex
			given := map[string]time.Time{}
			var running sync.WaitGroup
			for i := range 9 {
				running.Go(func() {
					x := f.replicas[i%3]
					for n := range 15 {
						time.Sleep(time.Duration((i*31+n*17+seed*13)%200) * time.Millisecond) // fake clock
						if i >= 7 {
							began := time.Now()
							if err := x.Forget(t.Context(), "ann"); err != nil {
								t.Error(err)
								continue
							}
							mu.Lock()
							for value, at := range given {
								if at.Before(began) && x.alive(t, value) {
									t.Errorf("seed %d: a token from before the sign-out is alive", seed)
								}
							}
							mu.Unlock()
							continue
						}
						resp := x.request(t, "GET", "ann")
						if resp.status != 200 {
							problem(t, resp, 503)
							continue
						}
						mu.Lock()
						if _, ok := given[resp.body]; ok {
							t.Errorf("seed %d: a token was handed out twice", seed)
						}
						given[resp.body] = time.Now()
						mu.Unlock()
					}
				})
			}
			running.Wait()
			for _, x := range f.replicas {
				if err := x.Forget(t.Context(), "ann"); err != nil {
					t.Error(err)
				}
			}
			synctest.Wait()
			expectAlive(t, f.sim, "ann", 0, "seed %d: at the end", seed)
			if len(given) < 20 {
				t.Errorf("seed %d: only %d tokens", seed, len(given))
			}
		}, tokenservice.WithUserLimit(0, 0))
	}
}
