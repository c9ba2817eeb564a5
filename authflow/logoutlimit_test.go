package authflow_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// L4: Logout keeps to its time limit, and continues where the last one stopped.

// The token arrives when nobody waits for it any more, and the server does not
// respond to its revocation. Once it does, another Logout ends the token.
func TestL4_TokenThatArrivesAfterLogout_IsEndedWithinALimitOrByTheNextLogout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		var mu sync.Mutex
		var revoking []time.Duration
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return sim.Transport().RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
			}
			began := time.Now()
			resp, err := sim.Transport().RoundTrip(r)
			mu.Lock()
			defer mu.Unlock()
			revoking = append(revoking, time.Since(began))
			return resp, err
		})
		f := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(&http.Client{Transport: base})), admin)
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(24*time.Hour))
		go func() { _, _ = f.Token(t.Context()) }()
		synctest.Wait()
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // fake clock
		mu.Lock()
		total := time.Duration(0)
		for _, d := range revoking {
			total += d
		}
		if total == 0 || total > 30*time.Second {
			t.Errorf("the revocation took %v", revoking)
		}
		mu.Unlock()
		sim.ClearFaults()
		if err := f.Logout(t.Context()); err != nil || len(sim.Tokens()) > 0 {
			t.Errorf("%d tokens are alive after another Logout, %v", len(sim.Tokens()), err)
		}
	})
}

func TestL4_LogoutFromAServerThatFails_EndsInTimeAndContinuesLater(t *testing.T) {
	t.Parallel()
	type situation struct {
		fault   authtest.Fault
		timeout time.Duration
	}
	bubbles(t, rows(t, map[string]situation{
		"silence":                          {authtest.Delay(24 * time.Hour), 0},
		"silence and a short time limit":   {authtest.Delay(24 * time.Hour), 3 * time.Second},
		"503 with a Retry-After of 10 min": {status503RetryAfter("600"), 0},
		"429":                              {authtest.RateLimited(time.Hour), 0},
		"connection cut":                   {authtest.Reset(), 0},
		"500":                              {authtest.Status(500), 0},
		"response after 12 s":              {authtest.Delay(12 * time.Second), 0},
	}, "silence and a short time limit", "503 with a Retry-After of 10 min", "500", "response after 12 s"), func(t *testing.T, c situation) {
		sim := authtest.New()
		issued := &collector{base: sim.Transport()}
		limit := cmp.Or(c.timeout, 30*time.Second)
		for way, f := range waysOf(t, sim.Transport(), authflow.WithPolicy(authflow.Policy{Timeout: c.timeout})) {
			if way == "function" { // its former tokens are for others to end
				continue
			}
			for range 5 {
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			sim.Fail(authtest.AnyOperation, -1, c.fault)
			for n := range 2 {
				began := time.Now()
				err := f.Logout(context.Background()) // as at the end of a program
				took := time.Since(began)
				var e *authflow.Error
				if took > limit || !errors.As(err, &e) || !strings.Contains(err.Error(), "credentials are still alive") {
					t.Errorf("%s, Logout %d: %v after %v", way, n+1, err, took)
				}
				if _, err := carried(t.Context(), f); !errors.Is(err, authflow.ErrClosed) {
					t.Errorf("%s, Logout %d: not closed: %v", way, n+1, err)
				}
			}
			sim.ClearFaults()
			time.Sleep(7 * time.Minute) // fake clock; a Retry-After counts for 5 min, and a quarter of it at random
			if err := f.Logout(context.Background()); err != nil {
				t.Errorf("%s: when the server is back: %v", way, err)
			}
			if alive := issued.alive(t, sim); alive > 0 {
				t.Errorf("%s: %d credentials are alive", way, alive)
			}
		}
	})
}

// status503RetryAfter is a 503 with a Retry-After header.
func status503RetryAfter(value string) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return authtest.Header("Retry-After", value)(authtest.Status(503)(next))
	}
}

// Each call takes 8 s, and 8 of them are in progress at a time.
func TestL4_LogoutFromASlowServer_EndsSideBySide(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct{ tokens, alive int }{
		"6 tokens in 8 s":     {6, 0},
		"24 tokens in 24 s":   {24, 0},
		"30 tokens, too many": {30, 6},
	}, func(t *testing.T, c struct{ tokens, alive int }) {
		sim := authtest.New()
		f := trusted(t, sim, 24*time.Hour)
		exclusiveTokens(t, f, c.tokens)
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(8*time.Second))
		began := time.Now()
		err := f.Logout(t.Context())
		told := err != nil && strings.Contains(err.Error(), fmt.Sprintf("%d of %d credentials are still alive", c.alive, c.tokens))
		if took := time.Since(began); took > 30*time.Second || told != (c.alive > 0) {
			t.Errorf("%v after %v", err, took)
		}
		if n := len(sim.Tokens()); n != c.alive {
			t.Errorf("%d tokens are alive, want %d", n, c.alive)
		}
		err = f.Logout(t.Context())
		if n := len(sim.Tokens()); n > 0 || err != nil {
			t.Errorf("%d tokens are alive after another Logout, %v", n, err)
		}
	})
}

