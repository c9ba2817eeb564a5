package authflow_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The bounds that pause.go states, for callers who come a hundred times a
// second.
func TestR3CallsToADeadServerAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 300*time.Second)
		mustGet(t, f)
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(http.StatusServiceUnavailable))
		for began := time.Now(); time.Since(began) < 224*time.Second; time.Sleep(time.Second) { // fake clock
			mustGet(t, f)
		}
		sim.ResetCalls()
		began := time.Now()
		perMinute := make(map[int]int)
		failures, lastCount := 0, 0
		for time.Since(began) < 6*time.Minute {
			status, err := get(t.Context(), f)
			if alive := time.Since(began) < 75*time.Second; alive && err != nil {
				t.Fatalf("the token in use is alive, yet: %v", err)
			}
			if err != nil {
				failures++
				var e *authflow.Error
				if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable || !strings.Contains(err.Error(), "the last one has expired") {
					t.Fatalf("status %d, %v", status, err)
				}
			}
			n := sim.Calls(authtest.OpGetFullAccessToken)
			perMinute[int(time.Since(began)/time.Minute)] += n - lastCount
			lastCount = n
			time.Sleep(10 * time.Millisecond) // fake clock
		}
		t.Logf("%d failures seen by callers; calls by minute: %v", failures, perMinute)
		for minute, n := range perMinute {
			if limit := map[bool]int{true: 30, false: 18}[minute == 0]; n > limit {
				t.Errorf("minute %d: %d calls, at most %d wanted", minute, n, limit)
			}
		}
		// Service resumes with the first success.
		sim.ClearFaults()
		back := time.Now()
		for {
			if status, err := get(t.Context(), f); err == nil && status == http.StatusOK {
				break
			}
			time.Sleep(10 * time.Millisecond) // fake clock
		}
		if d := time.Since(back); d > 10*time.Second {
			t.Errorf("back after %v", d)
		}
		for range 100 {
			mustGet(t, f)
		}
	})
}

func TestR6AWrongPasswordDoesNotLockTheAccount(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f, err := authflow.Login(sim.URL, gen.LoginRequest{Username: authtest.DefaultUsername, Password: "wrong"}, authflow.WithHTTPClient(sim.Client()))
		if err != nil {
			t.Fatal(err)
		}
		for range 10_000 {
			_, err := get(t.Context(), f)
			if !errors.Is(err, authflow.ErrCredentialsRejected) && !errors.Is(err, authflow.ErrForbidden) {
				t.Fatal(err)
			}
			time.Sleep(6 * time.Millisecond) // fake clock
		}
		n := sim.Calls(authtest.OpLogin)
		t.Logf("%d log-ins for 10,000 requests in a minute", n)
		if n > 7 {
			t.Errorf("%d log-ins in a minute", n)
		}
	})
}

func TestR6ARotatedCredentialIsPickedUpWithoutRestart(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		key := gen.Secret(authtest.DefaultSecretKey)
		f, err := authflow.FullAccess(sim.URL, gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername},
			authflow.WithHTTPClient(sim.Client()),
			authflow.WithSecretKey(func(context.Context) (gen.Secret, error) { return key, nil }))
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		// The key changes, and the function is told in time.
		sim.RotateSecretKey("second")
		key = "second"
		time.Sleep(10 * time.Minute) // fake clock
		mustGet(t, f)
		// The key changes, and the function is told late.
		sim.RotateSecretKey("third")
		time.Sleep(10 * time.Minute) // fake clock
		if _, err := get(t.Context(), f); !errors.Is(err, authflow.ErrCredentialsRejected) {
			t.Fatal(err)
		}
		key = "third"
		time.Sleep(time.Second) // fake clock
		mustGet(t, f)
	})
}

