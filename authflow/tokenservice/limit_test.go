package tokenservice_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// anybody is an application that creates every user it sees.
func anybody(r *http.Request) (tokenservice.Request, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return tokenservice.Request{}, tokenservice.ErrUnauthenticated
	}
	yes := true
	return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: c.Value, AutoCreate: &yes}), nil
}

// served sends n requests of a user and returns how many got a token.
func (x *rig) served(t *testing.T, user string, n int) (got int) {
	t.Helper()
	for range n {
		switch resp := x.request(t, "GET", user); resp.status {
		case 200:
			got++
		case 429:
			problem(t, resp, 429)
			retryAfter(t, resp)
		default:
			t.Fatalf("%d %s", resp.status, resp.body)
		}
	}
	return got
}

func TestT5_OneUser_CannotUseUpTheShareOfAnother(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		if n := x.served(t, "ann", 200); n != 20 || x.last(t).Outcome != tokenservice.Limited {
			t.Errorf("ann got %d, %v", n, x.last(t).Outcome)
		}
		if n := x.served(t, "bob", 20); n != 20 {
			t.Errorf("bob got %d", n)
		}
		time.Sleep(5 * time.Second) // fake clock
		if n := x.served(t, "ann", 200); n != 5 {
			t.Errorf("ann got %d more", n)
		}
		if d := retryAfter(t, x.request(t, "GET", "ann")); d != time.Second {
			t.Errorf("Retry-After of ann: %v", d)
		}
		if n := x.sim.Calls(authtest.AnyOperation); n != 45 {
			t.Errorf("%d tokens were requested, want 45", n)
		}
	})
}

// A request over the user's own limit takes nothing from the limit of all users, and
// the other way round.
func TestT5_RequestOverOneLimit_TakesNothingFromAnother(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		if n := x.served(t, "ann", 100); n != 3 {
			t.Errorf("ann got %d", n)
		}
		if n := x.served(t, "bob", 100); n != 3 {
			t.Errorf("bob got %d", n)
		}
		if n := x.served(t, "eve", 100); n != 2 || x.last(t).Outcome != tokenservice.LimitedAll {
			t.Errorf("eve got %d of the rest, %v", n, x.last(t).Outcome)
		}
		time.Sleep(time.Second) // fake clock
		if n := x.served(t, "eve", 1); n != 1 {
			t.Error("requests over the limit of all users count against the limit of eve")
		}
	}, tokenservice.WithUserLimit(0.001, 3), tokenservice.WithLimit(1, 8))
}

// A crowd over its limits leaves no debt behind.
func TestT5_CrowdOverItsLimits_TakesNothing(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		for round, want := range []int{40, 10, 10} {
			var got atomic.Int64
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					for range 10 {
						got.Add(int64(x.served(t, fmt.Sprint("user-", i%8), 1)))
					}
				})
			}
			wg.Wait()
			if got.Load() != int64(want) {
				t.Errorf("round %d: %d were served of %d", round, got.Load(), want)
			}
			time.Sleep(time.Second) // fake clock
		}
	}, tokenservice.WithLimit(10, 40), tokenservice.WithUserLimit(10, 15))
}

// Nothing that a browser sends makes it another user (T1), and a crowd of other users
// does not make it a new one.
func TestT5_UserOverTheLimit_StaysLimited(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		x.served(t, "ann", 20)
		for i := range 100 {
			r := request(t, "GET", fmt.Sprint(address, "/", i, "?user=", i), "ann", "X-Forwarded-For", fmt.Sprint("10.0.0.", i),
				"User-Agent", fmt.Sprint(i), "Authorization", fmt.Sprint("Bearer ", i), "Accept", "application/json")
			r.RemoteAddr = fmt.Sprintf("10.0.0.%d:1", i)
			if resp := x.send(r); resp.status != 429 {
				t.Fatalf("%d: %d", i, resp.status)
			}
		}
		for _, method := range []string{"HEAD", "DELETE", "OPTIONS"} {
			x.request(t, method, "ann")
		}
		for i := range 500 {
			x.served(t, fmt.Sprint("user-", i), 1)
			if i%5 == 0 && x.served(t, "ann", 1) > 0 {
				t.Fatalf("after %d other users ann has a new limit", i)
			}
		}
		time.Sleep(time.Second) // fake clock
		synctest.Wait()
		if n := x.Stats().Users; n > 100 {
			t.Errorf("%d users are remembered of 100", n)
		}
	}, tokenservice.WithMaxUsers(100), tokenservice.WithUserLimit(0.000001, 20))
}

func TestLimit_OfZero_LetsEveryRequestThrough(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		if n := x.served(t, "ann", 100); n != 100 {
			t.Errorf("ann got %d", n)
		}
	}, tokenservice.WithUserLimit(0, 0))
}

