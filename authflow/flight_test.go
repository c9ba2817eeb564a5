package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// One attempt that gets no response has a third of the time. The next one serves.
func TestR5_OneSilence_IsOvercome(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		for way, f := range waysOf(t, sim.Transport()) {
			_, err := carried(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Hour))
			began := time.Now()
			err = f.Renew(t.Context())
			if took := time.Since(began); err != nil || took > 11*time.Second {
				t.Errorf("%s: after %v, %v", way, took, err)
			}
		}
	})
}

// A caller learns what failed before the silence, and not only that its time is up.
func TestR4_FailureBeforeASilence_ReachesTheCaller(t *testing.T) {
	t.Parallel()
	type failure struct {
		fault  authtest.Fault
		status int
	}
	bubbles(t, map[string]failure{
		"503": {authtest.Status(503), 503}, "504": {authtest.HTML(504), 504}, "429": {authtest.RateLimited(time.Second), 429},
	}, func(t *testing.T, c failure) {
		sim := authtest.New()
		for way, f := range waysOf(t, sim.Transport()) {
			if way == "function" { // which has a time limit of its own
				continue
			}
			_, err := carried(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			sim.Fail(authtest.AnyOperation, 1, c.fault)
			sim.Fail(authtest.AnyOperation, -1, authtest.Delay(time.Hour))
			began := time.Now()
			err = f.Renew(t.Context())
			var e *authflow.Error
			if !errors.As(err, &e) || e.Status != c.status || e.RetryAfter <= 0 || !strings.Contains(err.Error(), "no response within") {
				t.Errorf("%s: told %v", way, err)
			}
			if took := time.Since(began); took > 32*time.Second {
				t.Errorf("%s: told after %v", way, took)
			}
			sim.ClearFaults()
		}
	})
}

// A login that gets no response fails with its cause, and so do the next ones, while
// the password is held back.
func TestR4_LoginThatTimesOut_NamesItsCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		sim.Fail(authtest.OpLogin, -1, authtest.Delay(time.Hour))
		f := loggedIn(t, sim, false)
		for range 50 {
			_, err := get(t.Context(), f)
			var e *authflow.Error
			if !errors.As(err, &e) || !e.Retryable() || e.RetryAfter <= 0 || !errors.Is(err, context.DeadlineExceeded) || e.Class() != "outcomeUnknown" {
				t.Fatalf("told %v", err)
			}
			time.Sleep(10 * time.Second) // fake clock
		}
	})
}

// trace is the key of a value in a caller's context.
type trace struct{}

// The call on behalf of a caller carries the values of the caller's context.
func TestR4_ValuesOfTheContext_ReachTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		var without []string
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Context().Value(trace{}) != "parent" {
				without = append(without, r.URL.Path)
			}
			return sim.Transport().RoundTrip(r)
		})
		ctx := context.WithValue(t.Context(), trace{}, "parent")
		for way, f := range waysOf(t, base) {
			_, err := carried(ctx, f)
			if err != nil || without != nil {
				t.Errorf("%s: %v came without the values, %v", way, without, err)
			}
			_, err = f.Token(ctx, authflow.Exclusive())
			hasToken := !strings.Contains(way, "ession") && way != "supplied"
			if without != nil || err != nil && hasToken {
				t.Errorf("%s, exclusive: %v came without the values, %v", way, without, err)
			}
		}
	})
}
