package authflow_test

import (
	"context"
	"errors"
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

// R10: code of the user's that breaks, hangs or goes in circles.

// broken does something once it is armed, and nothing after that.
type broken struct {
	armed atomic.Bool
	what  func()
}

func (b *broken) pass() {
	if b.armed.CompareAndSwap(true, false) {
		b.what()
	}
}

// handler is a slog.Handler that breaks.
type handler struct {
	slog.Handler
	*broken
}

// Handle implements slog.Handler.
func (h handler) Handle(context.Context, slog.Record) error { h.pass(); return nil }

// Enabled implements slog.Handler.
func (handler) Enabled(context.Context, slog.Level) bool { return true }

// usersCode is where a Flow calls the user's code while it gets a credential.
func usersCode(t *testing.T, sim *authtest.Simulator, b *broken) map[string]*authflow.Flow {
	t.Helper()
	base := authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		b.pass()
		return sim.Transport().RoundTrip(r)
	})})
	key := authflow.WithSecretKeyFunc(func(context.Context, string) (gen.Secret, error) { b.pass(); return authtest.DefaultSecretKey, nil })
	good := authflow.WithSecretKey(authtest.DefaultSecretKey)
	named := func(opts ...authflow.Option) *authflow.Flow {
		return userNamed(t, clusterOf(t, sim, opts...), authtest.DefaultUsername)
	}
	password := func() *authflow.Flow {
		f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: authtest.DefaultUsername},
			authflow.WithPassword(func(context.Context) (gen.Secret, error) { b.pass(); return authtest.DefaultPassword, nil }))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	fn, err := clusterOf(t, sim).TokensFrom(func(ctx context.Context) (authflow.Token, error) { b.pass(); return named(good).Token(ctx) })
	if err != nil {
		t.Fatal(err)
	}
	return map[string]*authflow.Flow{
		"RoundTripper": named(good, base), "key function": named(key), "password function": password(), "token function": fn,
		"observer":     named(good, authflow.WithObserver(func(authflow.Event) { b.pass() })),
		"logger":       named(good, authflow.WithLogger(slog.New(handler{broken: b}))),
		"parent's key": named(key).SessionToken(), "parent's password": password().SessionToken(),
	}
}

// Whoever waits is told soon, or served, and the next time it works.
func TestR10BrokenCodeOfTheUsersEndsNothingElse(t *testing.T) {
	bubbles(t, map[string]func(){
		"panic":            func() { panic("of the user's own") },
		"panic with error": func() { panic(http.ErrAbortHandler) },
		"nil map":          func() { var m map[string]int; m["a"] = 1 }, //nolint:staticcheck // the panic in question
		"Goexit":           runtime.Goexit,                              // as t.FailNow does
		"hangs for long":   func() { time.Sleep(time.Hour) },            // fake clock
	}, func(t *testing.T, what func()) {
		sim := authtest.New()
		b := &broken{what: what}
		for place, f := range usersCode(t, sim, b) {
			for _, when := range []string{"first", "renewal"} {
				if when == "renewal" && strings.HasPrefix(place, "parent") {
					continue // the parent has no need for another
				}
				b.armed.Store(true)
				took := allAtOnce(slices.Repeat([]*authflow.Flow{f}, 10), func(int, *authflow.Flow) {
					if when == "first" {
						_, _ = carried(t.Context(), f)
					} else if err := f.Renew(t.Context()); err != nil {
						mustCarry(t, f) // the old one still serves
					}
				})
				if took > 32*time.Second && place != "observer" && place != "logger" { // which have to return soon
					t.Errorf("%s, %s: those who wait are told after %v", place, when, took)
				}
				if b.armed.Load() {
					t.Errorf("%s, %s: not called", place, when)
				}
				time.Sleep(2 * time.Second) // fake clock
				if _, err := carried(t.Context(), f); err != nil {
					t.Errorf("%s, %s, the next time: %v", place, when, err)
				}
			}
			_ = f.Close()
		}
		time.Sleep(2 * time.Hour) // fake clock; for what hangs
	})
}

// A function that uses what it supplies is told so at once, however it does.
func TestR10CirclesAreToldAtOnce(t *testing.T) {
	for how, use := range acquisitions() {
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
				"the same, asked by the parent": func() *authflow.Flow {
					parent := session(&child)
					child = parent.SessionToken()
					return parent
				},
			} {
				f = make()
				began := time.Now()
				if _, err := carried(t.Context(), f); err == nil || errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 2*time.Second {
					t.Errorf("%s by %s: told after %v: %v", name, how, time.Since(began), err)
				}
			}
		})
	}
}

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

// takenBack is the context of a framework that uses it again after the request.
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

func TestR10AContextThatIsTakenBackHarmsNobodyElse(t *testing.T) {
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
