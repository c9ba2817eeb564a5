package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// patience is how long the callers of these tests wait.
const patience = 10 * time.Second

// visits notes how long callers waited, by the time of their arrival.
type visits struct {
	mu     sync.Mutex
	began  time.Time
	early  []time.Duration // of callers in the first 20 s
	later  []time.Duration
	failed []error
}

// ask lets one caller request an exclusive token.
func (v *visits) ask(ctx context.Context, f *authflow.Flow) {
	came := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := f.Token(ctx, authflow.Exclusive())
	waited := time.Since(came)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case err != nil:
		v.failed = append(v.failed, fmt.Errorf("after %v, at %v: %w", waited, came.Sub(v.began), err))
	case came.Sub(v.began) < 20*time.Second:
		v.early = append(v.early, waited)
	default:
		v.later = append(v.later, waited)
	}
}

// comeRegularly lets one of the flows after the other ask, until d is over, and
// returns when all have been told.
func comeRegularly(ctx context.Context, flows []*authflow.Flow, every, d time.Duration) *visits {
	v := &visits{began: time.Now()}
	var wg sync.WaitGroup
	for i := range int(d / every) {
		wg.Go(func() { v.ask(ctx, flows[i%len(flows)]) })
		time.Sleep(every) // fake clock
	}
	wg.Wait()
	return v
}

// judge fails the test unless nobody failed, and nobody waited for longer than R13
// allows.
func (v *visits) judge(t *testing.T) {
	t.Helper()
	if len(v.failed) > 0 {
		t.Errorf("%d failed, the first one %v", len(v.failed), v.failed[0])
	}
	if len(v.early) > 0 && slices.Max(v.early) > 6*time.Second {
		t.Errorf("in the first 20 s somebody waited for %v", slices.Max(v.early))
	}
	slices.Sort(v.later)
	if n := len(v.later); n > 0 && v.later[n*99/100] > 2*time.Second {
		t.Errorf("99 of 100 waited for at most %v", v.later[n*99/100])
	}
}

// comeAgain lets a flow request its token again and again, a second after each result.
func comeAgain(ctx context.Context, wg *sync.WaitGroup, f *authflow.Flow) {
	wg.Go(func() {
		for ctx.Err() == nil {
			_, _ = f.Token(ctx)
			time.Sleep(time.Second) // fake clock
		}
		_ = f.Close()
	})
}

// named returns a Flow for each of n users of that name, whom the server makes just
// in time.
func named(t *testing.T, c *authflow.Cluster, name string, n int) []*authflow.Flow {
	t.Helper()
	flows, yes := make([]*authflow.Flow, n), true
	for i := range flows {
		var err error
		flows[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{
			Username: fmt.Sprintf("%s-%d", name, i), AutoCreate: &yes, DisplayName: "U", Email: "u@example.com",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return flows
}

// badEnds are the ways in which the calls of a principal may always end.
var badEnds = map[string][]authtest.Fault{
	"502":                       {authtest.HTML(502)},
	"503":                       {authtest.Status(503)},
	"504":                       {authtest.Empty(504)},
	"429":                       {authtest.Status(429)},
	"429, Retry-After of 1 s":   {authtest.RateLimited(time.Second)},
	"429, Retry-After of 300 s": {authtest.RateLimited(300 * time.Second)},
	"silence":                   {authtest.Delay(time.Hour)},
	"503 after 9 s":             {authtest.Delay(9 * time.Second), authtest.Status(503)},
	"success after 9 s":         {authtest.Delay(9 * time.Second)},
}

// typicalEnds are the badEnds that make test plays.
var typicalEnds = []string{"503", "503 after 9 s", "silence", "429, Retry-After of 1 s"}

// Some of 500 principals always fail, from the start of the process on, and ask
// again every second. The others never fail, and hardly wait.
func TestR13_BadPrincipals_FailNobodyElse(t *testing.T) {
	t.Parallel()
	ends, numbers, rhythms, length := rows(t, badEnds, typicalEnds...), []int{20}, []time.Duration{500 * time.Millisecond}, 40*time.Second
	if fullSize() {
		numbers, rhythms, length = []int{1, 5, 20, 50}, []time.Duration{2 * time.Second, 100 * time.Millisecond}, 200*time.Second
	}
	for end, faults := range ends {
		for _, n := range numbers {
			for _, every := range rhythms {
				t.Run(fmt.Sprintf("%s of %d, the others every %v", end, n, every), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						sim := authtest.New()
						sim.Fail(authtest.AnyOperation, -1, authtest.Delay(50*time.Millisecond), ofBadUsers(faults...))
						c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
						ctx, cancel := context.WithCancel(t.Context())
						var wg sync.WaitGroup
						for _, f := range named(t, c, "bad", n) {
							comeAgain(ctx, &wg, f)
							time.Sleep(10 * time.Millisecond) // fake clock
						}
						comeRegularly(ctx, named(t, c, "good", 500-n), every, length).judge(t)
						cancel()
						wg.Wait()
					})
				})
			}
		}
	}
}

