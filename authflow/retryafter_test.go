package authflow_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// What is tried again, and when.

// R5: what lies in how the server is addressed is met once, what may pass is not.
func TestR5WhatCannotGetBetterIsNotTriedAgain(t *testing.T) {
	host := &net.DNSError{Err: "no such host", Name: "thoughtspot.test", IsNotFound: true}
	for name, c := range map[string]struct {
		err   error
		calls int
	}{
		"a name that does not exist": {&net.OpError{Op: "dial", Err: host}, 1},
		"an unknown authority":       {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, 1},
		"another host's certificate": {&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}}, 1},
		"an expired certificate":     {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, 1},
		"plain http on that port":    {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, 1},
		"http for https":             {http.ErrSchemeMismatch, 1},
		"connection refused":         {errRefused, 3},
		"dial timeout":               {errDialing, 3},
		"a name server's trouble":    {errLookup, 3},
		"connection reset":           {syscall.ECONNRESET, 3},
		"end of file":                {io.ErrUnexpectedEOF, 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			f := on(t, func(*http.Request) (*http.Response, error) { calls++; return nil, c.err })
			if _, err := f.Token(t.Context()); !errors.Is(err, c.err) || calls != c.calls {
				t.Errorf("%s: %d calls, %v", name, calls, err)
			}
		})
	}
}

// R5: what a server or function says of when to come again is heeded, and those
// who come earlier are told.
func TestR5AskedAgainWhenItWasSaid(t *testing.T) {
	for said, want := range map[time.Duration]time.Duration{2 * time.Minute: 2 * time.Minute, time.Hour: 5 * time.Minute} {
		bubbles(t, map[string]string{"server": "server", "function": "function", "function that wraps": "wraps"}, func(t *testing.T, who string) {
			sim := authtest.New()
			sim.Fail(authtest.AnyOperation, -1, authtest.RateLimited(said))
			c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
			f := userNamed(t, c, authtest.DefaultUsername)
			calls := func() int { return sim.Calls(authtest.AnyOperation) }
			if who != "server" {
				n := 0
				var err error
				if f, err = c.TokensFrom(func(context.Context) (authflow.Token, error) {
					n++
					err := error(&authflow.Error{Status: 429, RetryAfter: said})
					if who == "wraps" {
						err = fmt.Errorf("asking the token service: %w", err)
					}
					return authflow.Token{}, err
				}); err != nil {
					t.Fatal(err)
				}
				calls = func() int { return n }
			}
			began := time.Now()
			for time.Since(began) < want {
				_, err := carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(err, &e) || !errors.Is(err, authflow.ErrRateLimited) || e.RetryAfter <= 0 || calls() != 1 && time.Since(began) < want {
					t.Fatalf("after %v and %d calls: %v", time.Since(began), calls(), err)
				}
				if left := want - time.Since(began); e.RetryAfter < left || e.RetryAfter > max(said, want*5/4) {
					t.Fatalf("after %v: to come again in %v", time.Since(began), e.RetryAfter)
				}
				time.Sleep(100 * time.Millisecond) // fake clock
			}
		})
	}
}

// R6: nothing is sent before the time that RetryAfter says.
func TestR6RetryAfterSaysHowLongARefusalHolds(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		password, err := clusterOf(t, sim).Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: "not-it"})
		if err != nil {
			t.Fatal(err)
		}
		key := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey("not-it")), authtest.DefaultUsername)
		for name, f := range map[string]*authflow.Flow{"password": password, "key": key} {
			sim.ResetCalls()
			for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(time.Nanosecond) { // fake clock
				_, err := carried(t.Context(), f)
				before := sim.Calls(authtest.AnyOperation)
				if err == nil || sim.Calls(authtest.AnyOperation) > before {
					t.Fatal(err)
				}
				_, err = carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(err, &e) || e.RetryAfter <= 0 || !strings.Contains(err.Error(), "not tried again for") {
					t.Fatalf("%s: %v", name, err)
				}
				time.Sleep(e.RetryAfter - 1) // fake clock
				if _, _ = carried(t.Context(), f); sim.Calls(authtest.AnyOperation) != before {
					t.Fatalf("%s: sent before its time", name)
				}
			}
			if n := sim.Calls(authtest.AnyOperation); n < 3 {
				t.Errorf("%s: %d calls in an hour", name, n)
			}
		}
	})
}

func TestR5HugeRetryAfters(t *testing.T) {
	for _, ra := range []string{"120", "99999999999", "Fri, 31 Dec 9999 23:59:59 GMT", "2147483647"} {
		for _, status := range []int{500, 429} {
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
					n++
					return reply(r, status, "{}", "Retry-After", ra), nil
				})
				f := user(t, c, "ann")
				_, err := f.Token(t.Context())
				var e *authflow.Error
				errors.As(err, &e)
				t.Log(status, ra, n, e.RetryAfter, err)
				if n > 1 {
					t.Errorf("%d, Retry-After %s: %d calls at once", status, ra, n)
				}
				f.Close()
			})
		}
	}
}
