package authflow_test

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// seeds returns the seeds of n random schedules, or the one of AUTHFLOW_SEED.
func seeds(t *testing.T, n int) []uint64 {
	t.Helper()
	if text := os.Getenv("AUTHFLOW_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return []uint64{seed}
	}
	list := make([]uint64, n)
	for i := range list {
		list[i] = rand.Uint64()
	}
	return list
}

// A minute of random failures, some of them slow, for callers who come and give up
// at random. After it, the first caller is served at once.
func TestR14_RandomOutage_EndsWhenTheServerIsBack(t *testing.T) {
	t.Parallel()
	for _, seed := range seeds(t, sized(300, 4)) {
		t.Run(fmt.Sprintf("AUTHFLOW_SEED=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { playOutage(t, seed) })
		})
	}
}

func playOutage(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	var mu sync.Mutex
	upTo := func(n int) int { mu.Lock(); defer mu.Unlock(); return random.IntN(n) }
	began := time.Now()
	cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		if time.Since(began) >= time.Minute {
			return fresh(r, "tok"), nil
		}
		select {
		case <-time.After(time.Duration(upTo(8000)) * time.Millisecond):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		switch draw := upTo(10); draw {
		case 0, 1, 2, 3:
			return reply(r, 503, "{}"), nil
		case 4, 5, 6:
			return reply(r, []int{429, 500, 403}[draw-4], "{}"), nil
		case 7:
			return nil, io.ErrUnexpectedEOF
		}
		return fresh(r, "tok"), nil
	}, authflow.WithSecretKey(mixedKey))
	flows := byKey(t, cluster, 20)
	allAtOnce(flows, func(_ int, f *authflow.Flow) {
		for time.Since(began) < 55*time.Second {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+upTo(6000))*time.Millisecond)
			if upTo(2) == 0 {
				_, _ = f.Token(ctx)
			} else {
				_, _ = f.Token(ctx, authflow.Exclusive())
			}
			cancel()
			time.Sleep(time.Duration(upTo(2000)) * time.Millisecond) // fake clock
		}
	})
	time.Sleep(time.Until(began.Add(time.Minute))) // fake clock
	back := time.Now()
	_, err := userNamed(t, cluster, "new").Token(t.Context())
	if took := time.Since(back); err != nil || took > 10*time.Second {
		t.Errorf("served after %v, %v", took, err)
	}
	for _, f := range flows {
		_ = f.Close()
	}
}

// A slow call fails that was under way before the outage began, and so does a slow
// call that was sent to find out whether the outage is over.
func TestR14_SlowFailures_DoNotOutlastTheOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		var mu sync.Mutex
		began := time.Now()
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			calls++
			call := calls
			mu.Unlock()
			if call == 1 || time.Since(began) > 5*time.Second {
				return fresh(r, "tok"), nil
			}
			takes := map[int]time.Duration{2: 2 * time.Second, 4: 1500 * time.Millisecond}
			time.Sleep(takes[call]) // fake clock
			return reply(r, 503, "{}"), nil
		}, authflow.WithSecretKey(mixedKey))
		_, err := userNamed(t, cluster, "warm").Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "b"} {
			f := userNamed(t, cluster, name)
			defer func() { _ = f.Close() }()
			go func() { _, _ = f.Token(t.Context()) }()
			synctest.Wait()
		}
		time.Sleep(10 * time.Minute) // fake clock
		asked := time.Now()
		_, err = userNamed(t, cluster, "new").Token(t.Context())
		if took := time.Since(asked); err != nil || took > 0 {
			t.Errorf("served after %v, %v", took, err)
		}
	})
}

func TestR9_ExtremeRates_AreKept(t *testing.T) {
	t.Parallel()
	type setting struct {
		rate  float64
		burst int
	}
	bubbles(t, map[string]setting{
		"the largest burst":       {50, math.MaxInt},
		"a burst of a trillion":   {100, 1 << 40},
		"an infinite rate":        {math.Inf(1), 1},
		"a call in 30,000 years":  {1e-12, 1},
		"a call in a 100 seconds": {0.01, 1},
	}, func(t *testing.T, s setting) {
		calls := 0
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			calls++
			return fresh(r, "tok"), nil
		}, authflow.WithSecretKey(mixedKey), authflow.WithRateLimit(s.rate, s.burst))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := userNamed(t, cluster, "first").Token(ctx)
		if err != nil {
			t.Error(err)
		}
		second := userNamed(t, cluster, "second")
		defer func() { _ = second.Close() }()
		_, err = second.Token(ctx)
		if served := s.rate > 1; (err == nil) != served || calls != map[bool]int{true: 2, false: 1}[served] {
			t.Errorf("%d calls within a minute, %v", calls, err)
		}
	})
}

// A rate of one call in 100 seconds is kept after a 429, too.
func TestR9_LowRate_IsKeptAfterA429(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		cluster := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			if len(at) == 1 {
				return reply(r, 429, "{}"), nil
			}
			return fresh(r, "tok"), nil
		}, authflow.WithSecretKey(mixedKey), authflow.WithRateLimit(0.01, 1))
		f := userNamed(t, cluster, "ann")
		for range 200 {
			_, err := f.Token(t.Context())
			if err == nil {
				break
			}
			time.Sleep(time.Second) // fake clock
		}
		if len(at) != 2 || at[1].Sub(at[0]) < 100*time.Second {
			t.Errorf("calls at %v", at)
		}
	})
}

// Callers who have gone do not delay the others. A flow for which another caller
// waits stays in the queue.
func TestR9_CallersWhoHaveGone_DelayNobody(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(context.Context, *authflow.Flow){
		"waited for a token":            func(ctx context.Context, f *authflow.Flow) { _, _ = f.Token(ctx) },
		"waited for an exclusive token": func(ctx context.Context, f *authflow.Flow) { _, _ = f.Token(ctx, authflow.Exclusive()) },
		"closed the flow":               func(ctx context.Context, f *authflow.Flow) { _, _ = f.Token(ctx); _ = f.Close() },
		"logged out":                    func(ctx context.Context, f *authflow.Flow) { _, _ = f.Token(ctx); _ = f.Logout(ctx) },
	}, func(t *testing.T, use func(context.Context, *authflow.Flow)) {
		const size = 200
		sim := authtest.New(people(size)...)
		flows := byKey(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(10, 1)), size)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { allAtOnce(flows[2:], func(_ int, f *authflow.Flow) { use(ctx, f) }) })
		synctest.Wait()
		shared := flows[1] // whose first caller goes, and whose second one stays
		wg.Go(func() { _, _ = shared.Token(ctx) })
		wg.Go(func() {
			_, err := shared.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		<-ctx.Done()
		synctest.Wait()
		left := time.Now()
		_, err := flows[0].Token(t.Context())
		if took := time.Since(left); err != nil || took > 300*time.Millisecond {
			t.Errorf("served after %v, %v", took, err)
		}
		wg.Wait()
		// 10 in the first second, the shared flow's, and the last one.
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > 13 {
			t.Errorf("%d calls, some for callers who have gone", n)
		}
	})
}
