package authflow_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// unreachable is the way to a simulator. It notes when calls were sent, and a test can
// make it fail.
type unreachable struct {
	sim *authtest.Simulator
	why atomic.Pointer[error] // of every call, while it is set

	sent  atomic.Int64 // calls
	mu    sync.Mutex
	times []time.Time // of the calls
}

// RoundTrip implements http.RoundTripper.
func (n *unreachable) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	n.sent.Add(1)
	n.times = append(n.times, time.Now())
	n.mu.Unlock()
	if why := n.why.Load(); why != nil {
		return nil, *why
	}
	return n.sim.Transport().RoundTrip(r)
}

// within counts the calls between two times.
func (n *unreachable) within(from, to time.Time) (calls int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, at := range n.times {
		if !at.Before(from) && at.Before(to) {
			calls++
		}
	}
	return calls
}

var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errDialing = &net.OpError{Op: "dial", Net: "tcp", Err: context.DeadlineExceeded} // as a Dialer with a Timeout says
	errLookup  = &net.DNSError{Err: "server misbehaving", Name: "thoughtspot.test", IsTemporary: true}
)

// outage is how a server is down, for everybody.
type outage struct {
	why    error
	faults []authtest.Fault
	status int  // of the errors
	cold   bool // no flow had a token before
}

var outages = map[string]outage{
	"connection refused":            {why: errRefused},
	"connection refused, cold":      {why: errRefused, cold: true},
	"dial timeout":                  {why: errDialing},
	"name server":                   {why: errLookup},
	"connection cut":                {faults: []authtest.Fault{authtest.Reset()}},
	"502 page":                      {faults: []authtest.Fault{authtest.HTML(502)}, status: 502},
	"503 after 20 ms":               {faults: []authtest.Fault{authtest.Delay(20 * time.Millisecond), authtest.Status(503)}, status: 503},
	"503, cold":                     {faults: []authtest.Fault{authtest.Status(503)}, status: 503, cold: true},
	"503 after 1 s":                 {faults: []authtest.Fault{authtest.Delay(time.Second), authtest.Status(503)}, status: 503},
	"503 after 5 s":                 {faults: []authtest.Fault{authtest.Delay(5 * time.Second), authtest.Status(503)}, status: 503},
	"503 after 9 s, cold":           {faults: []authtest.Fault{authtest.Delay(9 * time.Second), authtest.Status(503)}, status: 503, cold: true},
	"504, empty":                    {faults: []authtest.Fault{authtest.Empty(504)}, status: 504},
	"429":                           {faults: []authtest.Fault{authtest.Status(429)}, status: 429},
	"429, Retry-After of 2 s":       {faults: []authtest.Fault{authtest.RateLimited(2 * time.Second)}, status: 429},
	"429, Retry-After of 2 s, cold": {faults: []authtest.Fault{authtest.RateLimited(2 * time.Second)}, status: 429, cold: true},
	"maintenance page":              {faults: []authtest.Fault{authtest.Maintenance(200)}, status: 200},
	"silence":                       {faults: []authtest.Fault{authtest.Delay(time.Hour)}},
	"silence, cold":                 {faults: []authtest.Fault{authtest.Delay(time.Hour)}, cold: true},
}

// outageTime is how long the outages of the tests last.
const outageTime = 150 * time.Second

// A crowd asks every other second while the server is down. The server gets few
// calls, every caller learns the cause and when to retry in time, and all
// are served soon after the server is back.
func TestR14_DeadServer_GetsFewCallsAndEveryCallerLearnsOfIt(t *testing.T) {
	t.Parallel()
	typical := []string{"503, cold", "502 page", "silence", "429, Retry-After of 2 s", "connection refused"}
	bubbles(t, rows(t, outages, typical...), func(t *testing.T, o outage) {
		size := sized(1000, 60)
		sim := authtest.New(people(size)...)
		net := &unreachable{sim: sim}
		cluster := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: net}), authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := byKey(t, cluster, size)
		if !o.cold {
			allAtOnce(flows, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
			time.Sleep(300 * time.Second) // fake clock
		}
		o.begin(net)
		began, back := time.Now(), time.Now().Add(outageTime)
		time.AfterFunc(outageTime, func() { net.why.Store(nil); sim.ClearFaults() })
		var first sync.Once
		var firstServed time.Time
		allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for asked := time.Now(); time.Since(back) < time.Minute; asked = time.Now() {
				_, err := f.Token(t.Context())
				if err == nil {
					first.Do(func() { firstServed = time.Now() })
					return
				}
				o.judge(t, err, began, asked)
				time.Sleep(2 * time.Second) // fake clock
			}
			t.Error("not served within a minute after the outage")
		})
		if took := firstServed.Sub(back); took > 10*time.Second {
			t.Errorf("the first one was served %v after the outage", took)
		}
		if took, allowed := time.Since(back), 20*time.Second+time.Duration(size/50)*time.Second; took > allowed {
			t.Errorf("the last one was served %v after the outage", took)
		}
		o.judgeCalls(t, net, began, back)
	})
}

// begin lets the outage begin.
func (o *outage) begin(n *unreachable) {
	if o.why != nil {
		n.why.Store(&o.why)
		return
	}
	n.sim.Fail(authtest.AnyOperation, -1, o.faults[0], o.faults[1:]...)
}

