package authflow_test

import (
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

var _ = errors.New

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
			}, authflow.WithPace(0, 0))
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
						_, _ = f.Token(context.Background(), authflow.Unshared())
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

// many flows of one user with a right password
func TestR9AThousandFlowsOfOneUserAreServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(200 * time.Millisecond) // fake clock
			return fresh(r, "tok"), nil
		})
		flows := make([]*authflow.Flow, 1000)
		for i := range flows {
			var err error
			flows[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: "svc", Password: "right"})
			if err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		failed := map[string]int{}
		d := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			if _, err := f.Token(t.Context()); err != nil {
				mu.Lock()
				failed[err.Error()]++
				mu.Unlock()
			}
		})
		t.Log(d, failed)
		if len(failed) > 0 {
			t.Error(failed)
		}
	})
}

// P3: child's operation refuses the parent for ever
func TestP3ARefusedChildCostsFewTokensOfItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithTokenValidity(24 * time.Hour))
		sim.Fail(authtest.OpGetCurrentUserToken, -1, authtest.Status(401))
		p := trusted(t, sim, 24*time.Hour)
		child := p.SessionToken()
		for range 600 {
			_, _ = child.Token(t.Context())
			time.Sleep(time.Second) // fake clock
		}
		t.Log(sim.CallCounts())
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > 16 {
			t.Errorf("%d mints of the parent in 10 min", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		sim.Fail(authtest.OpGetCurrentUserToken, -1, authtest.Status(401))
		p := loggedIn(t, sim, false)
		children := make([]*authflow.Flow, 50)
		for i := range children {
			children[i] = p.SessionToken()
		}
		for range 600 {
			allAtOnce(children, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
			time.Sleep(time.Second) // fake clock
		}
		t.Log(sim.CallCounts())
		if n := sim.Calls(authtest.OpLogin); n > 16 {
			t.Errorf("%d log-ins of the parent in 10 min", n)
		}
	})
}

func TestP6APageWithoutItsTypeIsAPage(t *testing.T) {
	page := "<!DOCTYPE html><html><title>Site Maintenance</title>"
	for _, ct := range []string{"text/html", "", "text/plain", "text/html;;", "text/html, text/html", "text/html; charset=\"x"} {
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				return fresh(r, "tok"), nil
			}
			resp := reply(r, 200, page, "Content-Type", ct)
			if ct == "" {
				resp.Header.Del("Content-Type")
			}
			return resp, nil
		})
		resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x")) //nolint:bodyclose // an error is wanted
		if err == nil {
			t.Errorf("%q: %d, taken for success", ct, resp.StatusCode)
		}
		r2, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
		if err == nil {
			t.Errorf("API %q: taken for success %v", ct, r2.Status())
		}
	}
}

func TestI3ALocationWithUserinfoIsNotTheCallers(t *testing.T) {
	var auth []string
	f := on(t, func(r *http.Request) (*http.Response, error) {
		if minting(r) {
			return fresh(r, "tok"), nil
		}
		auth = append(auth, r.URL.Host+" "+r.Header.Get("Authorization"))
		if r.URL.Path == "/api/rest/2.0/x" {
			return reply(r, 302, "", "Location", "https://a:b@ts.example/api/rest/2.0/y"), nil
		}
		return reply(r, 200, "{}"), nil
	})
	resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x")) //nolint:bodyclose // it has none
	t.Log(auth, resp != nil, err)
	if len(auth) != 2 || !strings.HasSuffix(auth[1], "Bearer tok") {
		t.Error("the hop within the server lacks the credential")
	}
}

func TestX3AnOrgThatEchoesTheKey(t *testing.T) {
	f0 := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		return reply(r, 200, `{"token":"tok","org":{"id":5,"name":"`+mixedKey+`"},"creation_time_in_millis":1000000,"expiration_time_in_millis":1300000}`), nil
	})
	org := int32(7)
	f, err := f0.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", SecretKey: mixedKey, OrgID: &org})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.Token(t.Context())
	t.Log(err)
	if strings.Contains(err.Error(), mixedKey) {
		t.Error("the secret key is in the error")
	}
}

func TestR1AnEndWithoutABeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dead := 0
		var at atomic.Pointer[time.Time]
		f := on(t, func(r *http.Request) (*http.Response, error) {
			now := time.Now()
			if minting(r) {
				ends := now.Add(60 * time.Second)
				at.Store(&ends)
				return reply(r, 200, fmt.Sprintf(`{"token":"tok","expiration_time_in_millis":%d}`, ends.UnixMilli()), "Date", now.UTC().Format(http.TimeFormat)), nil
			}
			return reply(r, 200, "{}"), nil
		})
		for range 290 {
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !time.Now().Before(*at.Load()) {
				dead++
			}
			time.Sleep(time.Second) // fake clock
		}
		if dead > 0 {
			t.Errorf("%d dead tokens were handed out", dead)
		}
	})
}

func TestR5HugeRetryAfters(t *testing.T) {
	for _, ra := range []string{"120", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "2147483647"} {
		for _, status := range []int{500, 429} {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
					n++
					return reply(r, status, "{}", "Retry-After", ra), nil
				})
				f := user(t, c, "ann")
				_, err := f.Token(t.Context())
				var e *authflow.Error
				errors.As(err, &e)
				t.Log(status, ra, n, e.RetryAfter, err)
				if n > 1 {
					t.Errorf("%d, Retry-After %s: %d calls at once", status, ra, n)
				}
				f.Close()
			})
		}
	}
}

func TestS1ARollingCookiePutsTheEndOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				logins++
			}
			return reply(r, 200, "{}", "Set-Cookie", fmt.Sprintf("JSESSIONID=s%d; Path=/; Max-Age=600", logins)), nil
		})
		f, _ := c.Session(gen.LoginRequest{Username: "ann", Password: "pw"})
		for range 360 {
			resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x"))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(10 * time.Second) // fake clock
		}
		if logins > 1 {
			t.Errorf("%d log-ins in an hour, though each answer renews the cookie", logins)
		}
	})
}
