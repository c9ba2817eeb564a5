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

// anybody is an application that makes the users it meets.
func anybody(r *http.Request) (tokenservice.Request, error) {
	c, err := r.Cookie("user")
	if err != nil {
		return tokenservice.Request{}, tokenservice.ErrUnauthenticated
	}
	yes := true
	return tokenservice.Full(gen.GetFullAccessTokenRequest{Username: c.Value, AutoCreate: &yes}), nil
}

// served returns how many of n asks of a user got a token.
func (x *rig) served(t *testing.T, user string, n int) (got int) {
	t.Helper()
	for range n {
		switch resp := x.ask(t, "GET", user); resp.status {
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

func TestT5OneUserCannotUseUpTheShareOfAnother(t *testing.T) {
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
		if d := retryAfter(t, x.ask(t, "GET", "ann")); d != time.Second {
			t.Errorf("ann is told %v", d)
		}
		if n := x.sim.Calls(authtest.AnyOperation); n != 45 {
			t.Errorf("%d mints", n)
		}
	})
}

// What a user's own limit refuses takes nothing from all, and the other way round.
func TestT5ARefusalByOneLimitTakesNothingFromAnother(t *testing.T) {
	in(t, anybody, func(t *testing.T, x *rig) {
		if n := x.served(t, "ann", 100); n != 3 {
			t.Errorf("ann got %d", n)
		}
		if n := x.served(t, "bob", 100); n != 3 {
			t.Errorf("bob got %d", n)
		}
		if n := x.served(t, "eve", 100); n != 2 || x.last(t).Outcome != tokenservice.LimitedAll {
			t.Errorf("eve got %d of what is left, %v", n, x.last(t).Outcome)
		}
		time.Sleep(time.Second) // fake clock
		if n := x.served(t, "eve", 1); n != 1 {
			t.Error("eve has used up her own by what all refused")
		}
	}, tokenservice.WithUserLimit(0.001, 3), tokenservice.WithLimit(1, 8))
}

// Refusals of a crowd leave no debt behind.
func TestT5ACrowdThatIsRefusedTakesNothing(t *testing.T) {
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

// Nothing that a browser sends makes another user of it (T1), nor a crowd of
// others a new one.
func TestT5ALimitIsNotShakenOff(t *testing.T) {
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
			x.ask(t, method, "ann")
		}
		for i := range 500 {
			x.served(t, fmt.Sprint("user-", i), 1)
			if i%5 == 0 && x.served(t, "ann", 1) > 0 {
				t.Fatalf("after %d others ann's limit is forgotten", i)
			}
		}
		time.Sleep(time.Second) // fake clock
		synctest.Wait()
		if n := x.Stats().Users; n > 100 {
			t.Errorf("%d users are remembered of 100", n)
		}
	}, tokenservice.WithMaxUsers(100), tokenservice.WithUserLimit(0.000001, 20))
}

func TestNoLimit(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		if n := x.served(t, "ann", 100); n != 100 {
			t.Errorf("ann got %d", n)
		}
	}, tokenservice.WithUserLimit(0, 0))
}

func TestWhoDoesNotComeBackIsForgotten(t *testing.T) {
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
