package authflow_test

import (
	"context"
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
	"github.com/go-thoughtspot/tsauth/gen"
)

// crowd is n users of one cluster, each with a Flow, who ask for their tokens.
type crowd struct {
	t     *testing.T
	sim   *authtest.Simulator
	flows []*authflow.Flow
}

func newCrowd(t *testing.T, sim *authtest.Simulator, n int, key gen.Secret, opts ...authflow.Option) *crowd {
	t.Helper()
	c, err := authflow.New(sim.URL, append([]authflow.Option{authflow.WithHTTPClient(sim.Client()), authflow.WithSecretKey(key)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	all := &crowd{t, sim, make([]*authflow.Flow, n)}
	yes := true
	for i := range all.flows {
		if all.flows[i], err = c.FullAccess(gen.GetFullAccessTokenRequest{
			Username: fmt.Sprintf("user-%d", i), AutoCreate: &yes, DisplayName: "U", Email: "u@example.com",
		}); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// each lets all ask for a token at once, again and again every second until d
// has passed, and returns how many never got one, and when the last one did.
func (c *crowd) each(d time.Duration) (without int, last time.Duration) {
	began := time.Now()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, f := range c.flows {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(c.t.Context(), d)
			defer cancel()
			for {
				_, err := f.Token(ctx)
				mu.Lock()
				if err == nil {
					last = max(last, time.Since(began))
					mu.Unlock()
					return
				}
				if ctx.Err() != nil || time.Since(began) >= d {
					without++
					mu.Unlock()
					return
				}
				mu.Unlock()
				time.Sleep(time.Second) // fake clock
			}
		})
	}
	wg.Wait()
	return without, last
}

// Nine o'clock: a thousand users, and a server that allows 100 calls a second.
func TestR9AThousandFlowsAtOnceAreAllServed(t *testing.T) {
	for name, c := range map[string]struct {
		opts   []authflow.Option
		within time.Duration
	}{
		"default pace":    {nil, 21 * time.Second},
		"a pace of 90":    {[]authflow.Option{authflow.WithRateLimit(90, 10)}, 12 * time.Second},
		"no pace":         {[]authflow.Option{authflow.WithRateLimit(0, 0)}, time.Minute},
		"a pace too high": {[]authflow.Option{authflow.WithRateLimit(500, 100)}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var refused atomic.Int64
				sim := authtest.New(authtest.WithRateLimit(100, 10), authtest.WithObserver(func(c authtest.Call) {
					if c.Status == http.StatusTooManyRequests {
						refused.Add(1)
					}
				}))
				without, last := newCrowd(t, sim, 1000, authtest.DefaultSecretKey, c.opts...).each(10 * time.Minute)
				t.Logf("%s: the last token after %v, %d without, %d answers of 429", name, last, without, refused.Load())
				if without > 0 || last > c.within {
					t.Errorf("%d have no token, the last one came after %v", without, last)
				}
				if n := refused.Load(); c.within < time.Minute && n > 0 {
					t.Errorf("%d answers of 429", n)
				}
			})
		})
	}
}

// What a crowd costs a server in the first minute, if nobody can be served.
func TestR5R6ACrowdDoesNotStormAServerThatCannotServeIt(t *testing.T) {
	for name, c := range map[string]struct {
		key   gen.Secret
		fault authtest.Fault
		most  int
	}{
		"wrong key":                     {"not the key", nil, 7},
		"no connection":                 {authtest.DefaultSecretKey, authtest.Reset(), 30},
		"503":                           {authtest.DefaultSecretKey, authtest.Status(503), 30},
		"maintenance":                   {authtest.DefaultSecretKey, authtest.Maintenance(200), 30},
		"429 for good":                  {authtest.DefaultSecretKey, authtest.Status(429), 30},
		"trusted authentication is off": {authtest.DefaultSecretKey, authtest.Status(403), 30},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New()
				if c.fault != nil {
					sim.Fail(authtest.OpGetFullAccessToken, -1, c.fault)
				}
				all := newCrowd(t, sim, 1000, c.key)
				without, _ := all.each(time.Minute)
				n := sim.Calls(authtest.OpGetFullAccessToken)
				t.Logf("%s: %d calls", name, n)
				if without != 1000 || n > c.most {
					t.Errorf("%d calls in the first minute, %d without a token", n, without)
				}
				if c.fault == nil {
					return
				}
				sim.ClearFaults()
				without, last := all.each(time.Minute)
				t.Logf("%s: all served %v after it is back", name, last)
				if without > 0 || last > 45*time.Second {
					t.Errorf("%d without a token a minute after it was back, the last one after %v", without, last)
				}
			})
		})
	}
}

