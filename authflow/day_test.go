package authflow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// inBubble runs a test on the bubble's clock with a simulator in process.
func inBubble(t *testing.T, test func(*testing.T, *authtest.Simulator), opts ...authtest.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		test(t, authtest.New(opts...))
	})
}

// clusterOf returns the simulator as a Cluster.
func clusterOf(t *testing.T, sim *authtest.Simulator, opts ...authflow.Option) *authflow.Cluster {
	t.Helper()
	c, err := authflow.New(sim.URL, append([]authflow.Option{authflow.WithHTTPClient(sim.Client())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trusted returns a Flow on the simulator with the secret key.
func trusted(t *testing.T, sim *authtest.Simulator, validity time.Duration, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, opts...).FullAccess(gen.GetFullAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ValidityTimeInSec: int32(validity / time.Second),
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// loggedIn returns a Flow on a session of the simulator's user.
func loggedIn(t *testing.T, sim *authtest.Simulator, remember bool, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, opts...).Session(gen.LoginRequest{
		Username: authtest.DefaultUsername, Password: authtest.DefaultPassword, RememberMe: remember,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// get sends a request for a path of the rest of the API.
func get(ctx context.Context, f *authflow.Flow) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Server()+"/api/rest/2.0/metadata/search", nil)
	if err != nil {
		return 0, err
	}
	resp, err := f.Do(req)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// mustGet fails the test unless the request is answered with 200.
func mustGet(t *testing.T, f *authflow.Flow) {
	t.Helper()
	if status, err := get(t.Context(), f); status != http.StatusOK || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
}

// A service makes a request every so often, for a day. No request waits for a
// renewal, none carries a dead token, and few tokens are asked for.
func TestR2ADayOfRequests(t *testing.T) {
	for name, c := range map[string]struct {
		validity, every, length, latency time.Duration
		atMost                           int // token calls
	}{
		"tokens of 300 s, a request every 10 s": {300 * time.Second, 10 * time.Second, 24 * time.Hour, 0, 288 * 13 / 10},
		"and a mint that takes 2 s":             {300 * time.Second, 10 * time.Second, 24 * time.Hour, 2 * time.Second, 288 * 13 / 10},
		"tokens of 1 s, 30 requests a second":   {time.Second, time.Second / 30, 5 * time.Minute, 0, 300 * 14 / 10},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, c.validity)
				mustGet(t, f)
				if c.latency > 0 {
					sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(c.latency))
				}
				requests := 1
				for began := time.Now(); time.Since(began) < c.length; time.Sleep(c.every) { // fake clock
					sent := time.Now()
					mustGet(t, f)
					requests++
					if waited := time.Since(sent); waited != 0 {
						t.Fatalf("a request waited %v", waited)
					}
					synctest.Wait()
				}
				if n := sim.Calls(authtest.Echo); n != requests {
					t.Errorf("%d requests arrived %d times: some carried a dead token", requests, n)
				}
				n := sim.Calls(authtest.OpGetFullAccessToken)
				t.Logf("%d requests, %d token calls, least possible %d", requests, n, int(c.length/c.validity))
				if n > c.atMost {
					t.Errorf("%d token calls, at most %d wanted", n, c.atMost)
				}
				f.Close()
			})
		})
	}
}

// With tokens of one second and a request every ten there is nothing to renew
// ahead: each request waits for one token call, and that is all.
func TestR7ShortTokensAndRareRequestsMakeNoStorm(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, time.Second)
		for range 360 {
			mustGet(t, f)
			time.Sleep(10 * time.Second) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 360 {
			t.Errorf("%d token calls for 360 requests", n)
		}
	})
}

const herd = 10_000

// All of a herd find the lease dead.
func TestR4AHerdMakesOneTokenCall(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		const cancelled = 500
		var served, gaveUp atomic.Int64
		var wg sync.WaitGroup
		for i := range herd {
			wg.Go(func() {
				ctx, limit := t.Context(), 2*time.Second
				if i < cancelled {
					limit = time.Duration(i+1) * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(ctx, limit)
				defer cancel()
				began := time.Now()
				_, err := f.Token(ctx)
				switch {
				case err == nil:
					served.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					gaveUp.Add(1)
				default:
					t.Error(err)
				}
				if d := time.Since(began); d > limit {
					t.Errorf("returned after %v with a limit of %v", d, limit)
				}
			})
		}
		wg.Wait()
		if served.Load() != herd-cancelled || gaveUp.Load() != cancelled {
			t.Errorf("%d served, %d gave up", served.Load(), gaveUp.Load())
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
			t.Errorf("%d token calls", n)
		}
	})
}

// All of a herd are answered 401.
func TestP4AHerdOf401sCostsOneRenewal(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.RevokeTokens()
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		var served, gaveUp atomic.Int64
		var wg sync.WaitGroup
		for i := range herd {
			wg.Go(func() {
				limit := 2 * time.Second
				if i%20 == 0 {
					limit = 500 * time.Millisecond
				}
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				switch status, err := get(ctx, f); {
				case err == nil && status == http.StatusOK:
					served.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					gaveUp.Add(1)
				default:
					t.Errorf("status %d, %v", status, err)
				}
			})
		}
		wg.Wait()
		if served.Load() != herd*19/20 || gaveUp.Load() != herd/20 {
			t.Errorf("%d served, %d gave up", served.Load(), gaveUp.Load())
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 {
			t.Errorf("%d token calls in all, one before the revocation", n)
		}
	})
}
