package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// teller is a server, or a function that supplies tokens, which says when to retry.
type teller struct {
	flow  *authflow.Flow
	calls func() int
	mend  func() // the next call succeeds
}

// tellers returns the ways in which a Flow can be told to wait for d.
func tellers(t *testing.T, d time.Duration) map[string]teller {
	t.Helper()
	sim := authtest.New()
	sim.Fail(authtest.AnyOperation, -1, authtest.RateLimited(d))
	cluster := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
	all := map[string]teller{"server": {
		userNamed(t, cluster, authtest.DefaultUsername), func() int { return sim.Calls(authtest.AnyOperation) }, sim.ClearFaults,
	}}
	for name, wrap := range map[string]string{"function": "%w", "function that wraps": "asking the vault: %w"} {
		m := &mint{lifetime: time.Hour, fail: fmt.Errorf(wrap, &authflow.Error{Status: 429, RetryAfter: d})}
		if name == "function" {
			m.fail = &authflow.Error{Status: 429, RetryAfter: d}
		}
		all[name] = teller{m.flow(t), m.count, func() { m.set(func() { m.fail = nil }) }}
	}
	return all
}

// The error says the truth: nothing is requested before its time is over, and the next
// caller after it is served. Callers in the meantime learn the rest of the time.
func TestR5_RetryAfter_SaysWhenTheNextCallIsMade(t *testing.T) {
	t.Parallel()
	type wait struct{ said, obeyed time.Duration }
	bubbles(t, map[string]wait{
		"2 minutes": {2 * time.Minute, 2 * time.Minute},
		"an hour":   {time.Hour, 5 * time.Minute},
		"a day":     {24 * time.Hour, 5 * time.Minute},
	}, func(t *testing.T, w wait) {
		for who, c := range tellers(t, w.said) {
			began := time.Now()
			_, err := carried(t.Context(), c.flow)
			first := retryAfter(err)
			if !errors.Is(err, authflow.ErrRateLimited) || first < w.obeyed || first > w.obeyed*5/4 || time.Since(began) > 0 {
				t.Fatalf("%s: told after %v: %v", who, time.Since(began), err)
			}
			for left := first; left > 0; left = first - time.Since(began) {
				_, err = carried(t.Context(), c.flow)
				if got := retryAfter(err); got != left || !errors.Is(err, authflow.ErrRateLimited) || c.calls() != 1 {
					t.Fatalf("%s: after %v and %d calls: %v", who, time.Since(began), c.calls(), err)
				}
				time.Sleep(min(left, time.Second)) // fake clock
			}
			c.mend()
			if _, err = carried(t.Context(), c.flow); err != nil || c.calls() != 2 || time.Since(began) != first {
				t.Errorf("%s: %d calls, %v after %v", who, c.calls(), err, time.Since(began))
			}
		}
	})
}

// A wait that is short enough is over within the flight.
func TestR5_ShortRetryAfter_IsObeyedWithinTheFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for who, c := range tellers(t, 7*time.Second) {
			began := time.Now()
			time.AfterFunc(time.Second, c.mend)
			_, err := carried(t.Context(), c.flow)
			if took := time.Since(began); err != nil || c.calls() != 2 || took < 7*time.Second || took > 9*time.Second {
				t.Errorf("%s: %d calls, %v, %v", who, c.calls(), took, err)
			}
		}
	})
}

func TestR5_HugeRetryAfter_IsReadAndBounded(t *testing.T) {
	for _, text := range []string{"120", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "2147483647"} {
		for _, status := range []int{500, 429} {
			t.Run(fmt.Sprint(status, " ", text), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					calls := 0
					f := on(t, func(r *http.Request) (*http.Response, error) {
						calls++
						return reply(r, status, "{}", "Retry-After", text), nil
					})
					_, err := f.Token(t.Context())
					if wait := retryAfter(err); calls != 1 || wait < 2*time.Minute || wait > 5*time.Minute*5/4 {
						t.Errorf("%d calls at once, %v", calls, err)
					}
				})
			})
		}
	}
}

