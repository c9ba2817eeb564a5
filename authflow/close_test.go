package authflow_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// apiURL is an address of the rest of the API.
func apiURL(f *authflow.Flow) string { return f.Server() + "/api/rest/2.0/x" }

// everyCall uses each method of f that can fail except Logout, and returns the errors
// by name.
func everyCall(t *testing.T, f *authflow.Flow) map[string]error {
	t.Helper()
	req := request(t, apiURL(f))
	elsewhere := request(t, "https://elsewhere.example/x")
	errs := map[string]error{
		"Edit": f.Edit(t.Context(), req), "Edit for another host": f.Edit(t.Context(), elsewhere),
		"Renew": f.Renew(t.Context()),
	}
	_, errs["Token"] = f.Token(t.Context())
	_, errs["exclusive Token"] = f.Token(t.Context(), authflow.Exclusive())
	_, errs["Do"] = get(t.Context(), f)
	for name, req := range map[string]*http.Request{"HTTPClient": req, "HTTPClient for another host": elsewhere} {
		resp, err := f.HTTPClient().Do(req)
		errs[name] = err
		if err == nil {
			_ = resp.Body.Close()
		}
	}
	_, errs["API"] = f.API().GetCurrentUserInfoWithResponse(t.Context())
	_, errs["SessionToken"] = f.SessionToken().Token(t.Context())
	return errs
}

func TestS4_L1_ClosedFlow_SendsNothingAndSaysSo(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct {
		end   func(*authflow.Flow) error
		alive int // credentials that a Logout ends after that
	}{
		"Close":  {(*authflow.Flow).Close, 1},
		"Logout": {func(f *authflow.Flow) error { return f.Logout(context.Background()) }, 0},
		"Logout whose context has ended": {func(f *authflow.Flow) error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			err := f.Logout(ctx)
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("want an error about the context, got %w", err)
			}
			return nil
		}, 1},
	}, func(t *testing.T, c struct {
		end   func(*authflow.Flow) error
		alive int
	}) {
		sim := authtest.New()
		for _, f := range []*authflow.Flow{trusted(t, sim, 300*time.Second), loggedIn(t, sim, false)} {
			mustGet(t, f)
			for range 2 {
				if err := c.end(f); err != nil {
					t.Error(err)
				}
				sim.ResetCalls()
				for method, err := range everyCall(t, f) {
					if !errors.Is(err, authflow.ErrClosed) {
						t.Errorf("%s: %v", method, err)
					}
				}
				if n := sim.Calls(authtest.AnyOperation); n != 0 {
					t.Errorf("%d calls", n)
				}
			}
			for i, want := range []int{c.alive, 0} {
				sim.ResetCalls()
				if err := f.Logout(t.Context()); err != nil || sim.Calls(authtest.AnyOperation) != want {
					t.Errorf("Logout %d after that: %d calls, want %d, %v", i+1, sim.Calls(authtest.AnyOperation), want, err)
				}
			}
			if err := f.Close(); err != nil {
				t.Errorf("closed once more: %v", err)
			}
		}
	})
}

// A credential that has ended is gone at the server.
func TestS4_Logout_EndsItOnTheServer(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		for _, f := range []*authflow.Flow{trusted(t, sim, 300*time.Second), loggedIn(t, sim, false)} {
			witness := request(t, apiURL(f))
			if err := f.Edit(t.Context(), witness); err != nil {
				t.Fatal(err)
			}
			for _, want := range []int{http.StatusOK, http.StatusUnauthorized} {
				resp, err := sim.Client().Do(witness)
				if err != nil {
					t.Fatal(err)
				}
				_ = resp.Body.Close()
				if resp.StatusCode != want {
					t.Errorf("the credential gets %s, want %d", resp.Status, want)
				}
				if err := f.Logout(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := sim.Calls(authtest.OpLogout) + sim.Calls(authtest.OpRevokeToken); n != 2 {
			t.Errorf("%d calls to end them", n)
		}
	})
}

func TestS4_LogoutWithoutAnythingToEnd_SendsNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		unused, expired, revoked := trusted(t, sim, 300*time.Second), trusted(t, sim, time.Second), trusted(t, sim, 300*time.Second)
		mustGet(t, expired)
		time.Sleep(time.Second) // fake clock
		mustGet(t, revoked)
		sim.RevokeAll()
		for range 2 {
			for _, f := range []*authflow.Flow{unused, expired, revoked} {
				if err := f.Logout(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 1 {
			t.Errorf("%d calls, want only one for the revoked token, of whose end the Flow does not know", n)
		}
	})
}

func TestS4_LogoutThatFails_ClosesTheFlow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(500))
		for range 2 {
			var e *authflow.Error
			if err := f.Logout(t.Context()); !errors.As(err, &e) || e.Op != "revokeToken" || e.Status != 500 {
				t.Error(err)
			}
			if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrClosed) {
				t.Error(err)
			}
		}
	})
}

