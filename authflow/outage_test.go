package authflow_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// What is everybody's trouble.

// unreachable is a network with switches in front of a simulator.
type unreachable struct {
	sim  *authtest.Simulator
	why  atomic.Pointer[error] // of every call, while it is set
	sent atomic.Int64          // calls that were tried, to the server or in vain
}

// RoundTrip implements http.RoundTripper.
func (u *unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	u.sent.Add(1)
	if why := u.why.Load(); why != nil {
		return nil, *why
	}
	return u.sim.Transport().RoundTrip(r)
}

var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errDialing = &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded} // as a Dialer with a Timeout says
	errLookup  = &net.DNSError{Err: "server misbehaving", Name: "thoughtspot.test", IsTemporary: true}
)

// A thousand users ask every other second while the server is away for a minute.
// It gets a few probes, nobody waits for long, all are told what is wrong and
// when to come again, and when it is back all are served.
func TestR3R5R6AnOutageIsProbedAndRecoveredFrom(t *testing.T) {
	type outage struct {
		why   error
		fault authtest.Fault
		is    int  // the status of the error
		cold  bool // nobody had a token before
	}
	bubbles(t, map[string]outage{
		"connection refused":        {why: errRefused},
		"connection refused, cold":  {why: errRefused, cold: true},
		"dial timeout":              {why: errDialing},
		"name server":               {why: errLookup},
		"cut":                       {fault: authtest.Reset()},
		"502":                       {fault: authtest.HTML(502), is: 502},
		"503":                       {fault: authtest.Status(503), is: 503},
		"503, cold":                 {fault: authtest.Status(503), is: 503, cold: true},
		"504":                       {fault: authtest.Empty(504), is: 504},
		"429":                       {fault: authtest.Status(429), is: 429},
		"429, Retry-After":          {fault: authtest.RateLimited(2 * time.Second), is: 429},
		"429, Retry-After, cold":    {fault: authtest.RateLimited(2 * time.Second), is: 429, cold: true},
		"maintenance":               {fault: authtest.Maintenance(200), is: 200},
		"trusted authentication":    {fault: authtest.Status(403), is: 403},
		"trusted auth..., cold":     {fault: authtest.Status(403), is: 403, cold: true},
		"a key that is not yet new": {fault: authtest.Status(401), is: 401},
	}, func(t *testing.T, o outage) {
		sim := authtest.New(people(1000)...)
		network := &unreachable{sim: sim}
		c := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: network}), authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, 1000)
		for i := range flows {
			flows[i] = userOf(t, c, i)
		}
		if !o.cold {
			allAtOnce(flows, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
			time.Sleep(300 * time.Second) // fake clock
			network.sent.Store(0)
		}
		if o.why != nil {
			network.why.Store(&o.why)
		} else {
			sim.Fail(authtest.AnyOperation, -1, authtest.Delay(20*time.Millisecond), o.fault)
		}
		began, back := time.Now(), time.Minute
		if o.is == 401 {
			back += time.Minute // a refused key may wait for as long
		}
		time.AfterFunc(time.Minute, func() {
			if n := network.sent.Load(); n > 30 {
				t.Errorf("%d calls in the first minute", n)
			}
			network.why.Store(nil)
			sim.ClearFaults()
		})
		var served, untold atomic.Int64
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for asked := time.Now(); ; asked = time.Now() {
				_, err := f.Token(t.Context())
				if err == nil {
					served.Add(1)
					return
				}
				var e *authflow.Error
				if !errors.As(err, &e) || e.Status != o.is || o.why != nil && !errors.Is(err, o.why) || time.Since(asked) > 30*time.Second || time.Since(began) > 5*time.Minute {
					if untold.Add(1) == 1 {
						t.Errorf("told after %v: %v", time.Since(asked), err)
					}
					return
				}
				if e.RetryAfter <= 0 {
					untold.Add(1)
				}
				time.Sleep(2 * time.Second) // fake clock
			}
		})
		if served.Load() != 1000 || took > back+35*time.Second {
			t.Errorf("%d served by %v", served.Load(), took)
		}
		if untold.Load() > 30 { // more than those who sent the probes
			t.Errorf("%d were not told when to come again", untold.Load())
		}
	})
}

// A RoundTripper that does not obey its context, and never returns.
func TestR5ACallThatNeverReturnsHoldsNobodyBack(t *testing.T) {
	bubbles(t, map[string]struct{ password, probe bool }{
		"with a key":      {},
		"with a password": {password: true},
		"as the probe":    {probe: true},
	}, func(t *testing.T, c struct{ password, probe bool }) {
		sim := authtest.New(people(10)...)
		hangs, over := atomic.Bool{}, make(chan struct{})
		defer close(over)
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if hangs.CompareAndSwap(true, false) {
				<-over
			}
			return sim.Transport().RoundTrip(r)
		})
		cluster := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: base}), authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := make([]*authflow.Flow, 10)
		for i := range flows {
			if flows[i] = userOf(t, cluster, i); c.password {
				var err error
				if flows[i], err = cluster.Session(gen.LoginRequest{Username: "user-0", Password: "pw"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if c.probe {
			sim.Fail(authtest.AnyOperation, 1, authtest.Status(503))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, _ = carried(ctx, flows[9])
		}
		hangs.Store(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for ctx.Err() == nil {
				if _, err := carried(ctx, f); err == nil {
					return
				}
				time.Sleep(time.Second) // fake clock
			}
		})
		if took > 20*time.Second {
			t.Errorf("all were served after %v", took)
		}
	})
}
