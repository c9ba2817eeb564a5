package authflow_test

import (
	"context"
	"encoding/json"
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

// The function that supplies the key is called for the name of the token in the Store.
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
func TestL4_MoreExclusiveTokensThanAFlowRemembers_AreReported(t *testing.T) {
	if !fullSize() {
		t.Skip("10,003 tokens, which take a minute under the race detector: make crowds")
	}
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

// A Flow remembers 10,000 tokens. The call for the user ends the others too.
func TestL4_LogoutEverywhereWithMoreTokensThanAFlowRemembers_SaysThatAllHaveEnded(t *testing.T) {
	if !fullSize() {
		t.Skip("10,003 tokens, which take a minute under the race detector: make crowds")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &issuer{}
		f := on(t, s.RoundTrip, authflow.WithRateLimit(0, 0))
		exclusiveTokens(t, f, 10_003)
		if err := f.Logout(t.Context(), authflow.Everywhere()); err != nil {
			t.Error(err)
		}
		if err := f.Logout(t.Context()); err != nil {
			t.Errorf("another Logout: %v", err)
		}
	})
}
