package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// everyCall uses each method of f that can fail, and returns the errors by
// name.
func everyCall(t *testing.T, f *authflow.Flow) map[string]error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Server()+"/api/rest/2.0/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	errs := map[string]error{"Edit": f.Edit(t.Context(), req), "Renew": f.Renew(t.Context())}
	_, errs["Token"] = f.Token(t.Context())
	_, errs["Do"] = get(t.Context(), f)
	resp, err := f.HTTPClient().Do(req)
	if errs["HTTPClient"] = err; err == nil {
		_ = resp.Body.Close()
	}
	_, errs["API"] = f.API().GetCurrentUserInfoWithResponse(t.Context())
	errs["Logout"] = f.Logout(t.Context())
	return errs
}

func TestS4AndL1AfterTheEndNothingIsSent(t *testing.T) {
	for name, end := range map[string]func(*authflow.Flow) error{
		"Close":  (*authflow.Flow).Close,
		"Logout": func(f *authflow.Flow) error { return f.Logout(context.Background()) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				for _, f := range []*authflow.Flow{trusted(t, sim, 300*time.Second), loggedIn(t, sim, false)} {
					mustGet(t, f)
					if err := end(f); err != nil {
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
					if err := f.Close(); err != nil {
						t.Errorf("closed again: %v", err)
					}
				}
			})
		})
	}
}

func TestS4LogoutEndsItOnTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		bearer, session := trusted(t, sim, 300*time.Second), loggedIn(t, sim, false)
		witness := make(map[*authflow.Flow]*http.Request)
		for _, f := range []*authflow.Flow{bearer, session} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.Server()+"/api/rest/2.0/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Edit(t.Context(), req); err != nil {
				t.Fatal(err)
			}
			witness[f] = req
			if err := f.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := sim.Calls(authtest.OpLogout) + sim.Calls(authtest.OpRevokeToken); n != 2 {
			t.Errorf("%d calls to end them", n)
		}
		for _, req := range witness {
			resp, err := sim.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("the credential still works: %s", resp.Status)
			}
		}
	})
}

func TestS4LogoutWithoutAnythingToEnd(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		unused, expired, revoked := trusted(t, sim, 300*time.Second), trusted(t, sim, time.Second), trusted(t, sim, 300*time.Second)
		mustGet(t, expired)
		time.Sleep(time.Second) // fake clock
		mustGet(t, revoked)
		sim.RevokeAll()
		for _, f := range []*authflow.Flow{unused, expired, revoked} {
			if err := f.Logout(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if n := sim.Calls(authtest.OpRevokeToken); n != 1 {
			t.Errorf("%d calls, of which only that of the revoked token makes sense", n)
		}
	})
}

func TestS4ALogoutThatFailsClosesAllTheSame(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(500))
		var e *authflow.Error
		if err := f.Logout(t.Context()); !errors.As(err, &e) || e.Op != "revokeToken" || e.Status != 500 {
			t.Error(err)
		}
		if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestL1CloseInTheMiddleOfThings(t *testing.T) {
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
		time.Sleep(240 * time.Second) // fake clock
		release = sim.Block(authtest.OpGetFullAccessToken)
		mustGet(t, f)
		synctest.Wait()
		f.Close()
		release()
		synctest.Wait()
		if _, err := f.Token(t.Context()); !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("the renewal brought it back: %v", err)
		}
	})
}

func TestL1AnIdleFlowHasNoGoroutine(t *testing.T) {
	server := authtest.NewServer()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	flows := make([]*authflow.Flow, 0, 100)
	mustGet(t, trusted(t, server.Simulator, 300*time.Second, authflow.WithHTTPClient(client)))
	before := runtime.NumGoroutine()
	for range cap(flows) {
		f := trusted(t, server.Simulator, 300*time.Second, authflow.WithHTTPClient(client))
		mustGet(t, f)
		flows = append(flows, f)
	}
	// Connections end in their own time; flows hold nothing.
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before+5 && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+5 {
		t.Errorf("%d goroutines for %d idle flows, %d before", n, len(flows), before)
	}
	runtime.KeepAlive(flows)
}

// L2: all methods at once, while tokens are revoked and flows closed. The race
// detector is the judge.
func TestL2EverythingAtOnce(t *testing.T) { inBubble(t, everythingAtOnce) }

func everythingAtOnce(t *testing.T, sim *authtest.Simulator) {
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