// judge fails the test unless the error names the cause and says when to retry,
// and came in time: within 30 s of the first failure, which takes at most 10 s. A
// caller that comes later is told within 30 s, apart from the time in the queue, 2 s
// for each of its attempts.
func (o *outage) judge(t *testing.T, err error, began, asked time.Time) {
	t.Helper()
	var e *authflow.Error
	isKnown := errors.As(err, &e) && (e.Status == o.status || e.Class() == "outcomeUnknown") // of a call that was cut short
	switch {
	case t.Failed():
	case !isKnown, !e.Retryable(), e.RetryAfter <= 0, e.Status == 0 && e.Err == nil:
		t.Errorf("told %v", err)
	case o.why != nil && !errors.Is(err, o.why):
		t.Errorf("told without the cause: %v", err)
	}
	latest := began.Add(40 * time.Second)
	if soon := asked.Add(36 * time.Second); soon.After(latest) {
		latest = soon
	}
	if time.Now().After(latest) && !t.Failed() {
		t.Errorf("told after %v, %v after the outage began: %v", time.Since(asked), time.Since(began), err)
	}
}

// judgeCalls fails the test if the server got more calls than R14 allows.
func (o *outage) judgeCalls(t *testing.T, n *unreachable, began, back time.Time) {
	t.Helper()
	for minute, most := 0, 60; ; minute, most = minute+1, 40 {
		from := began.Add(time.Duration(minute) * time.Minute)
		if !from.Before(back) {
			return
		}
		to := from.Add(time.Minute)
		if to.After(back) {
			to = back
		}
		if calls := n.within(from, to); calls > most {
			t.Errorf("%d calls in minute %d", calls, minute+1)
		}
	}
}

// One call ends with 503, and after it the server accepts connections and never
// answers. Fifty callers have no deadline of their own.
func TestR14_503ThenSilence_IsToldWithinTheTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(people(50)...)
		sim.Fail(authtest.AnyOperation, 1, authtest.Status(503))
		sim.Fail(authtest.AnyOperation, -1, authtest.Delay(time.Hour))
		flows := byKey(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), 50)
		for range 3 {
			took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
				_, err := f.Token(t.Context())
				var e *authflow.Error
				if !errors.As(err, &e) || e.RetryAfter <= 0 || e.Err == nil {
					t.Errorf("told %v", err)
				}
			})
			if took > 36*time.Second { // 30 s, and 2 s in the queue before each attempt
				t.Errorf("all were told after %v", took)
			}
			time.Sleep(10 * time.Second) // fake clock
		}
	})
}

// Revocations come out of the same budget.
func TestR14_Revocations_OfADeadServerAreCountedToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const size = 100
		sim := authtest.New(people(size)...)
		net := &unreachable{sim: sim}
		cluster := clusterOf(t, sim, authflow.WithHTTPClient(&http.Client{Transport: net}), authflow.WithSecretKey(authtest.DefaultSecretKey))
		flows := byKey(t, cluster, size)
		allAtOnce(flows, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
		time.Sleep(10 * time.Second) // fake clock
		down := outage{faults: []authtest.Fault{authtest.Status(503)}, status: 503}
		down.begin(net)
		began := time.Now()
		for time.Since(began) < outageTime {
			allAtOnce(flows, func(i int, f *authflow.Flow) {
				if i%2 == 0 {
					err := f.Logout(t.Context())
					if err == nil {
						t.Error("a token was revoked")
					}
					return
				}
				_, _ = f.Token(t.Context(), authflow.Exclusive())
			})
			time.Sleep(time.Second) // fake clock
		}
		back := time.Now()
		sim.ClearFaults()
		down.judgeCalls(t, net, began, back)
		allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for f.Logout(t.Context()) != nil {
				time.Sleep(time.Second) // fake clock
			}
		})
		if took := time.Since(back); took > 15*time.Second {
			t.Errorf("all were logged out %v after the outage", took)
		}
	})
}

// A RoundTripper does not obey its context, and never returns. It costs one attempt
// of one user.
func TestR5_CallThatNeverReturns_HoldsNobodyBack(t *testing.T) {
	t.Parallel()
	type situation struct {
		password bool // of one user, whom all flows belong to
		after503 bool
		within   time.Duration
	}
	bubbles(t, map[string]situation{
		"with a key":          {within: 13 * time.Second},
		"after a 503":         {after503: true, within: 20 * time.Second},
		"with a new password": {password: true, within: 80 * time.Second}, // it may have been rejected, and is not sent for a minute
	}, func(t *testing.T, c situation) {
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
		flows := byKey(t, cluster, 10)
		if c.password {
			flows = ofOneUser(t, cluster, 10)
		}
		if c.after503 {
			sim.Fail(authtest.AnyOperation, 1, authtest.Status(503))
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			_, _ = carried(ctx, flows[9])
		}
		hangs.Store(true)
		took := allAtOnce(flows, func(_ int, f *authflow.Flow) {
			for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(time.Second) { // fake clock
				_, err := carried(t.Context(), f)
				if err == nil {
					return
				}
			}
			t.Error("not served")
		})
		if took > c.within {
			t.Errorf("all were served after %v", took)
		}
	})
}