// The first failure may be permanent although the others are temporary. The longest
// wait is the one that counts.
func TestR4_LogoutThatLeavesCredentialsAlive_TellsWhenToTryAgain(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct {
		once, then authtest.Fault
		least      time.Duration // of RetryAfter; 0 for an error that is not retryable
	}{
		"503":                 {authtest.Status(503), authtest.Status(503), time.Second},
		"silence":             {authtest.Delay(time.Hour), authtest.Delay(time.Hour), time.Second},
		"Retry-After of 10 s": {authtest.Status(503), status503RetryAfter("10"), 10 * time.Second},
		"403":                 {authtest.Status(403), authtest.Status(403), 0},
		"403 once, then 503":  {authtest.Status(403), authtest.Status(503), time.Second},
		"connection cut":      {authtest.Reset(), authtest.Reset(), time.Second},
	}, func(t *testing.T, c struct {
		once, then authtest.Fault
		least      time.Duration
	}) {
		sim := authtest.New()
		f := trusted(t, sim, 24*time.Hour)
		exclusiveTokens(t, f, 4)
		sim.Fail(authtest.OpRevokeToken, 1, c.once)
		sim.Fail(authtest.OpRevokeToken, -1, c.then)
		err := f.Logout(t.Context())
		var e *authflow.Error
		if !errors.As(err, &e) || e.Op != "Logout" || e.Retryable() != (c.least > 0) || e.RetryAfter < c.least {
			t.Errorf("%#v", err)
		}
	})
}

func TestL1_CloseDuringAcquisitions_EndsThem(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		// While callers wait for the first token.
		f := trusted(t, sim, 300*time.Second)
		release := sim.Block(authtest.OpGetFullAccessToken)
		errs := make(chan error, 100)
		for range cap(errs) {
			go func() { _, err := get(t.Context(), f); errs <- err }()
		}
		synctest.Wait()
		var wg sync.WaitGroup
		for range 10 { // all at once, and more than once
			wg.Go(func() { _ = f.Close() })
		}
		wg.Wait()
		for range cap(errs) {
			if err := <-errs; !errors.Is(err, authflow.ErrClosed) {
				t.Error(err)
			}
		}
		release()

		// During a renewal ahead.
		f = trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		time.Sleep(240 * time.Second) // fake clock: the renewal is due
		release = sim.Block(authtest.OpGetFullAccessToken)
		mustGet(t, f)
		synctest.Wait()
		f.Close()
		release()
		synctest.Wait()
		if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("after the renewal: %v", err)
		}
	})
}

// A bubble fails if a goroutine is left at its end. The flows are not closed.
func TestL1_IdleFlow_HasNoGoroutine(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		for range 3 {
			for _, f := range waysOf(t, sim.Transport(), authflow.WithStore(&s, oneKey)) {
				mustGet(t, f)
				time.Sleep(240 * time.Second) // fake clock: the renewal is due
				mustGet(t, f)
			}
		}
	})
}

// All methods at once, while tokens are revoked and flows closed. The race detector
// is the judge.
func TestL2_AllMethodsAtOnce_AreSafe(t *testing.T) {
	t.Parallel()
	inBubble(t, allMethodsAtOnce)
}

func allMethodsAtOnce(t *testing.T, sim *authtest.Simulator) {
	for _, f := range []*authflow.Flow{trusted(t, sim, 300*time.Second), loggedIn(t, sim, true)} {
		child := f.SessionToken()
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				for n := range 30 {
					switch (i + n) % 9 {
					case 0:
						_ = f.Renew(t.Context())
					case 1:
						_, _ = child.Token(t.Context(), authflow.Exclusive())
					case 2:
						_, _ = get(t.Context(), child)
					case 3:
						sim.RevokeAll()
					case 4:
						if token, err := child.Token(t.Context()); err == nil {
							child.Invalidate(token)
						}
					case 5:
						sim.RotateCookie(authtest.DefaultUsername)
					default:
						_, _ = get(t.Context(), f)
					}
				}
				if i == 15 {
					_ = f.Logout(t.Context())
				}
			})
		}
		wg.Wait()
		child.Close()
	}
}
