package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// R6: passwords of which nobody knows what the server said.

// lost lets a call take effect, and puts another answer in the place of its own.
func lost(instead authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			instead(next).ServeHTTP(w, r)
		})
	}
}

// After a refusal that arrived, the server's answers do not: each may have been
// one more.
func TestR6WhatFollowsARefusalIsTakenForOne(t *testing.T) {
	bubbles(t, map[string]authtest.Fault{
		"truncated":       authtest.Truncated(),
		"cut":             lost(authtest.Reset()),
		"silence":         lost(authtest.Delay(time.Hour)),
		"502":             lost(authtest.Status(502)),
		"429":             lost(authtest.RateLimited(time.Second)),
		"maintenance":     lost(authtest.Maintenance(200)),
		"a log-in page":   lost(authtest.HTML(200)),
		"single sign-on":  lost(authtest.Redirect(302, "https://idp.example/sso")),
		"empty":           lost(authtest.Empty(500)),
		"not of the API":  lost(authtest.Answer(400, "text/plain", "wrong")),
		"an unknown host": lost(authtest.Status(421)),
	}, func(t *testing.T, fault authtest.Fault) {
		w := watch(t)
		flows := w.flows(t, 20, "wrong", nil)
		allAsk(t, flows, 0)
		w.Fail(authtest.AnyOperation, -1, fault)
		for minute := range 5 * 60 {
			allAsk(t, flows, minute)
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 3)
	})
}

// No answer ever came, and each may have been a refusal. The password that was
// right before is not suspected.
func TestR6SilenceMayBeARefusal(t *testing.T) {
	bubbles(t, map[string]authtest.Fault{
		"cut": lost(authtest.Reset()), "silence": lost(authtest.Delay(time.Hour)), "truncated": authtest.Truncated(), "a page": lost(authtest.HTML(200)),
	}, func(t *testing.T, fault authtest.Fault) {
		w := watch(t)
		w.Fail(authtest.AnyOperation, -1, fault)
		flows := w.flows(t, 20, "wrong", nil)
		for minute := range 3 * 60 {
			allAsk(t, flows, minute)
			time.Sleep(time.Minute) // fake clock
		}
		w.ClearFaults()
		w.SetPassword("ann", "wrong")
		time.Sleep(time.Hour) // fake clock
		if err := ask(t.Context(), flows[0], 0); err != nil {
			t.Fatalf("an hour after it is right: %v", err)
		}
		w.EndSessions()
		w.Fail(authtest.AnyOperation, -1, fault)
		for range 10 {
			_ = flows[0].Renew(t.Context())
			time.Sleep(time.Minute) // fake clock
		}
		w.ClearFaults()
		time.Sleep(10 * time.Second) // fake clock
		if err := ask(t.Context(), flows[0], 0); err != nil {
			t.Errorf("ten minutes of silence for a right one: %v", err)
		}
	})
}

// The server sees passwords that are on their way for a while later than they
// were sent.
func TestR6ASlowWayToTheServerCountsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		n := 0
		flows := w.flows(t, 20, "", func(context.Context) (gen.Secret, error) { n++; return gen.Secret(fmt.Sprint("wrong-", n)), nil })
		w.Fail(authtest.AnyOperation, 4, authtest.Delay(9*time.Second))
		for began := time.Now(); time.Since(began) < 3*time.Hour; time.Sleep(time.Second) { // fake clock
			allAsk(t, flows[:1], 0)
		}
	})
}
