package authflow_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// lost lets a call take effect, and puts another response in the place of its own.
func lost(instead authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(httptest.NewRecorder(), r)
			instead(next).ServeHTTP(w, r)
		})
	}
}

// After a rejection that arrived, every response may hide one more, also those that
// a gateway gives in place of the server.
func TestR6_WhatFollowsARejection_CountsAsOne(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"truncated":       authtest.Truncated(),
		"connection cut":  lost(authtest.Reset()),
		"silence":         lost(authtest.Delay(time.Hour)),
		"502":             lost(authtest.Status(502)),
		"503":             lost(authtest.Status(503)),
		"504 page":        lost(authtest.HTML(504)),
		"429":             lost(authtest.RateLimited(time.Second)),
		"maintenance":     lost(authtest.Maintenance(200)),
		"login page":      lost(authtest.HTML(200)),
		"single sign-on":  lost(authtest.Redirect(302, "https://idp.example/sso")),
		"empty":           lost(authtest.Empty(500)),
		"not of the API":  lost(authtest.Answer(400, "text/plain", "wrong")),
		"an unknown host": lost(authtest.Status(421)),
	}, func(t *testing.T, fault authtest.Fault) {
		w := watch(t)
		flows := w.flows(t, 10, "wrong", nil)
		allAsk(t, flows, 0)
		w.Fail(authtest.AnyOperation, -1, fault)
		for minute := range 3 * 60 {
			allAsk(t, flows, minute)
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 3)
	})
}

// No response ever came, and each may have been a rejection.
func TestR6_SilenceForANewPassword_CountsAsRejection(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"connection cut": lost(authtest.Reset()),
		"silence":        lost(authtest.Delay(time.Hour)),
		"truncated":      authtest.Truncated(),
		"page":           lost(authtest.HTML(200)),
	}, func(t *testing.T, fault authtest.Fault) {
		w := watch(t)
		w.Fail(authtest.AnyOperation, -1, fault)
		flows := w.flows(t, 10, "wrong", nil)
		for minute := range 3 * 60 {
			allAsk(t, flows, minute)
			time.Sleep(time.Minute) // fake clock
		}
		w.expectAtMost(t, 3)
		w.ClearFaults()
		w.SetPassword("ann", "wrong")
		time.Sleep(time.Hour) // fake clock
		if err := ask(t.Context(), flows[0], 0); err != nil {
			t.Errorf("an hour after it is right: %v", err)
		}
	})
}

// A server answers wrong passwords slowly, or callers give up before it does.
func TestR6_CallersThatGiveUp_DoNotLockTheAccount(t *testing.T) {
	t.Parallel()
	type situation struct {
		takes time.Duration
		use   func(t *testing.T, ctx context.Context, c *authflow.Cluster, f *authflow.Flow)
	}
	bubbles(t, map[string]situation{
		"exclusive tokens": {100 * time.Millisecond, func(_ *testing.T, ctx context.Context, _ *authflow.Cluster, f *authflow.Flow) {
			_, _ = f.Token(ctx, authflow.Exclusive())
		}},
		"a flow for each request": {100 * time.Millisecond, func(t *testing.T, ctx context.Context, c *authflow.Cluster, _ *authflow.Flow) {
			f := wrongPassword(t, c)
			_, _ = f.Token(ctx)
			_ = f.Close()
		}},
		"a slow server": {15 * time.Second, func(t *testing.T, _ context.Context, _ *authflow.Cluster, f *authflow.Flow) {
			_, _ = f.Token(t.Context())
		}},
	}, func(t *testing.T, s situation) {
		w := watch(t, authtest.WithTokenRejection(401))
		c := clusterOf(t, w.Simulator, authflow.WithHTTPClient(&http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			resp, err := w.RoundTrip(r) // takes effect
			select {
			case <-time.After(s.takes): // the way back
				return resp, err
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		})}))
		f := wrongPassword(t, c)
		for range 400 {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			s.use(t, ctx, c, f)
			cancel()
			time.Sleep(10 * time.Second) // fake clock
		}
		w.expectAtMost(t, 3)
	})
}

func wrongPassword(t *testing.T, c *authflow.Cluster) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: "ann", Password: "wrong"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Passwords that are on their way are seen by the server later than they were sent.
func TestR6_SlowWayToTheServer_CountsToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t)
		n := 0
		flows := w.flows(t, 1, "", func(context.Context) (gen.Secret, error) { n++; return gen.Secret(fmt.Sprint("wrong-", n)), nil })
		w.Fail(authtest.AnyOperation, 4, authtest.Delay(9*time.Second))
		for began := time.Now(); time.Since(began) < 2*time.Hour; time.Sleep(5 * time.Second) { // fake clock
			allAsk(t, flows, 0)
		}
	})
}

