package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func within(t *testing.T, what string, f func()) {
	t.Helper()
	done := make(chan bool)
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
		t.Errorf("%s hangs", what)
	}
}

func TestR10AContextThatPanicsHarmsNobodyElse(t *testing.T) {
	f := on(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
	func() {
		defer func() { t.Log("recovered:", recover()) }() // as net/http does in handlers
		f.Token(nil)                                      //nolint:staticcheck,errcheck // the mistake in question
	}()
	within(t, "Token after Token(nil)", func() {
		ctx, c := context.WithTimeout(context.Background(), time.Second)
		defer c()
		t.Log(f.Token(ctx))
	})
	within(t, "Close", func() { f.Close() })
}

func TestR7ALongMinLifeMakesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		var mu sync.Mutex
		f := on(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		}, authflow.WithPolicy(authflow.Policy{MinLife: 10 * time.Minute}))
		for range 600 {
			if _, err := f.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 5 {
			t.Errorf("%d tokens in a minute", n)
		}
	})
}
func TestR7MoreLifeThanATokenEverHasMakesNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		})
		for range 600 {
			_, _ = f.Token(t.Context(), authflow.MinLife(10*time.Minute))
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 5 {
			t.Errorf("MinLife option: %d tokens in a minute", n)
		}
	})
}

func TestP3StreamsThatAreRefusedCostFewTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				n++
				return reply(r, 200, fmt.Sprintf(`{"token":"tok%d","creation_time_in_millis":1000000,"expiration_time_in_millis":87400000}`, n)), nil
			}
			if r.URL.Path == "/api/rest/2.0/bad" {
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		for range 6000 {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+"/api/rest/2.0/bad", io.MultiReader(strings.NewReader("x")))
			resp, err := f.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 16 {
			t.Errorf("%d tokens in 10 min, of 24 h each", n)
		}
	})
}

func TestP3ManyRefusedChildrenCostFewLogIns(t *testing.T) {
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

func TestR5RetryAfterAtTheExtremes(t *testing.T) {
	for _, ra := range []string{"99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "2147483647"} {
		for _, status := range []int{500, 429} {
			t.Run("", func(t *testing.T) {
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
					t.Log(status, ra, n, e.RetryAfter)
					if n > 1 {
						t.Errorf("%d, Retry-After %s: %d calls at once", status, ra, n)
					}
					f.Close()
				})
			})
		}
	}
}

type hooked struct {
	context.Context
	do func()
}

func (h hooked) Value(k any) any {
	if fmt.Sprintf("%T", k) == "authflow.unshared" {
		h.do()
	}
	return h.Context.Value(k)
}

func TestL4ALogoutDuringALanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := map[string]bool{}
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
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
		})
		_, _ = f.Token(t.Context())
		var once sync.Once
		err := f.Renew(hooked{t.Context(), func() {
			once.Do(func() { t.Log("logout", f.Logout(context.Background())) }) // while the new token is taken in
		}})
		synctest.Wait()
		t.Log(err, live)
		if len(live) > 0 {
			t.Errorf("alive after Logout: %v", live)
		}
	})
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestL3RefusedPasswordsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c := clusterOf(t, sim, authflow.WithPace(0, 0))
		before := heapNow()
		for i := range 20000 {
			f, _ := c.Session(gen.LoginRequest{Username: fmt.Sprint("guess-", i), Password: "x"})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_ = f.Edit(ctx, request(t, sim.URL+"/x"))
			cancel()
			f.Close()
			if i%1000 == 0 {
				time.Sleep(2 * time.Hour) // fake clock
			}
		}
		time.Sleep(24 * time.Hour) // fake clock
		sim.ResetCalls()
		grown := heapNow() - before
		t.Log("bytes per user name tried:", grown/20000)
		runtime.KeepAlive(c)
	})
}
