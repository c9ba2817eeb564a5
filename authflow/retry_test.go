package authflow_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// The server's answers that are tried again, and those that are not.
func TestR5WhatMayPassIsTriedAgain(t *testing.T) {
	for status, again := range map[int]bool{
		400: false, 401: false, 403: false, 404: false, 405: false, 501: false,
		408: true, 429: true, 500: true, 502: true, 503: true, 504: true, 505: true,
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
				t.Errorf("%s: %d calls, %v", name, sim.Calls(authtest.OpGetFullAccessToken), err)
			}
		})
	}
}

// The same of what a function of the user's returns.
func TestR5FailuresAreTriedAgainWithinTheFlight(t *testing.T) {
	for _, fail := range []error{
		context.DeadlineExceeded, &authflow.Error{Status: 408}, &authflow.Error{Status: 429}, &authflow.Error{Status: 500},
		&authflow.Error{Status: 502}, &authflow.Error{Status: 503}, &authflow.Error{Status: 504},
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{lifetime: 300 * time.Second, fail: fail}
			f := m.flow(t)
			time.AfterFunc(150*time.Millisecond, func() { m.set(func() { m.fail = nil }) })
			if v, err := carried(t.Context(), f); v != "token-2" && v != "token-3" {
				t.Errorf("%v: %s after %d calls, %v", fail, v, m.count(), err)
			}
		})
	}
	for _, fail := range []error{errors.New("no such vault"), &authflow.Error{Status: 404}, &authflow.Error{Status: 501}} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{fail: fail}
			if _, err := carried(t.Context(), m.flow(t)); err == nil || m.count() != 1 {
				t.Errorf("%v: %d calls, %v", fail, m.count(), err)
			}
		})
	}
}

func TestR5RetriesAreSpacedAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: &authflow.Error{Status: 503}}
		if _, err := carried(t.Context(), m.flow(t)); err == nil {
			t.Fatal("no error")
		}
		if len(m.calls) != 3 {
			t.Fatalf("%d calls", len(m.calls))
		}
		for i, bounds := range [][2]time.Duration{{100, 200}, {200, 400}} {
			gap := m.calls[i+1].Sub(m.calls[i])
			if gap < bounds[0]*time.Millisecond || gap > bounds[1]*time.Millisecond {
				t.Errorf("gap %d is %v", i, gap)
			}
		}
	})
}

func TestR5RetryAfterIsObeyed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{fail: &authflow.Error{Status: 429, RetryAfter: 7 * time.Second}}
		_, err := carried(t.Context(), m.flow(t))
		if err == nil || len(m.calls) != 3 {
			t.Fatalf("%v after calls at %v", err, m.calls)
		}
		if gap := m.calls[1].Sub(m.calls[0]); gap < 7*time.Second || gap > 9*time.Second {
			t.Errorf("asked again after %v", gap)
		}
	})
	synctest.Test(t, func(t *testing.T) { // longer than a flight may take
		m := &mint{lifetime: time.Minute, fail: &authflow.Error{Status: 503, RetryAfter: 2 * time.Minute}}
		f := m.flow(t)
		began := time.Now()
		if _, err := carried(t.Context(), f); err == nil || time.Since(began) != 0 || m.count() != 1 {
			t.Fatalf("%v after %v and %d calls", err, time.Since(began), m.count())
		}
		m.set(func() { m.fail = nil })
		time.Sleep(90 * time.Second) // fake clock
		_, err := carried(t.Context(), f)
		var e *authflow.Error
		if !errors.As(err, &e) || e.RetryAfter != 30*time.Second || m.count() != 1 {
			t.Fatalf("asked again before Retry-After, or not told how long: %v", err)
		}
		time.Sleep(30*time.Second - 1) // fake clock
		if _, err := carried(t.Context(), f); err == nil || m.count() != 1 {
			t.Fatalf("asked again before Retry-After: %v", err)
		}
		time.Sleep(time.Nanosecond) // fake clock
		mustCarry(t, f)
	})
}

// R5: 200 flows that were told the same time do not come back together.
func TestR5RetryAfterIsSpreadUpwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var again []time.Duration
		for range 200 {
			m := &mint{lifetime: time.Minute, fail: &authflow.Error{Status: 429, RetryAfter: 2 * time.Second}}
			f := m.flow(t)
			go func() { _, _ = carried(t.Context(), f) }()
			synctest.Wait()
			m.set(func() { m.fail = nil })
			time.Sleep(3 * time.Second) // fake clock
			synctest.Wait()
			if m.count() != 2 {
				t.Fatalf("%d calls", m.count())
			}
			again = append(again, m.calls[1].Sub(m.calls[0]))
		}
		if first, last := slices.Min(again), slices.Max(again); first < 2*time.Second || last-first < 200*time.Millisecond {
			t.Errorf("asked again after %v to %v", first, last)
		}
	})
}

// R5: what lies in how the server is addressed does not get better by trying.
func TestR5AnUntrustedCertificateIsMetOnce(t *testing.T) {
	handshakes := 0
	server := httptest.NewUnstartedServer(authtest.New())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // which would tell of the handshake
	server.StartTLS()
	defer server.Close()
	untrusting := &http.Transport{}
	defer untrusting.CloseIdleConnections()
	cluster, err := authflow.New(server.URL, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		handshakes++
		return untrusting.RoundTrip(r)
	})}))
	if err != nil {
		t.Fatal(err)
	}
	f, err := cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Token(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") || handshakes != 1 {
		t.Errorf("%d handshakes, %v", handshakes, err)
	}
}