// One user whom the server does not serve is nobody else's affair.
func TestR5R6OneBadUserStopsNobody(t *testing.T) {
	for name, status := range map[string]int{"500": 500, "400": 400, "403": 403} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New()
				c, err := authflow.New(sim.URL, authflow.WithSecretKey(authtest.DefaultSecretKey),
					authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
						if body, _ := r.GetBody(); minting(r) {
							if sent, _ := io.ReadAll(body); strings.Contains(string(sent), `"bad"`) {
								return reply(r, status, `{"error":{"message":"no"}}`), nil
							}
						}
						return sim.Transport().RoundTrip(r)
					})}))
				if err != nil {
					t.Fatal(err)
				}
				yes := true
				flow := func(user string) *authflow.Flow {
					f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user, AutoCreate: &yes, DisplayName: "U", Email: "u@example.com", ValidityTimeInSec: 30})
					if err != nil {
						t.Fatal(err)
					}
					return f
				}
				badFlow, good := flow("bad"), flow("good")
				slowest := time.Duration(0)
				for range 3600 {
					if _, err := badFlow.Token(shortly(t)); err == nil {
						t.Fatal("the bad one has a token")
					}
					began := time.Now()
					if _, err := good.Token(t.Context()); err != nil {
						t.Fatal(err)
					}
					slowest = max(slowest, time.Since(began))
					time.Sleep(time.Second) // fake clock
				}
				if slowest > 0 {
					t.Errorf("the good one waited for %v", slowest)
				}
			})
		})
	}
}

func shortly(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// A wrong password, in whatever way it is asked for and refused.
func TestR6AWrongPasswordNeverLocksTheAccount(t *testing.T) {
	for _, status := range []int{400, 401, 403, 500} {
		for _, way := range []string{"session", "token", "both", "supplied", "alternating", "insisting", "cut"} {
			t.Run(fmt.Sprint(way, " ", status), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					sim := authtest.New(authtest.WithUser("ann", "right"), authtest.WithLoginRejection(status), authtest.WithTokenRejection(status))
					c, err := authflow.New(sim.URL, authflow.WithHTTPClient(sim.Client()))
					if err != nil {
						t.Fatal(err)
					}
					var asked atomic.Int64
					var flows []*authflow.Flow
					for i := range 20 {
						var f *authflow.Flow
						name := []string{"ann", "ann", " ann"}[i%2]
						switch {
						case way == "supplied" || way == "alternating":
							f, err = c.Session(gen.LoginRequest{Username: name}, authflow.WithPassword(func(context.Context) (gen.Secret, error) {
								if asked.Add(1)%2 == 0 && way == "alternating" {
									return "also wrong", nil
								}
								return "wrong!", nil
							}))
						case way == "token" || way == "both" && i%2 == 0:
							f, err = c.FullAccess(gen.GetFullAccessTokenRequest{Username: name, Password: "wrong!"})
						default:
							f, err = c.Session(gen.LoginRequest{Username: name, Password: "wrong!"})
						}
						if err != nil {
							t.Fatal(err)
						}
						flows = append(flows, f)
					}
					if way == "cut" {
						sim.Fail(authtest.OpLogin, 2, authtest.Truncated())
					}
					for range 4 * 60 { // four hours
						var wg sync.WaitGroup
						for _, f := range flows {
							wg.Go(func() {
								var err error
								if way == "insisting" {
									err = f.Renew(t.Context())
								} else {
									_, err = f.API().GetCurrentUserInfoWithResponse(t.Context())
								}
								if err == nil {
									t.Error("a wrong password is good for something")
								}
							})
						}
						wg.Wait()
						if u, _ := sim.User("ann"); u.Status != gen.AccountStatusActive {
							t.Fatalf("the account is %s", u.Status)
						}
						time.Sleep(time.Minute) // fake clock
					}
					sim.SetPassword("ann", "wrong!")
					time.Sleep(time.Hour) // fake clock
					if err := flows[0].Renew(t.Context()); err != nil && way != "alternating" {
						t.Errorf("an hour after the server's mistake is mended: %v", err)
					}
				})
			})
		}
	}
}
