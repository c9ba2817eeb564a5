package authflow_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R11: rules are appended once for each time that somebody asks.

// appending is a Flow for tsadmin that stores one rule with each token, or in
// the place of those that are there.
func appending(t *testing.T, sim *authtest.Simulator, network http.RoundTripper, option gen.PersistOption) *authflow.Flow {
	t.Helper()
	f, err := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: network})).CustomAccess(gen.GetCustomAccessTokenRequest{
		Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, PersistOption: option,
		FilterRules: []gen.FilterRule{{ColumnName: "Region", Operator: "IN", Values: []any{"West"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func stored(sim *authtest.Simulator) int {
	u, _ := sim.User(authtest.DefaultUsername)
	return len(u.Properties[0].FilterRules)
}

// askings are the ways in which a user of a Flow asks for a token in so many
// words, or by using it.
func askings() map[string]func(context.Context, *authflow.Flow) error {
	return map[string]func(context.Context, *authflow.Flow) error{
		"Token": func(ctx context.Context, f *authflow.Flow) error { _, err := f.Token(ctx); return err },
		"Exclusive": func(ctx context.Context, f *authflow.Flow) error {
			_, err := f.Token(ctx, authflow.Exclusive())
			return err
		},
		"Edit":  func(ctx context.Context, f *authflow.Flow) error { _, err := carried(ctx, f); return err },
		"Do":    func(ctx context.Context, f *authflow.Flow) error { _, err := get(ctx, f); return err },
		"Renew": func(ctx context.Context, f *authflow.Flow) error { return f.Renew(ctx) },
	}
}

// The server has stored the rules, and its answer is lost.
func TestR11RulesAreAppendedOnceThoughTheAnswerIsLost(t *testing.T) {
	bubbles(t, map[string]authtest.Fault{
		"truncated": authtest.Truncated(), "cut": lost(authtest.Reset()), "silence": lost(authtest.Delay(time.Hour)), "408": lost(authtest.Status(408)),
		"500": lost(authtest.Status(500)), "502": lost(authtest.HTML(502)), "503": lost(authtest.Status(503)), "504": lost(authtest.Empty(504)),
		"maintenance": lost(authtest.Maintenance(200)), "not JSON": lost(authtest.Answer(200, "application/json", `{"tok`)),
	}, func(t *testing.T, fault authtest.Fault) {
		for how, ask := range askings() {
			sim := authtest.New()
			f := appending(t, sim, sim.Transport(), gen.PersistOptionAppend)
			for n := 1; n <= 2; n++ {
				sim.Fail(authtest.OpGetCustomAccessToken, 1, fault)
				if err := ask(t.Context(), f); err == nil || stored(sim) != n {
					t.Errorf("%s: %d rules after %d times, %v", how, stored(sim), n, err)
				}
				time.Sleep(time.Minute) // fake clock
			}
			if err := ask(t.Context(), f); err != nil || stored(sim) != 3 {
				t.Errorf("%s: %d rules after three times, %v", how, stored(sim), err)
			}
			_ = f.Close()
		}
	})
}

// The server surely did nothing: that is tried again.
func TestR11WhatDidNothingIsTriedAgain(t *testing.T) {
	bubbles(t, map[string]struct {
		why   error
		fault authtest.Fault
	}{
		"connection refused": {why: errRefused}, "dial timeout": {why: errDialing}, "name server": {why: errLookup},
		"429": {fault: authtest.Status(429)}, "429, Retry-After": {fault: authtest.RateLimited(time.Second)},
	}, func(t *testing.T, c struct {
		why   error
		fault authtest.Fault
	}) {
		for how, ask := range askings() {
			sim := authtest.New()
			network := &unreachable{sim: sim}
			f := appending(t, sim, network, gen.PersistOptionAppend)
			if c.why != nil {
				network.why.Store(&c.why)
				time.AfterFunc(500*time.Millisecond, func() { network.why.Store(nil) })
			} else {
				sim.Fail(authtest.OpGetCustomAccessToken, 1, c.fault)
			}
			if err := ask(t.Context(), f); err != nil || stored(sim) != 1 || network.sent.Load() < 2 {
				t.Errorf("%s: %d rules, %d calls, %v", how, stored(sim), network.sent.Load(), err)
			}
			_ = f.Close()
		}
	})
}

// What replaces can be repeated.
func TestR11WhatReplacesIsTriedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := appending(t, sim, sim.Transport(), gen.PersistOptionReplace)
		sim.Fail(authtest.OpGetCustomAccessToken, 2, authtest.Truncated())
		if _, err := f.Token(t.Context()); err != nil || stored(sim) != 1 || sim.Calls(authtest.OpGetCustomAccessToken) != 3 {
			t.Errorf("%d rules after %d calls, %v", stored(sim), sim.Calls(authtest.OpGetCustomAccessToken), err)
		}
	})
}