// Each call takes 200 ms: one after the other, they would take a minute.
func TestL4_LogoutOf300TokensFrom200MsAway_EndsAllWithinTheTimeLimit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		const limit = 10 * time.Second
		f := trusted(t, sim, 24*time.Hour, authflow.WithPolicy(authflow.Policy{Timeout: limit}))
		exclusiveTokens(t, f, 300)
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(200*time.Millisecond))
		began := time.Now()
		err := f.Logout(t.Context())
		if took := time.Since(began); err != nil || took > limit || len(sim.Tokens()) > 0 {
			t.Errorf("%v after %v, with %d tokens alive", err, took, len(sim.Tokens()))
		}
	})
}

// 1,500 revocations at 50 a second take 30 s. The second Logout ends what did not
// fit into the first.
func TestL4_LogoutOf1500ExclusiveTokens_EndsAllOrTellsHowMany(t *testing.T) {
	t.Parallel()
	bubbles(t, rows(t, map[string]time.Duration{"nearby": 0, "300 ms away": 300 * time.Millisecond}, "300 ms away"),
		func(t *testing.T, latency time.Duration) {
			tokens := sized(1500, 300)
			sim := authtest.New()
			f := trusted(t, sim, 24*time.Hour, authflow.WithRateLimit(float64(tokens)/30, 10))
			var wg sync.WaitGroup
			for range tokens {
				wg.Go(func() { mustToken(t, f, authflow.Exclusive()) })
			}
			wg.Wait()
			sim.SetLatency(latency)
			for n := 1; len(sim.Tokens()) > 0; n++ {
				before, began := len(sim.Tokens()), time.Now()
				err := f.Logout(t.Context())
				took, alive := time.Since(began), len(sim.Tokens())
				told := err != nil && strings.Contains(err.Error(), fmt.Sprintf("%d of %d credentials are still alive", alive, before))
				if took > 30*time.Second || told != (alive > 0) || n > 2 {
					t.Fatalf("Logout %d: %v after %v, with %d of %d tokens alive", n, err, took, alive, before)
				}
			}
		})
}

// 600 other users wait for their tokens: a queue of 12 s at 50 a second.
func TestL4_R9_LogoutBehindAQueue_EndsAllTokensInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(600)...)
		c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
		f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "user-0", ValidityTimeInSec: 3600})
		if err != nil {
			t.Fatal(err)
		}
		exclusiveTokens(t, f, 100)
		time.Sleep(time.Second) // fake clock
		var others []*authflow.Flow
		for i := range 599 {
			others = append(others, userOf(t, c, i+1))
		}
		served := make(chan time.Duration)
		go func() {
			served <- allAtOnce(others, func(_ int, other *authflow.Flow) { mustToken(t, other) })
		}()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		began := time.Now()
		err = f.Logout(ctx)
		// At most half of the rate while callers wait: 4 s for 100 revocations, and the
		// others lose 2 s by them.
		if took := time.Since(began); err != nil || took > 5*time.Second {
			t.Errorf("%v after %v", err, took)
		}
		if took := <-served; took > 15*time.Second {
			t.Errorf("the others have waited for %v", took)
		}
		if n := len(sim.Tokens()); n != 599 {
			t.Errorf("%d tokens are alive, want those of the 599 others", n)
		}
	})
}

// Some RoundTrippers do not end a request when its context ends.
func TestL4_LogoutWithARoundTripperThatHangs_EndsInTime(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]time.Duration{"without a limit of the caller": time.Hour, "with a limit of 2 s": 2 * time.Second},
		func(t *testing.T, limit time.Duration) {
			hang := make(chan struct{})
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if !minting(r) {
					<-hang
				}
				return fresh(r, "tok"), nil
			})
			mustToken(t, f)
			for n := range 2 {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				began := time.Now()
				err := f.Logout(ctx)
				if took := time.Since(began); took > min(limit, 30*time.Second) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Logout %d: %v, after %v", n+1, err, took)
				}
				cancel()
			}
			close(hang)
			if err := f.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		})
}

// The revocation of one token never gets a response, and the others are ended.
func TestL4_OneRevocationThatHangs_KeepsNoOtherTokenAlive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		var hanging atomic.Pointer[string]
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			header := hanging.Load()
			if header != nil && r.Header.Get("Authorization") == *header {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			return sim.Transport().RoundTrip(r)
		})
		f := trusted(t, sim, 24*time.Hour, authflow.WithHTTPClient(&http.Client{Transport: base}))
		header := "Bearer " + string(mustToken(t, f).Value)
		exclusiveTokens(t, f, 9)
		hanging.Store(&header)
		for range 2 {
			began := time.Now()
			err := f.Logout(t.Context())
			if took := time.Since(began); took > 30*time.Second || err == nil {
				t.Errorf("%v after %v", err, took)
			}
			if n := len(sim.Tokens()); n != 1 {
				t.Errorf("%d tokens are alive, want 1", n)
			}
		}
		hanging.Store(nil)
		if err := f.Logout(t.Context()); err != nil || len(sim.Tokens()) > 0 {
			t.Errorf("%d tokens are alive, %v", len(sim.Tokens()), err)
		}
	})
}