// 200 flows that are told to retry in 2 s do not return together, neither
// those of one Cluster nor those of as many processes. All are served, and each
// error said the truth.
func TestR5_FlowsThatWereToldTheSame_ComeBackSpread(t *testing.T) {
	t.Parallel()
	const size = 200
	bubbles(t, map[string]int{"one cluster": 1, "as many processes": size}, func(t *testing.T, clusters int) {
		var seen arrivals
		sim := authtest.New(append(people(size), seen.option())...)
		var flows []*authflow.Flow
		for range clusters {
			c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
			for range size / clusters {
				flows = append(flows, oneWay(t, c, len(flows)))
			}
		}
		allAtOnce(flows, func(_ int, f *authflow.Flow) { _, _ = carried(t.Context(), f) }) // so that keys and passwords are proven
		time.Sleep(time.Minute)                                                            // fake clock
		sim.Fail(authtest.AnyOperation, -1, authtest.RateLimited(2*time.Second))
		began := time.Now()
		time.AfterFunc(time.Second, sim.ClearFaults)
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			err := f.Renew(t.Context())
			if err != nil {
				t.Error(err)
			}
		})
		var again []time.Duration
		for _, at := range seen.times() {
			if at.After(began) {
				again = append(again, at.Sub(began))
			}
		}
		if took > 10*time.Second {
			t.Errorf("served after %v", took)
		}
		for i := range again {
			if i >= 20 && again[i]-again[i-20] < 10*time.Millisecond {
				t.Fatalf("20 calls within %v: %v", again[i]-again[i-20], again)
			}
		}
	})
}

// The same for functions, which no limiter spreads.
func TestR5_FunctionsThatWereToldTheSame_AreCalledSpread(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var again []time.Duration
		for range 100 {
			m := &mint{lifetime: time.Minute, fail: &authflow.Error{Status: 429, RetryAfter: 2 * time.Second}}
			f := m.flow(t)
			go func() { _, _ = carried(t.Context(), f) }()
			synctest.Wait()
			m.set(func() { m.fail = nil })
			time.Sleep(3 * time.Second) // fake clock
			synctest.Wait()
			if m.count() != 2 {
				t.Fatalf("%d calls", m.count())
			}
			again = append(again, m.calls[1].Sub(m.calls[0]))
		}
		if first, last := slices.Min(again), slices.Max(again); first < 2*time.Second || last-first < 200*time.Millisecond {
			t.Errorf("called again after %v to %v", first, last)
		}
	})
}

// An error that a caller may retry says when, whatever failed, for the first caller
// and for the next ones. At that time, the Flow does try again.
func TestR4_RetryableError_SaysWhenToRetry(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"connection cut":   authtest.Reset(),
		"silence":          authtest.Delay(time.Hour),
		"408":              authtest.Status(408),
		"429":              authtest.Status(429),
		"500":              authtest.Status(500),
		"502 page":         authtest.HTML(502),
		"503":              authtest.Status(503),
		"maintenance page": authtest.Maintenance(200),
	}, func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New()
		for way, f := range waysOf(t, sim.Transport()) {
			sim.Fail(authtest.AnyOperation, -1, fault)
			for range 5 {
				_, err := carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(err, &e) || e.Retryable() && e.RetryAfter <= 0 || e.Class() == "" {
					t.Fatalf("%s: %+v", way, err)
				}
				before := sim.Calls(authtest.AnyOperation)
				time.Sleep(e.RetryAfter / 2) // fake clock
				_, err = carried(t.Context(), f)
				if n := sim.Calls(authtest.AnyOperation); n != before || err == nil {
					t.Fatalf("%s: %d calls before the time, %v", way, n-before, err)
				}
				time.Sleep(retryAfter(err)) // fake clock
			}
			sim.ClearFaults()
			_ = f.Close()
		}
	})
}

// Nothing is sent before the time that RetryAfter says after a rejection.
func TestR6_RetryAfterOfARejection_IsTrue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		password, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: "not-it"})
		if err != nil {
			t.Fatal(err)
		}
		key := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey("not-it")), authtest.DefaultUsername)
		for name, f := range map[string]*authflow.Flow{"password": password, "key": key} {
			sim.ResetCalls()
			for began := time.Now(); time.Since(began) < time.Hour; {
				_, err := carried(t.Context(), f)
				before := sim.Calls(authtest.AnyOperation)
				if !errors.Is(err, authflow.ErrCredentialsRejected) || retryAfter(err) <= 0 || !strings.Contains(err.Error(), "(retry after ") {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(retryAfter(err) - 1) // fake clock
				if _, _ = carried(t.Context(), f); sim.Calls(authtest.AnyOperation) != before {
					t.Fatalf("%s: sent before its time", name)
				}
				time.Sleep(time.Nanosecond) // fake clock
			}
			if n := sim.Calls(authtest.AnyOperation); n < 3 || name == "password" && n > 4 {
				t.Errorf("%s: %d calls in an hour", name, n)
			}
		}
	})
}

// The text of a function's error is repeated as it is.
func TestR5_ErrorOfAFunction_IsRepeatedInItsWords(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, err := fakeCluster(t, nil).TokensFrom(func(context.Context) (authflow.Token, error) {
			return authflow.Token{}, fmt.Errorf("vault: %w", &authflow.Error{Status: 429, RetryAfter: 2 * time.Minute})
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Token(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), "authflow: TokensFrom: vault: 429 Too Many Requests: rate limited") {
			t.Error(err)
		}
	})
}
