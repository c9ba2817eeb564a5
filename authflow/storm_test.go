package authflow_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// R9, R5, P3: many requests cost a server no more than it can bear.

// arrivals notes the calls that a simulator gets.
type arrivals struct {
	mu   sync.Mutex
	list []authtest.Call
}

func (l *arrivals) option() authtest.Option {
	return authtest.WithObserver(func(c authtest.Call) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, c)
	})
}

func (l *arrivals) count(fits func(authtest.Call) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.list {
		if fits(c) {
			n++
		}
	}
	return n
}

// times returns when the calls were sent, in their order.
func (l *arrivals) times() []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	times := make([]time.Time, len(l.list))
	for i, c := range l.list {
		times[i] = c.Began
	}
	slices.SortFunc(times, time.Time.Compare)
	return times
}

// One path refuses everybody, and all others work: two requests a second to it,
// for ten minutes, cost a few credentials that live for a day. With the first
// success it is forgotten.
func TestP3APathThatRefusesEverybodyCostsLittle(t *testing.T) {
	bubbles(t, map[string]authtest.Fault{
		"401":                  authtest.Status(401),
		"a log-in elsewhere":   authtest.Redirect(302, "https://idp.example/sso"),
		"a log-in page":        authtest.HTML(200),
		"a log-in at the root": authtest.Redirect(302, authtest.InProcessURL+"/login"),
	}, func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New(authtest.WithTokenValidity(24 * time.Hour))
		for way, f := range waysOf(t, sim.Transport()) {
			sim.ClearFaults()
			sim.Fail(authtest.Echo, -1, ofPath("/bad", fault))
			mustGet(t, f)
			calls := func() (n int) {
				for _, op := range authtest.Operations() {
					n += sim.Calls(op)
				}
				return n
			}
			before := calls()
			send := func() (int, error) {
				resp, err := f.Do(request(t, sim.URL+"/api/rest/2.0/bad"))
				if err != nil {
					return 0, err
				}
				return resp.StatusCode, resp.Body.Close()
			}
			for n := range 1200 {
				if status, err := send(); err == nil && status == 200 {
					t.Fatalf("%s: served", way)
				}
				if n%10 == 0 {
					mustGet(t, f)
				}
				time.Sleep(500 * time.Millisecond) // fake clock
			}
			if n := calls() - before; n < 5 || n > 30 || n > 15 && way != "function" && way != "token's session" && way != "session's token" {
				t.Errorf("%s: %d calls in ten minutes", way, n)
			}
			sim.ClearFaults()
			for range 2 {
				time.Sleep(time.Minute) // fake clock
				if status, err := send(); status != 200 || err != nil {
					t.Errorf("%s, when it works again: %d, %v", way, status, err)
				}
				sim.RevokeAll()
			}
			_ = f.Close()
		}
	})
}

// A function that returns again and again the token that was refused is asked
// less and less.
func TestR12ATokenThatWasRefusedIsNotAskedForInAStorm(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		kept := mustToken(t, trusted(t, sim, 0))
		sim.RevokeTokens()
		n := 0
		f, err := clusterOf(t, sim).TokensFrom(func(context.Context) (authflow.Token, error) { n++; return authflow.Token{Value: kept.Value}, nil })
		if err != nil {
			t.Fatal(err)
		}
		for range 6000 { // in ten minutes
			if status, err := get(t.Context(), f); err == nil && status == 200 {
				t.Fatal("served")
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > 17 {
			t.Errorf("asked for %d times", n)
		}
	})
}
