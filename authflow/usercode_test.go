package authflow_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R10: user code that breaks, hangs, or waits for itself.

// broken does something the next time that it is reached after it was armed.
type broken struct {
	armed atomic.Bool
	what  func()
}

func (b *broken) reach() {
	if b.armed.CompareAndSwap(true, false) {
		b.what()
	}
}

// brokenHandler is a slog.Handler that breaks.
type brokenHandler struct {
	slog.Handler
	reach func(message string)
}

// Handle implements slog.Handler.
func (h brokenHandler) Handle(_ context.Context, r slog.Record) error {
	h.reach(r.Message)
	return nil
}

// Enabled implements slog.Handler.
func (brokenHandler) Enabled(context.Context, slog.Level) bool { return true }

// userPlace is a place at which a Flow calls the user's code while it gets a
// credential.
type userPlace struct {
	flow    *authflow.Flow
	cluster *authflow.Cluster
	fails   bool // a panic there is an error of the waiting callers
	blocks  bool // the code there has to return soon, because callers wait for it
	isStore bool // callers wait for it for 2 s
	once    bool // a renewal does not reach it
}

// userPlaces returns all of them, by name. The code at each reaches b.
func userPlaces(t *testing.T, sim *authtest.Simulator, b *broken) map[string]userPlace {
	t.Helper()
	places := storePlaces(t, sim, b)
	good := authflow.WithSecretKey(authtest.DefaultSecretKey)
	base := authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		b.reach()
		return sim.Transport().RoundTrip(r)
	})})
	key := authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) {
		b.reach()
		return authtest.DefaultSecretKey, nil
	})
	add := func(name string, p userPlace, opts ...authflow.Option) *authflow.Flow {
		p.cluster = clusterOf(t, sim, opts...)
		p.flow = userNamed(t, p.cluster, admin)
		places[name] = p
		return p.flow
	}
	add("RoundTripper", userPlace{}, good, base)
	add("observer", userPlace{fails: true, blocks: true}, good, authflow.WithObserver(func(authflow.Event) { b.reach() }))
	add("logger", userPlace{fails: true, blocks: true}, good, authflow.WithLogger(slog.New(brokenHandler{reach: func(string) { b.reach() }})))
	parent := add("key function", userPlace{fails: true}, key)
	places["key function of the parent"] = userPlace{flow: add("", userPlace{}, key).SessionToken(), cluster: places[""].cluster, fails: true, once: true}
	delete(places, "")
	c := clusterOf(t, sim, good)
	password, err := c.Session(gen.LoginRequest{Username: admin}, authflow.WithPassword(func(context.Context) (gen.Secret, error) {
		b.reach()
		return authtest.DefaultPassword, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	places["password function"] = userPlace{flow: password, cluster: c, fails: true}
	full := userNamed(t, clusterOf(t, sim, good), admin)
	c = clusterOf(t, sim, good)
	tokens, err := c.TokensFrom(func(ctx context.Context) (authflow.Token, error) {
		b.reach()
		return full.Token(ctx, authflow.Exclusive())
	})
	if err != nil {
		t.Fatal(err)
	}
	places["function of TokensFrom"] = userPlace{flow: tokens, cluster: c, fails: true}
	_ = parent
	return places
}

// Callers that wait are served or told soon. The next time the same Flow works, and so
// does another user of the Cluster: nothing keeps a turn, a password, a lock or a slot.
func TestR10_UserCodeThatBreaks_EndsNothingElse(t *testing.T) {
	t.Parallel()
	type trouble struct {
		what   func()
		panics bool
	}
	bubbles(t, rows(t, map[string]trouble{
		"panic":              {func() { panic("in user code") }, true},
		"panic with error":   {func() { panic(http.ErrAbortHandler) }, true},
		"nil map":            {func() { var m map[string]int; m["a"] = 1 }, true}, //nolint:staticcheck // the panic in question
		"ends its goroutine": {runtime.Goexit, false},                             // as t.FailNow does
		"hangs for an hour":  {func() { time.Sleep(time.Hour) }, false},           // fake clock
	}, "panic", "hangs for an hour"), func(t *testing.T, c trouble) {
		sim := authtest.New(people(20)...)
		sim.AddUser(admin, authtest.DefaultPassword)
		b := &broken{what: c.what}
		for name, p := range userPlaces(t, sim, b) {
			p.fails = p.fails && c.panics
			for _, when := range []string{"first", "renewal"} {
				if when == "renewal" && p.once {
					continue
				}
				b.armed.Store(true)
				p.breaks(t, name+", "+when, when)
				time.Sleep(time.Minute) // fake clock: a Store that failed is tried again
				if b.armed.Swap(false) {
					t.Errorf("%s, %s: not reached", name, when)
				}
				p.worksAgain(t, name+", "+when)
				time.Sleep(time.Minute) // fake clock
			}
			_ = p.flow.Close()
		}
		time.Sleep(2 * time.Hour) // fake clock: what hangs ends
	})
}

// breaks lets ten callers get a credential, while the code at the place breaks once.
func (p *userPlace) breaks(t *testing.T, name, when string) {
	t.Helper()
	var failed atomic.Int64
	took := allAtOnce(slices.Repeat([]*authflow.Flow{p.flow}, 10), func(int, *authflow.Flow) {
		var err error
		if when == "first" {
			_, err = carried(t.Context(), p.flow)
		} else {
			err = p.flow.Renew(t.Context())
			mustCarry(t, p.flow) // the old credential serves on
		}
		if err != nil {
			failed.Add(1)
		}
	})
	limit := 30 * time.Second
	if p.isStore {
		limit = 3 * time.Second
	}
	if took > limit && !p.blocks {
		t.Errorf("%s: callers are told after %v", name, took)
	}
	n := failed.Load()
	if n > 0 && p.isStore || n == 0 && p.fails {
		t.Errorf("%s: %d callers got an error", name, n)
	}
}

// worksAgain uses the Flow and all others of the Cluster.
func (p *userPlace) worksAgain(t *testing.T, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 2 {
		if _, err := carried(ctx, p.flow); err != nil {
			t.Errorf("%s, the next time: %v", name, err)
		}
		if err := p.flow.Renew(ctx); err != nil {
			t.Errorf("%s, the next renewal: %v", name, err)
		}
	}
	others := make([]*authflow.Flow, 20)
	for i := range others {
		others[i] = byPassword(t, p.cluster, fmt.Sprint("user-", i), "pw")
	}
	took := allAtOnce(others, func(_ int, f *authflow.Flow) {
		if _, err := f.Token(ctx); err != nil {
			t.Errorf("%s, another user: %v", name, err)
		}
	})
	stats := p.cluster.Stats()
	if took > 5*time.Second || stats.Queue.Callers.Length > 0 || stats.Suspects > 0 {
		t.Errorf("%s: 20 other users are served in %v; %+v", name, took, stats)
	}
}

// The code is still running when the Flow is logged out, and breaks then.
func TestR10_UserCodeThatBreaksAfterLogout_EndsNothing(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(){
		"panic":              func() { panic("in user code") },
		"ends its goroutine": runtime.Goexit,
		"returns":            func() {},
	}, func(t *testing.T, late func()) {
		sim := authtest.New(people(20)...)
		sim.AddUser(admin, authtest.DefaultPassword)
		b := &broken{what: func() {
			time.Sleep(time.Minute) // fake clock: until after Logout
			late()
		}}
		for name, p := range userPlaces(t, sim, b) {
			if p.blocks || p.once {
				continue
			}
			b.armed.Store(true)
			go func() { _, _ = carried(t.Context(), p.flow) }()
			time.Sleep(time.Second) // fake clock
			for range 2 {
				began := time.Now()
				if err := p.flow.Logout(t.Context()); err != nil || time.Since(began) > 30*time.Second {
					t.Errorf("%s: %v after %v", name, err, time.Since(began))
				}
			}
			time.Sleep(2 * time.Minute) // fake clock
			others := map[string]*authflow.Flow{"by key": userNamed(t, p.cluster, "user-0"), "by password": byPassword(t, p.cluster, "user-0", "pw")}
			if name == "password function" || name == "function of TokensFrom" {
				delete(others, "by key") // it is another Cluster's
			}
			for by, other := range others {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if _, err := other.Token(ctx); err != nil {
					t.Errorf("%s: another user %s: %v", name, by, err)
				}
				cancel()
			}
		}
	})
}
