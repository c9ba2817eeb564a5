package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R10: code of the user's that breaks, hangs, or waits for itself.

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

// storePlaces returns the places that a Store has: each of its methods, its unlock, and
// the observer or logger that is told of its failure, for a token by key and one by
// password.
func storePlaces(t *testing.T, sim *authtest.Simulator, b *broken) map[string]userPlace {
	t.Helper()
	places := make(map[string]userPlace)
	add := func(name string, p userPlace, s authflow.Store, opts ...authflow.Option) {
		for by, flow := range map[string]func(c *authflow.Cluster) *authflow.Flow{
			"key":      func(c *authflow.Cluster) *authflow.Flow { return userNamed(t, c, admin) },
			"password": func(c *authflow.Cluster) *authflow.Flow { return byPassword(t, c, admin, authtest.DefaultPassword) },
		} {
			p.cluster = process(t, sim, s, append(opts, authflow.WithSecretKey(authtest.DefaultSecretKey))...)
			p.flow = flow(p.cluster)
			places[name+", by "+by] = p
		}
	}
	for _, op := range []string{"Load", "Save", "Lock", "Reserve"} {
		add("Store."+op, userPlace{isStore: true}, &storeView{sharedStore: &sharedStore{}, before: func(_ context.Context, reached string) error {
			if reached == op {
				b.reach()
			}
			return nil
		}})
	}
	add("unlock", userPlace{isStore: true}, &storeView{sharedStore: &sharedStore{}, unlocks: func(unlock func()) func() {
		return func() { b.reach(); unlock() }
	}})
	down := func(context.Context, string) error { return errors.New("no connection") }
	add("observer of a failure of the Store", userPlace{blocks: true}, &storeView{sharedStore: &sharedStore{}, before: down}, authflow.WithObserver(func(e authflow.Event) {
		if e.Kind == authflow.StoreFailed {
			b.reach()
		}
	}))
	add("logger of a failure of the Store", userPlace{blocks: true}, &storeView{sharedStore: &sharedStore{}, before: down}, authflow.WithLogger(slog.New(brokenHandler{reach: func(message string) {
		if strings.Contains(message, string(authflow.StoreFailed)) {
			b.reach()
		}
	}})))
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
	bubbles(t, map[string]trouble{
		"panic":              {func() { panic("of the user's own") }, true},
		"panic with error":   {func() { panic(http.ErrAbortHandler) }, true},
		"nil map":            {func() { var m map[string]int; m["a"] = 1 }, true}, //nolint:staticcheck // the panic in question
		"ends its goroutine": {runtime.Goexit, false},                             // as t.FailNow does
		"hangs for an hour":  {func() { time.Sleep(time.Hour) }, false},           // fake clock
	}, func(t *testing.T, c trouble) {
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
		"panic":              func() { panic("of the user's own") },
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

// Such a Lock says neither that the lock is held nor that it is not.
func TestR10_LockThatReturnsNothing_CostsNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &storeView{sharedStore: &sharedStore{}, unlocks: func(unlock func()) func() { unlock(); return nil }}
		for range 3 {
			first := replica(t, sim, s, admin)
			mustGet(t, first)
			if err := first.Renew(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute) // fake clock
			mustGet(t, replica(t, sim, s, admin))
		}
	})
}

// A function may wait for a person, such as one who touches a key.
func TestR10_R5_FunctionOf12Seconds_IsCalledOnceForEachCredential(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for name, takes := range map[string]time.Duration{"12 s": 12 * time.Second, "29 s": 29 * time.Second} {
			calls := 0
			wait := func(ctx context.Context) error {
				calls++
				select {
				case <-time.After(takes):
					return nil
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			sim := authtest.New()
			secret := func(value gen.Secret) authflow.CredentialFunc {
				return func(ctx context.Context) (gen.Secret, error) { return value, wait(ctx) }
			}
			password, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: admin}, authflow.WithPassword(secret(authtest.DefaultPassword)))
			if err != nil {
				t.Fatal(err)
			}
			key := userNamed(t, clusterOf(t, sim, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) {
				return secret(authtest.DefaultSecretKey)(ctx)
			})), admin)
			full := trusted(t, sim, 24*time.Hour)
			tokens, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) {
				if err := wait(ctx); err != nil {
					return authflow.Token{}, err
				}
				return full.Token(ctx, authflow.Exclusive())
			})
			if err != nil {
				t.Fatal(err)
			}
			for kind, f := range map[string]*authflow.Flow{"password": password, "key": key, "token": tokens} {
				calls = 0
				for n := range 2 {
					if err := f.Renew(t.Context()); err != nil || calls != n+1 {
						t.Errorf("%s function of %s: %d calls for %d credentials, %v", kind, name, calls, n+1, err)
					}
				}
			}
		}
	})
}