// For each good principal that comes, another one comes that fails.
func TestR13_NewBadPrincipalForEachGoodOne_FailsNobodyElse(t *testing.T) {
	t.Parallel()
	for end, faults := range rows(t, badEnds, typicalEnds...) {
		for _, every := range []time.Duration{time.Second, 200 * time.Millisecond} {
			isSlow := end == "503 after 9 s" || end == "silence"
			if isSlow != (every < time.Second) && !fullSize() {
				continue // one rhythm for each end
			}
			t.Run(fmt.Sprintf("%s, every %v", end, every), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sim := authtest.New()
					sim.Fail(authtest.AnyOperation, -1, authtest.Delay(50*time.Millisecond), ofBadUsers(faults...))
					c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
					length := time.Duration(sized(200, 40)) * time.Second
					n := int(length / every)
					bad, good := named(t, c, "bad", n), named(t, c, "good", n)
					ctx, cancel := context.WithCancel(t.Context())
					var wg sync.WaitGroup
					wg.Go(func() { comeRegularly(ctx, bad, every, length) })
					synctest.Wait()
					comeRegularly(ctx, good, every, length).judge(t)
					cancel()
					wg.Wait()
					for _, f := range bad {
						_ = f.Close()
					}
				})
			})
		}
	}
}

// Calls of everybody fail now and then. Ten users a second come.
func TestR13_CallsThatFailNowAndThen_AreRetried(t *testing.T) {
	t.Parallel()
	type server struct {
		fails  func(call int64, since time.Duration) bool
		atMost float64 // part of the acquisitions that may fail
	}
	servers := map[string]server{
		"a balancer with one of three nodes down": {func(call int64, _ time.Duration) bool { return call%3 == 0 }, 0.005},
		"up 5 s, down 5 s":                        {func(_ int64, since time.Duration) bool { return since%(10*time.Second) >= 5*time.Second }, 0.03},
	}
	for name, s := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int64
				began := time.Now()
				sim := authtest.New()
				sim.Fail(authtest.AnyOperation, -1, authtest.Delay(50*time.Millisecond), func(next http.Handler) http.Handler {
					failing := authtest.Status(503)(next)
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if s.fails(calls.Add(1), time.Since(began)) {
							failing.ServeHTTP(w, r)
						} else {
							next.ServeHTTP(w, r)
						}
					})
				})
				c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
				flows := named(t, c, "user", 500)
				n := sized(2000, 400)
				v := comeRegularly(t.Context(), flows, 100*time.Millisecond, time.Duration(n)*100*time.Millisecond)
				if failed := len(v.failed); float64(failed) > s.atMost*float64(n) {
					t.Errorf("%d of %d failed, the first one %v", failed, n, v.failed[0])
				}
				for _, f := range flows {
					_ = f.Close()
				}
			})
		})
	}
}

// One user is told to retry in five minutes. The others are served as before.
func TestR13_LongRetryAfterOfOneUser_HoldsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		sim.Fail(authtest.AnyOperation, -1, ofBadUsers(authtest.RateLimited(300*time.Second)))
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		_, err := named(t, c, "good", 1)[0].Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = named(t, c, "bad", 1)[0].Token(t.Context())
		if retryAfter(err) < 300*time.Second {
			t.Fatal(err)
		}
		v := comeRegularly(t.Context(), named(t, c, "good", 400), time.Second, 400*time.Second)
		v.judge(t)
		if longest := slices.Max(append(v.early, v.later...)); longest > 0 {
			t.Errorf("somebody waited for %v", longest)
		}
	})
}

// One call fails, and the next one is for a user whose mint takes long.
func TestR13_SlowCallAfterAFailure_DelaysNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		good := named(t, c, "good", 100)
		_, err := good[0].Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sim.Fail(authtest.AnyOperation, 1, authtest.Status(503))
		sim.Fail(authtest.AnyOperation, -1, ofBadUsers(authtest.Delay(9*time.Second)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, _ = good[1].Token(ctx)
		slow := named(t, c, "bad", 1)[0]
		go func() { _, _ = slow.Token(t.Context()) }()
		synctest.Wait()
		took := allAtOnce(good[2:], func(_ int, f *authflow.Flow) {
			_, err := f.Token(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		if took > 3*time.Second { // 2 s for a hundred of them
			t.Errorf("all were served after %v", took)
		}
		_ = good[1].Close()
		_ = slow.Close()
	})
}
