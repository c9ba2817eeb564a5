package tokenservice_test

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

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestT2_EachRequest_GetsATokenThatNobodyElseHas(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		var mu sync.Mutex
		given := map[string]bool{}
		for range 3 {
			var wg sync.WaitGroup
			for i := range 20 {
				wg.Go(func() {
					tok := x.request(t, "GET", []string{"ann", "bob"}[i%2], "Accept", []string{"*/*", "text/plain"}[i/2%2]).body
					mu.Lock()
					defer mu.Unlock()
					if given[tok] {
						t.Errorf("%q was given before", tok)
					}
					given[tok] = true
				})
			}
			wg.Wait()
			time.Sleep(time.Minute) // fake clock
		}
		if n := x.sim.Calls(authtest.OpGetFullAccessToken); n != 60 || len(given) != 60 {
			t.Errorf("%d tokens were requested and %d handed out, want 60", n, len(given))
		}
	})
}

// lifetimes is an application whose user ann gets tokens for so many seconds.
func lifetimes(seconds *int32) func(*http.Request) (tokenservice.Request, error) {
	return func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann", ValidityTimeInSec: *seconds}), nil
	}
}

func TestT2_Token_HasTheConfiguredLifetime(t *testing.T) {
	seconds := int32(60)
	in(t, lifetimes(&seconds), func(t *testing.T, x *rig) {
		problem(t, x.request(t, "GET", ""), 500)
		if e := x.last(t); e.Outcome != tokenservice.InternalError || !strings.Contains(e.Err.Error(), "validity_time_in_sec") || !strings.Contains(e.Err.Error(), "57s") {
			t.Errorf("%+v", e)
		}
		seconds = 64 // of which 3.2 s are not used
		token(t, x.request(t, "GET", ""))
	}, tokenservice.WithMinTTL(time.Minute))
}

func TestT2_ReusedToken_IsReplacedBelowTheMinimumLifetime(t *testing.T) {
	seconds := int32(100)
	in(t, lifetimes(&seconds), func(t *testing.T, x *rig) {
		first := token(t, x.request(t, "GET", ""))
		time.Sleep(35 * time.Second) // fake clock: 60 s are left
		if again := token(t, x.request(t, "GET", "")); again != first || x.last(t).Outcome != tokenservice.Reused {
			t.Errorf("the token is not reused: %+v", x.last(t))
		}
		time.Sleep(time.Second) // fake clock
		if another := token(t, x.request(t, "GET", "")); another == first || x.last(t).Outcome != tokenservice.Served {
			t.Errorf("a token with a lifetime below the minimum is reused: %+v", x.last(t))
		}
	}, tokenservice.WithMinTTL(time.Minute), tokenservice.WithReuse(time.Hour))
}

func TestReuse_ByRequestsAtTheSameTime_TakesOneToken(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(3*time.Second))
		together := func(want int) string {
			var mu sync.Mutex
			given := map[string]int{}
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					tok := x.request(t, "GET", "ann").body
					mu.Lock()
					defer mu.Unlock()
					given[tok]++
				})
			}
			wg.Wait()
			if n := x.sim.Calls(authtest.OpGetFullAccessToken); len(given) != 1 || n != want {
				t.Errorf("%d tokens were handed out, want 1; %d were requested, want %d", len(given), n, want)
			}
			for tok := range given {
				return tok
			}
			return ""
		}
		first := together(1)
		time.Sleep(10 * time.Second) // fake clock
		if again := together(1); again != first {
			t.Error("another token within the 10 s")
		}
		if bob := x.request(t, "GET", "bob").body; x.owner(t, bob) != "bob" {
			t.Error("bob gets the token of ann")
		}
		time.Sleep(time.Nanosecond) // fake clock
		if later := together(3); later == first {
			t.Error("the same token after the 10 s")
		}
	}, tokenservice.WithReuse(10*time.Second))
}

// The other clients get a token even if the client leaves whose request gets it.
func TestReuse_WhenTheFirstClientLeaves_GoesOn(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		defer release()
		ctx, leave := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { x.send(request(t, "GET", address, "ann").WithContext(ctx)) })
		synctest.Wait()
		responses := make(chan string, 3)
		for range 3 {
			wg.Go(func() { responses <- x.request(t, "GET", "ann").body })
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		release()
		wg.Wait()
		a, b, c := <-responses, <-responses, <-responses
		if a != b || b != c || !x.alive(t, a) {
			t.Errorf("%q %q %q", a, b, c)
		}
	}, tokenservice.WithReuse(10*time.Second))
}

// Rules are a part of the request: a token with other rules is another token.
func TestT2_RequestsWithDifferentRules_ShareNoToken(t *testing.T) {
	rule := "a"
	in(t, func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Custom(gen.GetCustomAccessTokenRequest{Username: "ann", PersistOption: gen.PersistOptionNone,
			FilterRules: []gen.FilterRule{{ColumnName: "region", Operator: "IN", Values: []any{rule}}}}), nil
	}, func(t *testing.T, x *rig) {
		a := token(t, x.request(t, "GET", ""))
		rule = "b"
		b := token(t, x.request(t, "GET", ""))
		x.sim.Fail(authtest.AnyOperation, -1, authtest.Status(503))
		rule = "c"
		problem(t, x.request(t, "GET", ""), 503)
		rule = "a"
		if again := token(t, x.request(t, "GET", "")); a == b || again != a {
			t.Error("a request got a token with the rules of another request")
		}
	}, tokenservice.WithReuse(time.Hour), tokenservice.WithStaleIfError(time.Second))
}