// A Flow that no method of a Cluster has made fails in the goroutine of its caller, and
// not in one of this package, which would end the process.
func TestR10_ZeroFlow_FailsForItsCallerAlone(t *testing.T) {
	t.Parallel()
	var f authflow.Flow
	for name, use := range map[string]func() error{
		"Edit":         func() error { return f.Edit(t.Context(), request(t, fakeURL)) },
		"Do":           func() error { _, err := f.Do(request(t, fakeURL)); return err },                    //nolint:bodyclose // there is none
		"Transport":    func() error { _, err := f.Transport().RoundTrip(request(t, fakeURL)); return err }, //nolint:bodyclose // there is none
		"Token":        func() error { _, err := f.Token(t.Context()); return err },
		"Exclusive":    func() error { _, err := f.Token(t.Context(), authflow.Exclusive()); return err },
		"Renew":        func() error { return f.Renew(t.Context()) },
		"Logout":       func() error { return f.Logout(t.Context()) },
		"SessionToken": func() error { _, err := f.SessionToken().Token(t.Context()); return err },
		"API":          func() error { _, err := f.API().GetCurrentUserInfoWithResponse(t.Context()); return err },
	} {
		for range 2 {
			if err := orPanic(use); err == nil {
				t.Errorf("%s: neither an error nor a panic", name)
			}
		}
	}
	f.Invalidate(authflow.Token{Value: "x"})
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// orPanic calls f and returns its error, or its panic as an error.
func orPanic(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// A function that calls the Flow that it supplies gets an error at once.
func TestR10_FunctionThatWaitsForItself_IsToldAtOnce(t *testing.T) {
	t.Parallel()
	for how, use := range askings() {
		var f, child *authflow.Flow
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			secret := func(f **authflow.Flow) func(context.Context) (gen.Secret, error) {
				return func(ctx context.Context) (gen.Secret, error) { return "secret", use(ctx, *f) }
			}
			session := func(f **authflow.Flow) *authflow.Flow {
				s, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(secret(f)))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			for name, make := range map[string]func() *authflow.Flow{
				"token function": func() *authflow.Flow {
					f, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { return authflow.Token{}, use(ctx, f) })
					if err != nil {
						t.Fatal(err)
					}
					return f
				},
				"password function": func() *authflow.Flow { return session(&f) },
				"key function": func() *authflow.Flow {
					return userNamed(t, clusterOf(t, sim, authflow.WithSecretKeyFunc(func(ctx context.Context, _ string) (gen.Secret, error) { return secret(&f)(ctx) })), "u")
				},
				"RoundTripper": func() *authflow.Flow {
					return userNamed(t, clusterOf(t, sim, authflow.WithSecretKey("k"), authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
						return nil, use(r.Context(), f)
					})})), "u")
				},
				"the parent's function, which uses the child": func() *authflow.Flow { child = session(&child).SessionToken(); return child },
				"the same, called by the parent": func() *authflow.Flow {
					parent := session(&child)
					child = parent.SessionToken()
					return parent
				},
			} {
				f = make()
				for range 2 {
					began := time.Now()
					if _, err := carried(t.Context(), f); err == nil || errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
						t.Errorf("%s by %s: told after %v: %v", name, how, time.Since(began), err)
					}
					time.Sleep(time.Minute) // fake clock
				}
			}
		})
	}
}

// takenBack is the context of a framework that uses it again for another request.
type takenBack struct {
	context.Context
	gone *atomic.Bool
}

// Value implements context.Context.
func (c takenBack) Value(key any) any {
	if c.gone.Load() {
		panic("use of a context after the request has ended")
	}
	return c.Context.Value(key)
}

func TestR10_ContextThatIsUsedAgain_HarmsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var gone atomic.Bool
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
		var slow atomic.Bool
		slow.Store(true)
		flow := func() *authflow.Flow {
			f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann"}, authflow.WithPassword(func(context.Context) (gen.Secret, error) {
				if slow.Load() {
					time.Sleep(time.Second) // fake clock; meanwhile the request ends
				}
				return "hunter22", nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		if _, err := flow().Token(takenBack{ctx, &gone}); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		gone.Store(true)
		time.Sleep(time.Minute) // fake clock
		slow.Store(false)
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := flow().Token(ctx); err != nil {
			t.Errorf("another flow of the cluster: %v", err)
		}
	})
}

func TestR10_NilContext_HarmsNobodyElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := on(t, func(r *http.Request) (*http.Response, error) { return fresh(r, "tok"), nil })
		for range 2 {
			func() {
				defer func() { _ = recover() }() // as net/http does in handlers
				_, _ = f.Token(nil)              //nolint:staticcheck // the mistake in question
			}()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := f.Token(ctx); err != nil {
				t.Error(err)
			}
			cancel()
			f.Invalidate(authflow.Token{Value: "tok"})
			time.Sleep(10 * time.Minute) // fake clock
		}
		_ = f.Close()
	})
}
