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

// Callers come ten times a second while the server is down. They are served as long
// as the token is alive, and the server gets few calls.
func TestR3_R14_OneFlow_CallsADeadServerRarely(t *testing.T) {
	t.Parallel()
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
		lastCount := 0
		for time.Since(began) < 6*time.Minute {
			status, err := get(t.Context(), f)
			if alive := time.Since(began) < 70*time.Second; alive && err != nil { // until 5 s before the end (R8)
				t.Fatalf("the token in use is alive, yet: %v", err)
			}
			if err != nil {
				var e *authflow.Error
				if !errors.As(err, &e) || e.Status != http.StatusServiceUnavailable || !e.Retryable() {
					t.Fatalf("status %d, %v", status, err)
				}
			}
			n := sim.Calls(authtest.OpGetFullAccessToken)
			perMinute[int(time.Since(began)/time.Minute)] += n - lastCount
			lastCount = n
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		for minute, n := range perMinute {
			if limit := map[bool]int{true: 15, false: 9}[minute == 0]; n > limit {
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

func TestR4_ErrorOfACredentialFunction_ReachesTheCaller(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		vault := errors.New("vault is sealed")
		for name, fn := range map[string]authflow.CredentialFunc{
			"vault is sealed": func(context.Context) (gen.Secret, error) { return "", vault },
			"it is empty":     func(context.Context) (gen.Secret, error) { return "", nil },
		} {
			f, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: "u"}, authflow.WithPassword(fn))
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

// A server, or a proxy before it, responds to an auth call with a page, with a
// redirect or with half a response. The error describes the response.
func TestX4_UnusableResponse_BecomesAnErrorThatDescribesIt(t *testing.T) {
	t.Parallel()
	page := "<html><body>sign in</body></html>"
	type response struct {
		fault authtest.Fault
		is    error
		says  []string
	}
	bubbles(t, map[string]response{
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
		"rate limit":           {authtest.RateLimited(2 * time.Minute), authflow.ErrRateLimited, []string{"429", "(retry after 2m"}},
		"forbidden":            {authtest.Status(403), authflow.ErrForbidden, []string{"403"}},
		"connection cut":       {authtest.Reset(), nil, nil},
	}, func(t *testing.T, c response) {
		sim := authtest.New()
		sim.Fail(authtest.OpGetFullAccessToken, -1, c.fault)
		_, err := trusted(t, sim, 0).Token(t.Context())
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
			t.Errorf("repeats the response: %v", err)
		}
	})
}