func TestACredentialFunctionThatFails(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		vault := errors.New("vault is sealed")
		for name, fn := range map[string]authflow.CredentialFunc{
			"vault is sealed": func(context.Context) (gen.Secret, error) { return "", vault },
			"it is empty":     func(context.Context) (gen.Secret, error) { return "", nil },
		} {
			f, err := authflow.Login(sim.URL, gen.LoginRequest{Username: "u"}, authflow.WithHTTPClient(sim.Client()), authflow.WithPassword(fn))
			if err != nil {
				t.Fatal(err)
			}
			_, err = get(t.Context(), f)
			if err == nil || !strings.Contains(err.Error(), "getting the password: "+name) || name == vault.Error() && !errors.Is(err, vault) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := sim.Calls(authtest.AnyOperation); n != 0 {
			t.Errorf("%d calls", n)
		}
	})
}

// The ways in other than a wrong password, and what the error says of each.
func TestX4WhatTheServerMayAnswerToAnAuthCall(t *testing.T) {
	page := "<html><body>sign in</body></html>"
	for name, c := range map[string]struct {
		fault authtest.Fault
		is    error
		says  []string
	}{
		"page with 200":        {authtest.Answer(200, "text/html; charset=utf-8", page), nil, []string{"200", "text/html"}},
		"page with 503":        {authtest.Answer(503, "text/html", page), nil, []string{"503", "text/html"}},
		"untyped page":         {authtest.Answer(200, "", page), nil, []string{"200"}},
		"maintenance with 200": {authtest.Maintenance(200), authflow.ErrMaintenance, []string{"200"}},
		"maintenance with 503": {authtest.Maintenance(503), authflow.ErrMaintenance, []string{"503"}},
		"nothing":              {authtest.Empty(200), nil, []string{"200", "an empty body"}},
		"cut off":              {authtest.Truncated(), nil, []string{"200", "application/json"}},
		"not JSON":             {authtest.Answer(200, "application/json", `{"token":`), nil, []string{"200", "application/json"}},
		"another JSON":         {authtest.Answer(200, "application/json", `{"a":1}`), nil, []string{"200", "no token in it"}},
		"a list":               {authtest.Answer(200, "application/json", `["secret-in-answer"]`), nil, []string{"200", "application/json"}},
		"redirect":             {authtest.Redirect(302, "https://idp.example.com/sso?SAMLRequest=secret-in-answer"), authflow.ErrUnexpectedRedirect, []string{"302", "https://idp.example.com/sso"}},
		"rate limit":           {authtest.RateLimited(2 * time.Minute), authflow.ErrRateLimited, []string{"429", "2m0s"}},
		"forbidden":            {authtest.Status(403), authflow.ErrForbidden, []string{"403"}},
		"cut connection":       {authtest.Reset(), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, 0)
				sim.Fail(authtest.OpGetFullAccessToken, -1, c.fault)
				_, err := f.Token(t.Context())
				var e *authflow.Error
				if !errors.As(err, &e) || c.is != nil && !errors.Is(err, c.is) {
					t.Fatalf("%v", err)
				}
				for _, s := range c.says {
					if !strings.Contains(err.Error(), s) {
						t.Errorf("does not say %q: %v", s, err)
					}
				}
				if strings.Contains(err.Error(), "secret-in-answer") || strings.Contains(err.Error(), "sign in") {
					t.Errorf("repeats what came: %v", err)
				}
				t.Log(err)
			})
		})
	}
}

func TestR5TheServersAnswersThatAreTriedAgain(t *testing.T) {
	for status, again := range map[int]bool{
		400: false, 401: false, 403: false, 404: false, 405: false, 501: false, 505: false,
		429: true, 500: true, 502: true, 503: true, 504: true,
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, 0)
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Status(status))
			_, err := f.Token(t.Context())
			if (err == nil) != again || sim.Calls(authtest.OpGetFullAccessToken) != map[bool]int{false: 1, true: 2}[again] {
				t.Errorf("%d: %d calls, %v", status, sim.Calls(authtest.OpGetFullAccessToken), err)
			}
		})
	}
	for name, fault := range map[string]authtest.Fault{
		"cut": authtest.Reset(), "truncated": authtest.Truncated(), "maintenance": authtest.Maintenance(200), "a page": authtest.HTML(502),
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, 0)
			sim.Fail(authtest.OpGetFullAccessToken, 2, fault)
			if _, err := f.Token(t.Context()); err != nil || sim.Calls(authtest.OpGetFullAccessToken) != 3 {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