// A check (HEAD) and signing out cost as much of the user's limit as a token, so a
// page cannot use them to cause more work for the application or the cluster.
func TestT5_EveryMethod_CountsAgainstTheUsersLimit(t *testing.T) {
	for method, good := range map[string]int{"GET": 200, "HEAD": 200, "DELETE": 204, "POST": 204} {
		t.Run(method, func(t *testing.T) {
			in(t, nil, func(t *testing.T, x *rig) {
				url := address
				if method == http.MethodPost {
					url += "/logout"
				}
				for _, allowed := range []int{20, 5} { // the burst, and then one each second
					for i := range 100 {
						resp := x.send(request(t, method, url, "ann"))
						want := http.StatusTooManyRequests
						if i < allowed {
							want = good
						}
						if resp.status != want || (resp.header.Get("Retry-After") == "1") != (want != good) {
							t.Fatalf("request %d of %d: %d %v", i, allowed, resp.status, resp.header)
						}
						if method == http.MethodHead && resp.body != "" {
							t.Fatalf("a body for HEAD: %q", resp.body)
						}
					}
					if o := x.last(t).Outcome; o != tokenservice.Limited {
						t.Errorf("ann's outcome is %v", o)
					}
					time.Sleep(5 * time.Second) // fake clock
				}
				if n := x.served(t, "bob", 20); n != 20 {
					t.Errorf("bob got %d of 20", n)
				}
			})
		})
	}
}

// The limit is one for all methods of a user: a user cannot exhaust one after the other.
func TestT5_MethodsOfOneUser_ShareALimit(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for range 5 {
			for _, method := range []string{"GET", "HEAD", "DELETE", "GET"} {
				if resp := x.request(t, method, "ann"); resp.status >= 400 {
					t.Fatalf("%s: %d", method, resp.status)
				}
			}
		}
		for _, method := range []string{"GET", "HEAD", "DELETE"} {
			if resp := x.request(t, method, "ann"); resp.status != 429 {
				t.Errorf("%s: %d after 20 requests", method, resp.status)
			}
		}
		if n := x.served(t, "bob", 20); n != 20 {
			t.Errorf("bob got %d of 20", n)
		}
	})
}

// Signing out over the limit ends no token and gets 429. It works when the limit allows it
// again. The other user can sign out at once.
func TestT5_SigningOutOverTheLimit_FailsAndWorksLater(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		anns, bobs := token(t, x.request(t, "GET", "ann")), token(t, x.request(t, "GET", "bob"))
		x.served(t, "ann", 19)
		for range 2 { // the second time as well
			resp := x.request(t, "DELETE", "ann")
			problem(t, resp, 429)
			if retryAfter(t, resp) != time.Second || !x.alive(t, anns) {
				t.Errorf("signing out over the limit: %v", resp.header)
			}
		}
		if resp := x.request(t, "DELETE", "bob"); resp.status != 204 || x.alive(t, bobs) {
			t.Errorf("bob: %d", resp.status)
		}
		time.Sleep(time.Second) // fake clock
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 || x.alive(t, anns) {
			t.Errorf("a second later: %d", resp.status)
		}
	})
}

// A crowd that uses up the limit of all users cannot keep a user signed in.
func TestT5_LimitOfAllUsers_DoesNotHinderSigningOut(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		tok := token(t, x.request(t, "GET", "ann"))
		for i := range 10 {
			x.served(t, fmt.Sprint("user-", i), 1)
		}
		for _, method := range []string{"GET", "HEAD"} {
			if resp := x.request(t, method, "ann"); resp.status != 429 || x.last(t).Outcome != tokenservice.LimitedAll {
				t.Errorf("%s: %d %v", method, resp.status, x.last(t).Outcome)
			}
		}
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 || x.alive(t, tok) {
			t.Errorf("DELETE: %d", resp.status)
		}
	}, tokenservice.WithLimit(0.001, 5))
}

// The smallest rate is a limit: after the burst the next request is served in a year.
func TestT5_OneInAYear_IsALimit(t *testing.T) {
	const year = 365 * 24 * time.Hour
	in(t, nil, func(t *testing.T, x *rig) {
		for day, want := range []int{1, 0} {
			if n := x.served(t, "ann", 50); n != want {
				t.Errorf("day %d: ann got %d", day, n)
			}
			wait := retryAfter(t, x.request(t, "GET", "ann")) + time.Duration(day)*24*time.Hour
			if wait < year-time.Second || wait > year+time.Second {
				t.Errorf("day %d: Retry-After and the days before are %v", day, wait)
			}
			time.Sleep(24 * time.Hour) // fake clock
		}
	}, tokenservice.WithUserLimit(1/year.Seconds(), 1), tokenservice.WithIdle(year))
}

func TestIdle_UserWhoDoesNotComeBack_IsForgotten(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		for i := range 50 {
			x.served(t, fmt.Sprint("user-", i), 1)
		}
		time.Sleep(30 * time.Minute) // fake clock
		x.served(t, "user-0", 1)
		time.Sleep(40 * time.Minute) // fake clock
		x.served(t, "user-0", 1)
		time.Sleep(10 * time.Second) // fake clock
		if n := x.Stats().Users; n != 1 {
			t.Errorf("%d users are remembered", n)
		}
	}, tokenservice.WithIdle(time.Hour))
}
