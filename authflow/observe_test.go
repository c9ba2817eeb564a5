package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestObserverGetsEveryChange(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var seen events
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		f := trusted(t, sim, 300*time.Second, authflow.WithObserver(seen.observe), authflow.WithLogger(logger))

		expect := func(what string, want ...authflow.Event) {
			t.Helper()
			synctest.Wait()
			got := seen.take()
			ok := len(got) == len(want)
			for i := 0; ok && i < len(want); i++ {
				g, w := got[i], want[i]
				ok = g.Kind == w.Kind && g.Op == w.Op && g.Duration == w.Duration && g.Attempt == w.Attempt &&
					g.Remaining == w.Remaining && g.Reason != "" && (g.Err != nil) == (w.Err != nil) &&
					g.Server == sim.URL && g.Username == authtest.DefaultUsername
			}
			if !ok {
				t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
			}
			for _, e := range want {
				if !strings.Contains(log.String(), fmt.Sprintf("authflow: %s", e.Kind)) {
					t.Errorf("%s: not in the log:\n%s", what, log.String())
				}
			}
			log.Reset()
		}
		const op = "getFullAccessToken"
		const whole = 295 * time.Second // of 300, of which the last moments are not used (R8)
		failure := errors.New("some failure")

		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(2*time.Second))
		mustGet(t, f)
		expect("first use", authflow.Event{Kind: authflow.Acquired, Op: op, Duration: 2 * time.Second, Attempt: 1, Remaining: whole - 2*time.Second})

		for range 100 {
			mustGet(t, f)
		}
		expect("ordinary requests")

		time.Sleep(240 * time.Second) // fake clock
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Status(400))
		mustGet(t, f)
		expect("renewal fails", authflow.Event{Kind: authflow.RenewalFailed, Op: op, Attempt: 1, Remaining: whole - 242*time.Second, Err: failure})

		time.Sleep(time.Second) // fake clock
		mustGet(t, f)
		expect("renewal", authflow.Event{Kind: authflow.Renewed, Op: op, Attempt: 1, Remaining: whole})

		sim.RevokeTokens()
		mustGet(t, f)
		expect("revocation",
			authflow.Event{Kind: authflow.Invalidated, Op: op, Remaining: whole},
			authflow.Event{Kind: authflow.Renewed, Op: op, Attempt: 1, Remaining: whole}, // the old one serves others until then (R3)
			authflow.Event{Kind: authflow.Replayed, Op: op, Remaining: whole})

		if err := f.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("log-out", authflow.Event{Kind: authflow.Ended, Op: op})

		s := loggedIn(t, sim, false, authflow.WithObserver(seen.observe), authflow.WithLogger(logger))
		mustGet(t, s)
		expect("log-in", authflow.Event{Kind: authflow.Acquired, Op: "login", Attempt: 1})
		sim.RotateCookie(authtest.DefaultUsername)
		mustGet(t, s)
		expect("rotation", authflow.Event{Kind: authflow.CookieCaptured, Op: "login"})
		_ = s.Close()
		expect("close", authflow.Event{Kind: authflow.Ended, Op: "login"})
	})
}

func TestObserverCountsTries(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var seen events
		f := trusted(t, sim, 300*time.Second, authflow.WithObserver(seen.observe))
		sim.Fail(authtest.OpGetFullAccessToken, 2, authtest.Status(http.StatusBadGateway))
		mustGet(t, f)
		synctest.Wait()
		got := seen.take()
		if len(got) != 1 || got[0].Attempt != 3 || got[0].Duration < 300*time.Millisecond {
			t.Errorf("%+v", got)
		}
	})
}

// An observer may use the Flow: no lock is held while it is called, and it does
// not wait for what it is told of.
func TestR10AnObserverMayUseTheFlow(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{"acquired": nil, "renewal failed": authtest.Status(400)} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			var f *authflow.Flow
			var kinds []authflow.EventKind
			f = trusted(t, sim, 300*time.Second, authflow.WithObserver(func(e authflow.Event) {
				if kinds = append(kinds, e.Kind); len(kinds) > 1 {
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				if _, _ = f.Token(ctx); time.Since(began) > 0 {
					t.Errorf("%s: the observer waited for %v", name, time.Since(began))
				}
				_ = f.Close()
			}))
			if fault != nil {
				sim.Fail(authtest.OpGetFullAccessToken, 1, fault)
			}
			_, _ = f.Token(t.Context())
			synctest.Wait()
			if want := []authflow.EventKind{authflow.EventKind(name), authflow.Ended}; !slices.Equal(kinds, want) {
				t.Errorf("told of %v, want %v", kinds, want)
			}
		})
	}
}

// A panic of an observer is an error of those who wait, also when nobody but a
// timer is there to tell it.
func TestR10AnObserverThatPanics(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim, authflow.WithObserver(func(authflow.Event) { panic("oops") }))
		forever := make(chan struct{})
		defer close(forever)
		hangs, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { <-forever; return authflow.Token{}, nil })
		if err != nil {
			t.Fatal(err)
		}
		works, err := c.TokensFrom(func(context.Context) (authflow.Token, error) { return authflow.Token{Value: "tok"}, nil })
		if err != nil {
			t.Fatal(err)
		}
		for name, f := range map[string]*authflow.Flow{"a function that hangs": hangs, "one that works": works} {
			if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "oops") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
