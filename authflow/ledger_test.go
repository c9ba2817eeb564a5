package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// past grows
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

// Logout leaves live tokens: real time stress
func TestL4ALogoutInTheMiddleLeavesNoTokenAlive(t *testing.T) {
	for _, how := range []string{"unshared", "renew", "invalidate"} {
		var mu sync.Mutex
		left := 0
		end := time.Now().Add(time.Second)
		runs := 0
		for time.Now().Before(end) {
			runs++
			live := map[string]bool{}
			n := 0
			c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				mu.Lock()
				defer mu.Unlock()
				if minting(r) {
					n++
					v := fmt.Sprint("tok", n)
					live[v] = true
					return fresh(r, v), nil
				}
				if strings.HasSuffix(r.URL.Path, "/revoke") {
					delete(live, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
				}
				return reply(r, 204, ""), nil
			}, authflow.WithRateLimit(0, 0))
			f := user(t, c, "ann")
			tok, err := f.Token(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					switch how {
					case "unshared":
						_, _ = f.Token(context.Background(), authflow.Exclusive())
					case "renew":
						_ = f.Renew(context.Background())
					case "invalidate":
						f.Invalidate(tok)
					}
				})
			}
			wg.Go(func() {
				for i := 0; i < runs%400; i++ {
					_ = fmt.Sprint(i)
				}
				_ = f.Logout(context.Background())
			})
			wg.Wait()
			time.Sleep(200 * time.Microsecond) // fake clock
			mu.Lock()
			if len(live) > 0 {
				mu.Unlock()
				time.Sleep(20 * time.Millisecond) // fake clock
				mu.Lock()
				if len(live) > 0 {
					left++
				}
			}
			mu.Unlock()
		}
		t.Log(how, runs, "left alive:", left)
		if left > 0 {
			t.Errorf("%s: after %d of %d Logouts a token is alive", how, left, runs)
		}
	}
}

func TestL4_LogoutOfAnObserverThatIsToldOfARenewal_EndsBothTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := map[string]bool{}
		n := 0
		var f *authflow.Flow
		f = on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				n++
				v := fmt.Sprint("tok", n)
				live[v] = true
				return fresh(r, v), nil
			}
			if strings.HasSuffix(r.URL.Path, "/revoke") {
				delete(live, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
			}
			return reply(r, 204, ""), nil
		}, authflow.WithObserver(func(e authflow.Event) {
			if e.Kind == authflow.Renewed {
				t.Log("logout", f.Logout(context.Background()))
			}
		}))
		_, _ = f.Token(t.Context())
		err := f.Renew(t.Context())
		synctest.Wait()
		if _, closed := f.Token(t.Context()); !errors.Is(closed, authflow.ErrClosed) {
			t.Fatalf("the Logout in the middle did not happen: %v, %v", err, closed)
		}
		if len(live) > 0 {
			t.Errorf("alive after Logout: %v", live)
		}
	})
}
