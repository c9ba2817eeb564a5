package authflow_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// L4: Logout is bounded in time and leaves nothing alive.

// collector keeps every credential that the server gives out. It does not hear
// when a request is cancelled, so that answers come late.
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
	var answer struct{ Token string }
	c.mu.Lock()
	defer c.mu.Unlock()
	if json.Unmarshal(body, &answer) == nil && answer.Token != "" {
		c.headers = append(c.headers, http.Header{"Authorization": {"Bearer " + answer.Token}})
	}
	for _, cookie := range resp.Cookies() {
		if cookie.Name == "JSESSIONID" {
			c.headers = append(c.headers, http.Header{"Cookie": {cookie.Name + "=" + cookie.Value}})
		}
	}
	return resp, nil
}

// alive returns how many of the credentials the server still takes.
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

func TestL4LogoutLeavesNothingAlive(t *testing.T) {
	bubbles(t, map[string]func(*testing.T, *authtest.Simulator, *authflow.Flow){
		"about to get its first": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
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
		"renewed ahead": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			time.Sleep(240 * time.Second) // fake clock
			mustGet(t, f)
			synctest.Wait()
		},
		"unshared": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			for range 3 {
				_, _ = f.Token(t.Context(), authflow.Exclusive())
			}
		},
		"invalidated": func(t *testing.T, _ *authtest.Simulator, f *authflow.Flow) {
			mustGet(t, f)
			for range 3 {
				if token, err := f.Token(t.Context()); err == nil {
					f.Invalidate(token)
				}
			}
		},
		"refused by one path": func(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
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
	}, func(t *testing.T, before func(*testing.T, *authtest.Simulator, *authflow.Flow)) {
		sim := authtest.New()
		made := &collector{base: sim.Transport()}
		for way, f := range waysOf(t, made) {
			if way == "function" || way == "object" || strings.Contains(way, "'s") { // each has another who ends it, or may not
				continue
			}
			made.headers = nil
			before(t, sim, f)
			if err := f.Logout(context.Background()); err != nil { // as at the end of a program
				t.Errorf("%s: %v", way, err)
			}
			time.Sleep(2 * time.Second) // fake clock
			synctest.Wait()
			if n := made.alive(t, sim); n > 0 || len(made.headers) == 0 {
				t.Errorf("%s: %d of %d credentials are alive", way, n, len(made.headers))
			}
		}
	})
}

// What comes after Logout is ended too, and that takes no longer.
func TestL4WhatComesLateWaitsForNoSilentServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		var mu sync.Mutex
		var revoking []time.Duration
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if minting(r) { // the answer comes though nobody waits for it
				return sim.Transport().RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
			}
			began := time.Now()
			resp, err := sim.Transport().RoundTrip(r)
			mu.Lock()
			defer mu.Unlock()
			revoking = append(revoking, time.Since(began))
			return resp, err
		})
		f := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithHTTPClient(&http.Client{Transport: base})), authtest.DefaultUsername)
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(24*time.Hour))
		go func() { _, _ = f.Token(t.Context()) }()
		synctest.Wait()
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(48 * time.Hour) // fake clock
		mu.Lock()
		defer mu.Unlock()
		if len(revoking) != 1 || revoking[0] > 30*time.Second {
			t.Errorf("took %v", revoking)
		}
	})
}

func TestL4LogoutFromASilentServerEnds(t *testing.T) {
	bubbles(t, map[string]struct {
		fault   authtest.Fault
		timeout time.Duration
	}{
		"silence":                 {authtest.Delay(24 * time.Hour), 0},
		"silence, a short policy": {authtest.Delay(24 * time.Hour), 3 * time.Second},
		"503 with a long pause": {func(next http.Handler) http.Handler {
			return authtest.Header("Retry-After", "600")(authtest.Status(503)(next))
		}, 0},
		"429":                        {authtest.RateLimited(time.Hour), 0},
		"cut":                        {authtest.Reset(), 0},
		"each answer takes its time": {authtest.Delay(8 * time.Second), 0},
	}, func(t *testing.T, c struct {
		fault   authtest.Fault
		timeout time.Duration
	}) {
		sim := authtest.New()
		for way, f := range waysOf(t, sim.Transport(), authflow.WithPolicy(authflow.Policy{Timeout: c.timeout})) {
			if way == "function" { // whose former tokens are others' to end
				continue
			}
			for range 5 {
				if err := f.Renew(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			sim.Fail(authtest.AnyOperation, -1, c.fault)
			began := time.Now()
			err := f.Logout(context.Background()) // as at the end of a program
			if took := time.Since(began); took > max(c.timeout, 30*time.Second) || c.timeout > 0 && took > c.timeout {
				t.Errorf("%s: took %v", way, took)
			}
			var e *authflow.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), "still alive") {
				t.Errorf("%s: what could not be ended is not told: %v", way, err)
			}
			if _, err := carried(t.Context(), f); !errors.Is(err, authflow.ErrClosed) {
				t.Errorf("%s: not closed: %v", way, err)
			}
			sim.ClearFaults()
		}
	})
}

// Not all RoundTrippers hear that a context has ended.
func TestL4LogoutDoesNotWaitForARoundTripperThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, limit := range map[string]time.Duration{"no limit of the caller's": time.Hour, "one": 2 * time.Second} {
			hang := make(chan struct{})
			f := on(t, func(r *http.Request) (*http.Response, error) {
				if !minting(r) {
					<-hang
				}
				return fresh(r, "tok"), nil
			})
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			began := time.Now()
			err := f.Logout(ctx)
			if took := time.Since(began); took > min(limit, 30*time.Second)+time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v, after %v", name, err, took)
			}
			cancel()
			close(hang)
		}
	})
}

// One call that hangs does not keep the other credentials alive.
func TestL4OneThatHangsDoesNotKeepTheOthersAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 24*time.Hour)
		mustGet(t, f)
		for range 9 {
			if _, err := f.Token(t.Context(), authflow.Exclusive()); err != nil {
				t.Fatal(err)
			}
		}
		sim.Fail(authtest.OpRevokeToken, 1, authtest.Delay(time.Hour))
		if err := f.Logout(t.Context()); err == nil || !strings.Contains(err.Error(), "1 of 10") {
			t.Error(err)
		}
		if n := len(sim.Tokens()); n != 1 {
			t.Errorf("%d tokens are alive", n)
		}
	})
}
