package authflow_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// kinds are the errors that an Error may match.
var kinds = []error{
	authflow.ErrInvalid, authflow.ErrCredentialsRejected, authflow.ErrForbidden, authflow.ErrRateLimited,
	authflow.ErrMaintenance, authflow.ErrUnexpectedRedirect, authflow.ErrWrongOrigin, authflow.ErrClosed,
}

// classified is an error of the user's code that names its class.
type classified string

func (c classified) Error() string { return "of the user's code" }

func (c classified) Class() string { return string(c) }

// An Error that the caller makes is known by its status, in whatever it is wrapped,
// as an Error of this package is.
func TestR5_CallersError_HasClassKindAndRetryable(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		is        error
		class     string
		retryable bool
	}{
		"429":                      {&authflow.Error{Status: 429}, authflow.ErrRateLimited, "rateLimited", true},
		"429 with a cause":         {&authflow.Error{Op: "vault", Status: 429, RetryAfter: time.Minute, Err: errors.New("x")}, authflow.ErrRateLimited, "rateLimited", true},
		"429, wrapped":             {fmt.Errorf("a: %w", fmt.Errorf("b: %w", &authflow.Error{Status: 429})), authflow.ErrRateLimited, "rateLimited", true},
		"429, joined":              {errors.Join(errors.New("x"), &authflow.Error{Status: 429}), authflow.ErrRateLimited, "rateLimited", true},
		"401":                      {&authflow.Error{Status: 401}, authflow.ErrCredentialsRejected, "rejected", false},
		"403":                      {&authflow.Error{Status: 403}, authflow.ErrForbidden, "rejected", false},
		"400":                      {&authflow.Error{Status: 400}, nil, "invalid", false},
		"404":                      {&authflow.Error{Status: 404}, nil, "invalid", false},
		"408":                      {&authflow.Error{Status: 408}, nil, "overloaded", true},
		"409":                      {&authflow.Error{Status: 409}, nil, "conflict", true},
		"422":                      {&authflow.Error{Status: 422}, nil, "invalid", false},
		"500":                      {&authflow.Error{Status: 500}, nil, "other", true},
		"501":                      {&authflow.Error{Status: 501}, nil, "invalid", false},
		"502":                      {&authflow.Error{Status: 502}, nil, "overloaded", true},
		"503":                      {&authflow.Error{Status: 503}, nil, "overloaded", true},
		"504":                      {&authflow.Error{Status: 504}, nil, "overloaded", true},
		"302":                      {&authflow.Error{Status: 302}, nil, "unexpected", false},
		"time-out":                 {&authflow.Error{Err: context.DeadlineExceeded}, nil, "outcomeUnknown", true},
		"time-out of the resolver": {&authflow.Error{Err: &net.DNSError{IsTimeout: true}}, nil, "outcomeUnknown", true},
		"canceled":                 {&authflow.Error{Err: context.Canceled}, nil, "other", false},
		"empty":                    {&authflow.Error{}, nil, "other", false},
		"class of the cause":       {&authflow.Error{Err: classified("overloaded")}, nil, "overloaded", true},
		"rejected by the cause":    {&authflow.Error{Err: classified("rejected")}, authflow.ErrCredentialsRejected, "rejected", false},
		"unknown class":            {&authflow.Error{Err: classified("tired")}, nil, "other", false},
	} {
		var e *authflow.Error
		if !errors.As(c.err, &e) || e.Retryable() != c.retryable || e.Class() != c.class {
			t.Errorf("%s: class %s, Retryable %v; want %s, %v", name, e.Class(), e.Retryable(), c.class, c.retryable)
		}
		for _, kind := range kinds {
			if errors.Is(c.err, kind) != errors.Is(c.is, kind) {
				t.Errorf("%s: Is(%v) is %v", name, kind, !errors.Is(c.is, kind))
			}
		}
	}
	if e := (&authflow.Error{Err: context.DeadlineExceeded}); !e.Timeout() {
		t.Error("a time-out is not one")
	}
}

