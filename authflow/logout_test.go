package authflow_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// collector notes every credential that the server issues. Its requests are not
// canceled with their context, so that responses arrive after their callers have gone.
type collector struct {
	base    http.RoundTripper
	mu      sync.Mutex
	headers []http.Header
}

// RoundTrip implements http.RoundTripper.
func (c *collector) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.base.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(strings.NewReader(string(body)))
	var issued struct{ Token string }
	c.mu.Lock()
	defer c.mu.Unlock()
	if json.Unmarshal(body, &issued) == nil && issued.Token != "" {
		c.headers = append(c.headers, http.Header{"Authorization": {"Bearer " + issued.Token}})
	}
	for _, cookie := range resp.Cookies() {
		if cookie.Name == "JSESSIONID" {
			c.headers = append(c.headers, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}})
		}
	}
	return resp, nil
}

// alive returns how many of the credentials the server still accepts.
func (c *collector) alive(t *testing.T, sim *authtest.Simulator) (n int) {
	t.Helper()
	for _, h := range c.headers {
		req := request(t, sim.URL+"/api/rest/2.0/metadata/search")
		req.Header = h
		resp, err := sim.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			n++
		}
	}
	return n
}

// exclusiveTokens acquires n of them.
func exclusiveTokens(t *testing.T, f *authflow.Flow, n int) {
	t.Helper()
	for range n {
		mustToken(t, f, authflow.Exclusive())
	}
}

func TestL4_Logout_LeavesNothingAlive(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(*testing.T, *authtest.Simulator, *authflow.Flow){
		"about to get the first credential": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Second))
			go func() { _, _ = f.Token(t.Context()); _, _ = get(t.Context(), f) }()
			synctest.Wait()
		},
		"used": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) { mustGet(t, f) },
		"renewed": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			for range 5 {
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		},
		"renewed ahead of expiry": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			time.Sleep(240 * time.Second) // fake clock
			mustGet(t, f)
			synctest.Wait()
		},
		"exclusive tokens": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			for range 3 {
				_, _ = f.Token(t.Context(), authflow.Exclusive())
			}
		},
		"invalidated": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			for range 3 {
				token, err := f.Token(t.Context())
				if err == nil {
					f.Invalidate(token)
				}
			}
		},
		"rejected by one path": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			sim.Fail(authtest.Echo, 1, authtest.Status(401))
			mustGet(t, f)
		},
		"about to be renewed": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Second))
			go func() { _ = f.Renew(t.Context()) }()
			synctest.Wait()
		},
		"closed": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			_ = f.Close()
		},
		"closed while it is renewed": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Second))
			go func() { _ = f.Renew(t.Context()) }()
			synctest.Wait()
			_ = f.Close()
		},
	}, func(t *testing.T, before func(*testing.T, *authtest.Simulator, *authflow.Flow)) {
		sim := authtest.New()
		issued := &collector{base: sim.Transport()}
		for way, f := range waysOf(t, issued) {
			if way == "function" || way == "object" || strings.Contains(way, "'s") {
				continue // another Flow ends these credentials, or the server does not allow it
			}
			issued.headers = nil
			before(t, sim, f)
			for n := range 2 {
				err := f.Logout(context.Background()) // as at the end of a program
				if err != nil {
					t.Errorf("%s, Logout %d: %v", way, n+1, err)
				}
				time.Sleep(2 * time.Second) // fake clock
				synctest.Wait()
				alive := issued.alive(t, sim)
				if alive > 0 || len(issued.headers) == 0 {
					t.Errorf("%s, Logout %d: %d of %d credentials are alive", way, n+1, alive, len(issued.headers))
				}
				sim.ResetCalls()
			}
		}
	})
}

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
	bubbles(t, map[string]situation{
		"silence":                          {authtest.Delay(24 * time.Hour), 0},
		"silence and a short time limit":   {authtest.Delay(24 * time.Hour), 3 * time.Second},
		"503 with a Retry-After of 10 min": {status503RetryAfter("600"), 0},
		"429":                              {authtest.RateLimited(time.Hour), 0},
		"connection cut":                   {authtest.Reset(), 0},
		"500":                              {authtest.Status(500), 0},
		"response after 12 s":              {authtest.Delay(12 * time.Second), 0},
	}, func(t *testing.T, c situation) {
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

// 1,500 revocations at 50 a second take 30 s. The second Logout ends what did not
// fit into the first.
func TestL4_LogoutOf1500ExclusiveTokens_EndsAllOrTellsHowMany(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]time.Duration{"nearby": 0, "100 ms away": 100 * time.Millisecond, "300 ms away": 300 * time.Millisecond},
		func(t *testing.T, latency time.Duration) {
			const tokens = 1500
			sim := authtest.New()
			f := trusted(t, sim, 24*time.Hour)
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

// The function that supplies the key is asked for the name of the token in the Store.
func TestL4_K2_LogoutWithAKeyFunctionThatHangs_EndsTheTokenInTime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var hangs atomic.Bool
		hang := make(chan struct{})
		var s storetest.Memory
		c := clusterOf(t, sim, authflow.WithStore(&s, oneKey), authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) {
			if hangs.Load() {
				<-hang
			}
			return authtest.DefaultSecretKey, nil
		}))
		f := userNamed(t, c, admin)
		mustToken(t, f)
		exclusiveTokens(t, f, 20)
		hangs.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := f.Logout(ctx)
		if took := time.Since(began); took > 5*time.Second || err != nil || len(sim.Tokens()) > 0 {
			t.Errorf("%v after %v, with %d tokens alive", err, took, len(sim.Tokens()))
		}
		hangs.Store(false)
		close(hang)
		other := userNamed(t, c, admin) // gets the dead token from the Store, and another one then
		for range 2 {
			mustGet(t, other)
		}
	})
}

func TestL4_Logout_GetsOverAPassingFailure(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(503))
		if err := f.Logout(t.Context()); err != nil || sim.Calls(authtest.OpRevokeToken) != 2 {
			t.Errorf("%d calls, %v", sim.Calls(authtest.OpRevokeToken), err)
		}
	})
}

// A Flow remembers 10,000 credentials. Logout does not claim to have ended more.
func TestL4_MoreExclusiveTokensThanAFlowRemembers_AreTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		issued := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				issued++
				return fresh(r, fmt.Sprint("tok", issued)), nil
			}
			return reply(r, 204, ""), nil
		}, authflow.WithRateLimit(0, 0))
		exclusiveTokens(t, f, 10_003)
		for range 2 {
			err := f.Logout(t.Context())
			if err == nil || !strings.Contains(err.Error(), "more credentials were issued than a Flow remembers") {
				t.Error(err)
			}
		}
		time.Sleep(300 * time.Second) // fake clock
		if err := f.Logout(t.Context()); err != nil {
			t.Errorf("when all have expired: %v", err)
		}
	})
}