func TestStaleIfError_Absent_ReportsAnOutage(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		time.Sleep(2 * time.Minute) // fake clock
		x.sim.Fail(authtest.AnyOperation, -1, authtest.Status(503))
		problem(t, x.request(t, "GET", "ann"), 503)
	}, tokenservice.WithReuse(time.Minute))
}

func TestStaleIfError_DuringAnOutage_ReturnsTheLastToken(t *testing.T) {
	seconds := int32(600)
	in(t, lifetimes(&seconds), func(t *testing.T, x *rig) {
		last := ""
		for range 2 {
			last = token(t, x.request(t, "GET", ""))
		}
		for name, fault := range map[string]authtest.Fault{"503": authtest.Status(503), "429": authtest.RateLimited(time.Second), "maintenance": authtest.Maintenance(200)} {
			x.sim.Fail(authtest.AnyOperation, -1, fault)
			if tok := token(t, x.request(t, "GET", "")); tok != last || x.last(t).Outcome != tokenservice.ServedStale || x.last(t).Err == nil {
				t.Errorf("%s: %+v", name, x.last(t))
			}
			x.sim.ClearFaults()
			time.Sleep(time.Minute) // fake clock
			last = token(t, x.request(t, "GET", ""))
		}
		x.sim.Fail(authtest.AnyOperation, -1, authtest.Status(403))
		problem(t, x.request(t, "GET", ""), 502) // a user who is locked out gets no token
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		token(t, x.request(t, "GET", ""))
		x.sim.Fail(authtest.AnyOperation, -1, authtest.Status(503))
		time.Sleep(595*time.Second - 100*time.Second + 1) // fake clock
		problem(t, x.request(t, "GET", ""), 503)
	}, tokenservice.WithStaleIfError(100*time.Second))
}

func TestClient_ThatLeaves_Gets499(t *testing.T) {
	for _, opts := range [][]tokenservice.Option{nil, {tokenservice.WithReuse(time.Hour)}} {
		in(t, nil, func(t *testing.T, x *rig) {
			release := x.sim.Block(authtest.OpGetFullAccessToken)
			defer release()
			ctx, leave := context.WithCancel(t.Context())
			done := make(chan got)
			go func() { done <- x.send(request(t, "GET", address, "ann").WithContext(ctx)) }()
			synctest.Wait()
			if n := x.Stats(); n.Waiting != 1 || n.InFlight != 1 || n.Users != 1 {
				t.Errorf("%+v", n)
			}
			leave()
			resp := <-done
			if body := resp.body; resp.status != 499 || body != "" || resp.header.Get("Content-Type") != "" {
				t.Errorf("%d %v %q", resp.status, resp.header, body)
			}
			if e := x.last(t); e.Outcome != tokenservice.ClientClosed || e.Status != 499 || !errors.Is(e.Err, context.Canceled) {
				t.Errorf("%+v", e)
			}
			if n := x.Stats(); n.Waiting != 0 || n.InFlight != 0 {
				t.Errorf("%+v", n)
			}
		}, opts...)
	}
}

func TestClient_ThatLeavesDuringAuthenticate_Gets499(t *testing.T) {
	for _, canceled := range []bool{true, false} {
		in(t, func(r *http.Request) (tokenservice.Request, error) {
			<-r.Context().Done()
			return tokenservice.Request{}, r.Context().Err()
		}, func(t *testing.T, x *rig) {
			ctx, leave := context.WithTimeout(t.Context(), time.Second)
			defer leave()
			want := 500 // a time limit
			if canceled {
				leave()
				want = 499
			}
			if resp := x.send(request(t, "GET", address, "ann").WithContext(ctx)); resp.status != want || canceled != (resp.body == "") {
				t.Errorf("%+v", resp)
			}
		})
	}
}

// After the time limit of a middleware, the client is still there.
func TestTimeLimit_OfAMiddleware_Gets503(t *testing.T) {
	for _, opts := range [][]tokenservice.Option{nil, {tokenservice.WithReuse(time.Hour)}} {
		in(t, nil, func(t *testing.T, x *rig) {
			release := x.sim.Block(authtest.OpGetFullAccessToken)
			defer release()
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					resp := x.send(request(t, "GET", address, "ann").WithContext(ctx))
					problem(t, resp, 503)
					retryAfter(t, resp)
				})
			}
			wg.Wait()
		}, opts...)
	}
}

func TestEvent_OfARequest_SaysHowLongItTook(t *testing.T) {
	in(t, func(r *http.Request) (tokenservice.Request, error) {
		time.Sleep(time.Second) // fake clock
		return byCookie(r)
	}, func(t *testing.T, x *rig) {
		x.sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(3*time.Second))
		token(t, x.request(t, "GET", "ann"))
		want := tokenservice.Event{Outcome: tokenservice.Served, Method: "GET", User: "ann", Status: 200, Duration: 4 * time.Second, Wait: 3 * time.Second}
		if e := x.last(t); e != want {
			t.Errorf("%+v", e)
		}
	})
}

func TestSecret_OfARequest_IsNotPrinted(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		tok := token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Reject(401, 10097, "the key "+authtest.DefaultSecretKey+" is wrong, not "+tok))
		body := x.request(t, "GET", "ann").body
		r := tokenservice.Full(gen.GetFullAccessTokenRequest{Username: "ann", Password: "the-password", SecretKey: "the-key"})
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb+verb+verb+verb, x.last(t), r, &r, x.Service)
			for _, secret := range []string{authtest.DefaultSecretKey, "the-password", "the-key", fmt.Sprintf("%x", "the-key")} {
				if strings.Contains(text+body, secret) {
					t.Errorf("%s prints %s", verb, secret)
				}
			}
		}
	}, tokenservice.WithReuse(time.Nanosecond))
}
