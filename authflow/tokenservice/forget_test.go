package tokenservice_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestSignOut_OfAUser_EndsAllTokensOfTheUserAndNoOthers(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *rig){
		"DELETE": func(t *testing.T, x *rig) {
			if resp := x.request(t, "DELETE", "ann"); resp.status != 204 || resp.body != "" || x.last(t).Outcome != tokenservice.Ended {
				t.Errorf("%d, %+v", resp.status, x.last(t))
			}
		},
		"POST": func(t *testing.T, x *rig) {
			if resp := x.send(request(t, "POST", address+"/logout", "ann")); resp.status != 204 {
				t.Errorf("%d", resp.status)
			}
		},
		"a page that is gone": func(t *testing.T, x *rig) {
			ctx, leave := context.WithCancel(t.Context())
			leave()
			x.send(request(t, "DELETE", address, "ann").WithContext(ctx))
		},
		"Forget": func(t *testing.T, x *rig) {
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			validity := int32(600)
			in(t, func(r *http.Request) (tokenservice.Request, error) {
				c, err := r.Cookie("user")
				if err != nil {
					return tokenservice.Request{}, tokenservice.ErrUnauthenticated
				}
				return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: c.Value, ValidityTimeInSec: validity}), nil
			}, func(t *testing.T, x *rig) {
				var anns, bobs []string
				for range 3 {
					anns = append(anns, token(t, x.request(t, "GET", "ann")))
					bobs = append(bobs, token(t, x.request(t, "GET", "bob")))
					validity++ // another request
				}
				end(t, x)
				for i := range anns {
					if x.alive(t, anns[i]) || !x.alive(t, bobs[i]) {
						t.Errorf("alive: the token of ann %v, of bob %v", x.alive(t, anns[i]), x.alive(t, bobs[i]))
					}
				}
				if again := token(t, x.request(t, "GET", "ann")); !x.alive(t, again) {
					t.Error("the new token of ann is not alive")
				}
			}, tokenservice.WithReuse(time.Hour), tokenservice.WithStaleIfError(time.Second))
		})
	}
}

// The request for the first token created the user, the second one did not.
func TestSignOut_OfACreatedUser_EndsAllTokens(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		first, second := token(t, x.request(t, "GET", "new")), token(t, x.request(t, "GET", "new"))
		x.request(t, "DELETE", "new")
		if x.alive(t, first) || x.alive(t, second) {
			t.Errorf("alive: %v, %v", x.alive(t, first), x.alive(t, second))
		}
	})
}

func TestSignOut_WithoutTokens_SendsNothing(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		problem(t, x.request(t, "DELETE", ""), 401)
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 || x.sim.Calls(authtest.AnyOperation) != 0 {
			t.Errorf("%d, %d calls", resp.status, x.sim.Calls(authtest.AnyOperation))
		}
	})
}

func TestSignOut_ThatFails_Returns503(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		resp := x.request(t, "DELETE", "ann")
		problem(t, resp, 503)
		retryAfter(t, resp)
	})
}

// U1: a request that began before the user was forgotten gets no token, whatever it
// waits for: the application may decide otherwise about the next request.
func TestU1_TokenOfAForgottenUser_IsNeverHandedOut(t *testing.T) {
	for _, opts := range [][]tokenservice.Option{nil, {tokenservice.WithReuse(time.Hour), tokenservice.WithStaleIfError(time.Second)}} {
		var x *rig
		var hold chan struct{} // of authenticate
		held := func(r *http.Request) (tokenservice.Request, error) {
			if r.URL.Query().Has("held") {
				<-hold
			}
			return byCookie(r)
		}
		moments := map[string]func(t *testing.T) (release func()){
			"in authenticate": func(*testing.T) func() { return func() { close(hold) } },
			"at the cluster":  func(*testing.T) func() { return x.sim.Block(authtest.OpGetFullAccessToken) },
		}
		for name, block := range moments {
			in(t, held, func(t *testing.T, r *rig) {
				x, hold = r, make(chan struct{})
				before := token(t, x.request(t, "GET", "ann"))
				time.Sleep(2 * time.Hour) // fake clock
				release := block(t)
				x.sim.ResetCalls()
				url := address
				if name == "in authenticate" {
					url += "?held"
				}
				var wg sync.WaitGroup
				wg.Go(func() {
					resp := x.send(request(t, "GET", url, "ann"))
					problem(t, resp, 503)
					retryAfter(t, resp)
				})
				synctest.Wait()
				if err := x.Forget(t.Context(), "ann"); err != nil {
					t.Error(err)
				}
				release()
				wg.Wait()
				if name == "in authenticate" && x.sim.Calls(authtest.OpGetFullAccessToken) != 0 {
					t.Error("a token was requested that nobody gets")
				}
				if e := x.last(t); e.Outcome != tokenservice.Superseded {
					t.Errorf("%s: %+v", name, e)
				}
				if after := token(t, x.request(t, "GET", "ann")); after == before {
					t.Errorf("%s: the token from before the sign-out again", name)
				}
			}, opts...)
		}
	}
}

// U1: in a crowd of requests and sign-outs, no token is handed out after it was revoked,
// or a second time.
func TestU1_CrowdOfRequestsAndSignOuts_GetsNoRevokedTokenAndNoneTwice(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(5*time.Millisecond))
		var mu sync.Mutex
		given := map[string]int{}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for n := range 20 {
					time.Sleep(time.Duration(i*7+n) * time.Millisecond) // fake clock
					if i < 2 {
						x.request(t, "DELETE", "ann")
						continue
					}
					if resp := x.request(t, "GET", "ann"); resp.status == 200 {
						mu.Lock()
						given[resp.body]++
						mu.Unlock()
					} else if resp.status != 503 {
						t.Errorf("%d", resp.status)
					}
				}
			})
		}
		wg.Wait()
		x.request(t, "DELETE", "ann")
		for tok, n := range given {
			if n != 1 || x.alive(t, tok) {
				t.Errorf("a token was handed out %d times, want 1; it is alive: %v", n, x.alive(t, tok))
			}
		}
		if len(given) < 20 {
			t.Errorf("only %d tokens", len(given))
		}
	}, tokenservice.WithUserLimit(0, 0))
}

// An application whose requests differ each time, such as one with the time in a rule,
// does not need more and more memory, and a sign-out ends all tokens.
func TestU2_SignOutAfterRequestsThatDifferEachTime_EndsAllTokens(t *testing.T) {
	n := 0
	in(t, func(*http.Request) (tokenservice.Request, error) {
		n++
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionNone,
			FilterRules: []gen.FilterRule{{ColumnName: "at", Operator: "EQ", Values: []any{fmt.Sprint(n)}}}}), nil
	}, func(t *testing.T, x *rig) {
		for range 40 {
			token(t, x.request(t, "GET", ""))
		}
		if err := x.Forget(t.Context(), "ann"); err != nil || len(x.sim.Tokens()) > 0 {
			t.Errorf("%d tokens are alive, %v", len(x.sim.Tokens()), err)
		}
	}, tokenservice.WithUserLimit(0, 0))
}