// An error is Retryable exactly if the same call may succeed later, and RetryAfter
// says when.
func TestR4_ErrorOfACall_SaysItsClassAndWhetherToRetry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault     authtest.Fault
		class     string
		retryable bool
	}{
		"reset connection":   {authtest.Reset(), "outcomeUnknown", true},
		"truncated response": {authtest.Truncated(), "outcomeUnknown", true},
		"silence":            {authtest.Delay(time.Hour), "outcomeUnknown", true},
		"maintenance":        {authtest.Maintenance(200), "overloaded", true},
		"429":                {authtest.RateLimited(time.Second), "rateLimited", true},
		"409":                {authtest.Status(409), "conflict", true},
		"500":                {authtest.Status(500), "other", true},
		"503":                {authtest.Status(503), "overloaded", true},
		"wrong key":          {authtest.Status(401), "rejected", false},
		"locked account":     {authtest.Status(403), "rejected", false},
		"404":                {authtest.Status(404), "invalid", false},
		"redirect":           {authtest.Redirect(302, "https://idp.example/"), "unexpected", false},
		"login page":         {authtest.HTML(200), "unexpected", false},
		"no token":           {authtest.Answer(200, "application/json", `{"token":7}`), "unexpected", false},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := trusted(t, sim, time.Minute, once)
			for range 2 {
				sim.Fail(authtest.OpGetFullAccessToken, 1, c.fault)
				err := f.Renew(t.Context())
				var e *authflow.Error
				if !errors.As(err, &e) || e.Retryable() != c.retryable || e.Class() != c.class {
					t.Fatalf("%s: %v of class %s", name, err, e.Class())
				}
				_, err = f.Token(t.Context()) // in the pause after the failure
				var paused *authflow.Error
				if !errors.As(err, &paused) {
					t.Fatalf("%s, in the pause: %v", name, err)
				}
				for _, e := range []*authflow.Error{e, paused} {
					if e.Retryable() != (e.RetryAfter > 0) && c.retryable {
						t.Errorf("%s: Retryable %v, RetryAfter %v: %v", name, e.Retryable(), e.RetryAfter, e)
					}
				}
				time.Sleep(max(time.Minute, e.RetryAfter)) // fake clock
				mustGet(t, f)
				time.Sleep(2 * time.Minute) // fake clock; the token expires
			}
		})
	}
}

// expectRetryIn fails the test unless an error is retryable and says when to retry.
func expectRetryIn(t *testing.T, what string, err error) {
	t.Helper()
	var e *authflow.Error
	if !errors.As(err, &e) || !e.Retryable() || e.RetryAfter <= 0 {
		t.Errorf("%s: %v", what, err)
	}
}

// A failure of the network has the same class in a call of API as in a call for a
// token.
func TestR4_NetworkFailureOfACallOfAPI_SaysItsClassAndWhenToRetry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		class     string
		retryable bool
	}{
		"connection refused":    {errRefused, "notSent", true},
		"dial timeout":          {errDialing, "notSent", true},
		"name server":           {errLookup, "notSent", true},
		"certificate":           {&tls.CertificateVerificationError{Err: errors.New("expired")}, "notSent", false},
		"connection reset":      {syscall.ECONNRESET, "outcomeUnknown", true},
		"time-out":              {context.DeadlineExceeded, "outcomeUnknown", true},
		"repeats the token":     {errors.New("tok-1"), "outcomeUnknown", true},
		"error of another Flow": {&authflow.Error{Op: "login", Status: 503}, "overloaded", true},
	} {
		f, _ := serving(t, func(*http.Request) (*http.Response, error) { return nil, c.err })
		_, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
		var e *authflow.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v", name, err)
		}
		if e.Class() != c.class || e.Retryable() != c.retryable {
			t.Errorf("%s: %v of class %s", name, err, e.Class())
		}
		if e.Retryable() != (e.RetryAfter > 0) || !strings.HasPrefix(e.Op, "GET /") || strings.Contains(err.Error(), "tok-1") {
			t.Errorf("%s: RetryAfter %v: %v", name, e.RetryAfter, err)
		}
	}
}

// The server does not say when to retry. The errors do.
func TestR4_RetryableErrorOfEachCall_SaysWhenToRetry(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, time.Hour)
		mustGet(t, f)
		for range 2 {
			sim.Fail(authtest.Echo, 1, authtest.Status(503))
			resp, err := f.Do(request(t, sim.URL+apiX))
			if err != nil {
				t.Fatal(err)
			}
			expectRetryIn(t, "ErrorOf", authflow.ErrorOf(resp))
			_ = resp.Body.Close()

			sim.Fail(authtest.Echo, 1, authtest.Maintenance(200))
			_, err = get(t.Context(), f)
			expectRetryIn(t, "maintenance page", err)

			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Minute))
			soon, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			expectRetryIn(t, "context that ended", f.Renew(soon))
			time.Sleep(time.Hour) // fake clock

			mustGet(t, f)
		}
		mustToken(t, f)
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		expectRetryIn(t, "Logout", f.Logout(t.Context()))
	})
}