// The password was accepted before, and says nothing against it that responses are
// lost, or that the server is down: it works within a minute after any outage, given
// in the request or supplied by a function.
func TestR6_ProvenPassword_IsBackWithinAMinute(t *testing.T) {
	t.Parallel()
	bubbles(t, rows(t, map[string]authtest.Fault{
		"connection cut":   lost(authtest.Reset()),
		"silence":          lost(authtest.Delay(time.Hour)),
		"truncated":        authtest.Truncated(),
		"page":             lost(authtest.HTML(200)),
		"503":              authtest.Status(503),
		"429":              authtest.Status(429),
		"maintenance page": authtest.Maintenance(200),
	}, "silence", "503"), func(t *testing.T, fault authtest.Fault) {
		for _, outage := range []time.Duration{30 * time.Second, 30 * time.Minute} {
			w := watch(t)
			given := w.flows(t, 5, "right", nil)
			supplied := w.flows(t, 5, "", func(context.Context) (gen.Secret, error) { return "right", nil })
			flows := append(given, supplied...)
			allAtOnce(flows, func(_ int, f *authflow.Flow) { _ = ask(t.Context(), f, 0) })
			w.EndSessions()
			w.RevokeTokens()
			w.Fail(authtest.AnyOperation, -1, fault)
			for began := time.Now(); time.Since(began) < outage; time.Sleep(15 * time.Second) { // fake clock
				allAtOnce(flows, func(_ int, f *authflow.Flow) { _ = f.Renew(t.Context()) })
			}
			w.ClearFaults()
			took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
				for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(time.Second) { // fake clock
					err := ask(t.Context(), f, 0)
					if err == nil {
						return
					}
				}
				t.Errorf("not served after an outage of %v", outage)
			})
			if took > time.Minute {
				t.Errorf("all were served %v after an outage of %v", took, outage)
			}
		}
	})
}

// A program starts while the server is down. Its password, which may have been
// rejected, is kept back for no longer than is needed.
func TestR6_FirstStart_IsServedSoonAfterTheOutage(t *testing.T) {
	t.Parallel()
	type start struct {
		faults []authtest.Fault // one after the other
		lasts  time.Duration
		within time.Duration // from the start
	}
	bubbles(t, map[string]start{
		"two minutes of silence":              {[]authtest.Fault{lost(authtest.Delay(time.Hour))}, 2 * time.Minute, 12 * time.Minute},
		"two minutes of cut connections":      {[]authtest.Fault{lost(authtest.Reset())}, 2 * time.Minute, 12 * time.Minute},
		"one connection is cut, and then 503": {[]authtest.Fault{authtest.Reset(), authtest.Status(503)}, 90 * time.Second, 3 * time.Minute},
		"503":                                 {[]authtest.Fault{authtest.Status(503)}, 2 * time.Minute, 2*time.Minute + 10*time.Second},
	}, func(t *testing.T, s start) {
		w := watch(t)
		for _, fault := range s.faults[:len(s.faults)-1] {
			w.Fail(authtest.AnyOperation, 1, fault)
		}
		w.Fail(authtest.AnyOperation, -1, s.faults[len(s.faults)-1])
		time.AfterFunc(s.lasts, w.ClearFaults)
		took := allAtOnce(w.flows(t, 10, "right", nil), func(_ int, f *authflow.Flow) {
			for began := time.Now(); time.Since(began) < time.Hour; time.Sleep(time.Second) { // fake clock
				err := ask(t.Context(), f, 0)
				if err == nil {
					return
				}
			}
			t.Error("not served")
		})
		if took > s.within {
			t.Errorf("all were served %v after the start", took)
		}
	})
}

func heapNow() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestL3_RejectedPasswords_AreForgottenAfterADay(t *testing.T) {
	const size = 20_000
	if sized(1, 0) == 0 {
		t.Skip("in make crowds")
	}
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		c := clusterOf(t, sim, authflow.WithRateLimit(0, 0))
		before := heapNow()
		for i := range size {
			f, err := c.Session(gen.LoginRequest{Username: fmt.Sprint("guess-", i), Password: "x"})
			if err != nil {
				t.Fatal(err)
			}
			_ = f.Edit(t.Context(), request(t, sim.URL+"/x"))
			_ = f.Close()
			if i%1000 == 0 {
				time.Sleep(2 * time.Hour) // fake clock
			}
		}
		time.Sleep(24 * time.Hour) // fake clock
		f, err := c.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil || f.Renew(t.Context()) != nil {
			t.Fatal(err)
		}
		sim.ResetCalls()
		if grown := int64(heapNow()) - int64(before); grown > 2<<20 {
			t.Errorf("%d bytes are kept of %d user names that were tried a day ago", grown, size)
		}
		runtime.KeepAlive(c)
	})
}
