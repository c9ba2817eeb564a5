package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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

var _ = errors.New
var _ = io.EOF
var _ sync.Mutex
var _ atomic.Int64

func user(t *testing.T, c *authflow.Cluster, name string) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, SecretKey: mixedKey})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// 1: a slow failure that was under way before the outage leaves the probe taken for good.
func TestR9AnOutageOfSlowCallsDoesNotShutTheGateForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var mu sync.Mutex
		began := time.Now()
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			n++
			k := n
			mu.Unlock()
			if time.Since(began) > 5*time.Second {
				return fresh(r, "tok"), nil // healthy
			}
			switch k {
			case 1: // makes the key known
				return fresh(r, "tok0"), nil
			case 2: // slow
				time.Sleep(2 * time.Second) // fake clock
			case 4: // the probe
				time.Sleep(1500 * time.Millisecond) // fake clock
			}
			return reply(r, 503, "{}"), nil
		})
		if _, err := user(t, c, "warm").Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		a, b := user(t, c, "a"), user(t, c, "b")
		go func() { _, _ = a.Token(t.Context()) }()
		synctest.Wait()
		go func() { _, _ = b.Token(t.Context()) }()
		time.Sleep(10 * time.Minute) // fake clock
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err := user(t, c, "z").Token(ctx)
		t.Log("calls", n, err, time.Since(began))
		if err != nil {
			t.Error(err)
		}
		a.Close()
		b.Close()
	})
}

// 2: lock-outs by answers that nobody waited for.
type lossy struct {
	sim  *authtest.Simulator
	wait time.Duration
	lose bool
	n    atomic.Int64
}

func (l *lossy) RoundTrip(r *http.Request) (*http.Response, error) {
	l.n.Add(1)
	resp, err := l.sim.Transport().RoundTrip(r) // takes effect
	if err != nil {
		return nil, err
	}
	if l.lose {
		return nil, io.ErrUnexpectedEOF
	}
	select {
	case <-time.After(l.wait): // the way back
		return resp, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestR6AWrongPasswordWhoseAnswerIsLostDoesNotLockTheAccount(t *testing.T) {
	for _, name := range []string{"unshared, callers give up", "flow per request, closed", "server slow with wrong passwords", "answers lost"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New(authtest.WithUser("ann", "right"))
				l := &lossy{sim: sim, wait: 100 * time.Millisecond}
				if strings.HasPrefix(name, "server slow") {
					l.wait = 15 * time.Second
				}
				l.lose = name == "answers lost"
				c := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: l}))
				mk := func() *authflow.Flow {
					f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", Password: "wrong"})
					if err != nil {
						t.Fatal(err)
					}
					return f
				}
				f := mk()
				for range 20 {
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					switch {
					case strings.HasPrefix(name, "unshared"):
						_, _ = f.Token(ctx, authflow.Unshared())
					case strings.HasPrefix(name, "flow"):
						g := mk()
						_, _ = g.Token(ctx)
						g.Close()
					default:
						_, _ = f.Token(t.Context())
					}
					cancel()
					time.Sleep(10 * time.Second) // fake clock
				}
				u, _ := sim.User("ann")
				t.Log(name, ": sent", l.n.Load(), u.Status)
				if u.Status != gen.AccountStatusACTIVE {
					t.Errorf("the account is %s after %d passwords", u.Status, l.n.Load())
				}
			})
		})
	}
}

// 3: pace with a burst that means any
func TestR9ABurstWithoutAnEnd(t *testing.T) {
	for _, p := range []struct {
		r float64
		b int
	}{{50, math.MaxInt}, {1e-12, 1}, {100, 1 << 40}, {math.Inf(1), 1}} {
		synctest.Test(t, func(t *testing.T) {
			n := 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { n++; return fresh(r, "tok"), nil }, authflow.WithPace(p.r, p.b))
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			_, err := user(t, c, "a").Token(ctx)
			if err != nil {
				t.Error(p, err)
			}
			_, err = user(t, c, "b").Token(ctx)
			t.Log(p, n, err)
			time.Sleep(time.Minute) // fake clock
		})
	}
}

// 4: Timeout without a limit
func TestX5ATimeoutWithoutBoundIsRefused(t *testing.T) {
	if _, err := authflow.New(fakeURL, authflow.WithPolicy(authflow.Policy{Timeout: math.MaxInt64, Tries: 1})); !errors.Is(err, authflow.ErrInvalid) {
		t.Error(err)
	}
}

// 5: Invalidate on TokensFrom
func TestR12AnInvalidatedTokenIsNotHandedOutAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { return reply(r, 200, "{}"), nil })
		f, _ := c.TokensFrom(func(context.Context) (authflow.Token, error) {
			return authflow.Token{Value: "tok"}, nil
		})
		tok, err := f.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f.Invalidate(tok)
		again, err := f.Token(t.Context())
		if err == nil && again.Value == tok.Value {
			t.Error("an invalidated token is handed out again")
		}
	})
}

// 6: past grows
func TestL4ManyRefusedTokensMakeNoStormOfRevocations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c := clusterOf(t, sim)
		f, err := c.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			req := request(t, sim.URL+"/api/rest/2.0/x")
			resp, err := f.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(4 * time.Hour) // fake clock
		}
		_, _ = f.Do(request(t, sim.URL+"/api/rest/2.0/x")) //nolint:bodyclose // an error is wanted
		sim.ResetCalls()
		err = f.Logout(t.Context())
		t.Log(sim.CallCounts(), err)
		if n := sim.Calls(authtest.OpLogout); n > 10 {
			t.Errorf("%d log-outs for sessions that have ended", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		n, revokes := 0, 0
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/revoke") {
				revokes++
				time.Sleep(50 * time.Millisecond) // fake clock
				return reply(r, 400, "{}"), nil
			}
			if r.Header.Get("Authorization") != fmt.Sprint("Bearer tok", n) || r.URL.Query().Get("old") == fmt.Sprint(n) {
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		f, _ := c.TokensFrom(func(context.Context) (authflow.Token, error) {
			n++
			return authflow.Token{Value: gen.Secret(fmt.Sprint("tok", n))}, nil
		})
		for i := range 1000 {
			resp, err := f.Do(request(t, fmt.Sprint(fakeURL, "/x?old=", i+1)))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(2 * time.Hour) // fake clock
		}
		began := time.Now()
		err := f.Logout(t.Context())
		t.Log(n, revokes, time.Since(began), err)
		if revokes > 20 {
			t.Errorf("%d refused tokens are kept and revoked", revokes)
		}
	})
}
