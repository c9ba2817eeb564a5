package authflow_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR5_FailureThatMayPass_IsRetriedWithinTheFlight(t *testing.T) {
	t.Parallel()
	type failure struct {
		fault authtest.Fault
		times int
		again bool
	}
	cases := map[string]failure{
		"connection cut":   {authtest.Reset(), 2, true},
		"truncated":        {authtest.Truncated(), 2, true},
		"maintenance page": {authtest.Maintenance(200), 2, true},
		"502 page":         {authtest.HTML(502), 2, true},
		"silence":          {authtest.Delay(time.Hour), 1, true},
	}
	for _, status := range []int{408, 429, 500, 502, 503, 504, 505} {
		cases[strconv.Itoa(status)] = failure{authtest.Status(status), 1, true}
	}
	for _, status := range []int{400, 401, 403, 404, 405, 501} {
		cases[strconv.Itoa(status)] = failure{authtest.Status(status), 1, false}
	}
	bubbles(t, cases, func(t *testing.T, c failure) {
		sim := authtest.New()
		sim.Fail(authtest.OpGetFullAccessToken, c.times, c.fault)
		began, calls := time.Now(), 1
		if c.again {
			calls += c.times
		}
		_, err := trusted(t, sim, 0).Token(t.Context())
		if n := sim.Calls(authtest.OpGetFullAccessToken); (err == nil) != c.again || n != calls {
			t.Errorf("%d calls, want %d: %v", n, calls, err)
		}
		if took := time.Since(began); took > 11*time.Second { // an attempt has a third of the time
			t.Errorf("took %v", took)
		}
	})
}

// A password that was never accepted is sent once in a flight, and the next flight
// sends it again: soon after a failure that has nothing to do with it, and a minute after
// silence, which may hide a rejection.
func TestR6_NewPassword_IsSentOnceInAFlight(t *testing.T) {
	t.Parallel()
	type failure struct {
		fault authtest.Fault
		pause time.Duration
	}
	bubbles(t, map[string]failure{
		"502 page":         {authtest.HTML(502), time.Second},
		"503":              {authtest.Status(503), time.Second},
		"504":              {authtest.Empty(504), time.Second},
		"maintenance page": {authtest.Maintenance(200), time.Second},
		"silence":          {authtest.Delay(time.Hour), time.Minute},
		"connection cut":   {authtest.Reset(), time.Minute},
	}, func(t *testing.T, c failure) {
		sim := authtest.New()
		sim.Fail(authtest.OpLogin, 1, c.fault)
		f := loggedIn(t, sim, false)
		_, err := get(t.Context(), f)
		var e *authflow.Error
		if !errors.As(err, &e) || !e.Retryable() || e.RetryAfter != c.pause || sim.Calls(authtest.OpLogin) != 1 {
			t.Fatalf("%d logins, %v", sim.Calls(authtest.OpLogin), err)
		}
		time.Sleep(e.RetryAfter) // fake clock
		mustGet(t, f)
		if n := sim.Calls(authtest.OpLogin); n != 2 {
			t.Errorf("%d logins", n)
		}
		sim.EndSessions() // the password is proven now
		sim.Fail(authtest.OpLogin, 2, c.fault)
		mustGet(t, f)
	})
}

// A call that surely did nothing says nothing of the password either.
func TestR5_NewPasswordThatWasNotLookedAt_IsSentAgainInTheFlight(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]error{"connection refused": errRefused, "dial timeout": errDialing, "429": nil}, func(t *testing.T, why error) {
		sim := authtest.New()
		network := &unreachable{sim: sim}
		if why != nil {
			network.why.Store(&why)
			time.AfterFunc(50*time.Millisecond, func() { network.why.Store(nil) })
		} else {
			sim.Fail(authtest.OpLogin, 1, authtest.RateLimited(time.Second))
		}
		mustGet(t, loggedIn(t, sim, false, authflow.WithHTTPClient(&http.Client{Transport: network})))
		if n := network.sent.Load(); n != 3 { // in vain, the login, and the request
			t.Errorf("%d calls", n)
		}
	})
}

// A function of the user's says by its error whether it is called again.
func TestR5_FailureOfAFunction_IsRetriedIfItMayPass(t *testing.T) {
	t.Parallel()
	cases := map[string]error{
		"time-out": context.DeadlineExceeded,
		"408":      &authflow.Error{Status: 408}, "429": &authflow.Error{Status: 429}, "500": &authflow.Error{Status: 500},
		"502": &authflow.Error{Status: 502}, "503": &authflow.Error{Status: 503}, "504": &authflow.Error{Status: 504},
	}
	bubbles(t, cases, func(t *testing.T, fail error) {
		m := &mint{lifetime: 300 * time.Second, fail: fail}
		f := m.flow(t)
		time.AfterFunc(150*time.Millisecond, func() { m.set(func() { m.fail = nil }) })
		if v, err := carried(t.Context(), f); v != "token-2" && v != "token-3" {
			t.Errorf("%q after %d calls, %v", v, m.count(), err)
		}
	})
}

func TestR5_FailureOfAFunction_IsNotRetriedIfItStays(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]error{
		"text": errors.New("no such vault"), "404": &authflow.Error{Status: 404}, "501": &authflow.Error{Status: 501},
	}, func(t *testing.T, fail error) {
		m := &mint{fail: fail}
		if _, err := carried(t.Context(), m.flow(t)); err == nil || m.count() != 1 {
			t.Errorf("%d calls, %v", m.count(), err)
		}
	})
}

func TestR5_Retries_AreSpacedAndBounded(t *testing.T) {
	t.Parallel()
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

// A wrong address or certificate stays wrong when the call is repeated.
func TestR5_WrongAddress_IsMetOnce(t *testing.T) {
	t.Parallel()
	host := &net.DNSError{Err: "no such host", Name: "thoughtspot.test", IsNotFound: true}
	type failure struct {
		err   error
		calls int
	}
	bubbles(t, map[string]failure{
		"host that does not exist":   {&net.OpError{Op: "dial", Err: host}, 1},
		"unknown authority":          {&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, 1},
		"another host's certificate": {&tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"}}, 1},
		"expired certificate":        {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, 1},
		"plain http on that port":    {tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, 1},
		"http for https":             {http.ErrSchemeMismatch, 1},
		"no client certificate":      {&net.OpError{Op: "remote error", Err: tls.AlertError(116)}, 1},
		"connection refused":         {errRefused, 3},
		"dial timeout":               {errDialing, 3},
		"name server in trouble":     {errLookup, 3},
		"connection reset":           {syscall.ECONNRESET, 3},
		"end of file":                {io.ErrUnexpectedEOF, 3},
	}, func(t *testing.T, c failure) {
		calls := 0
		f := on(t, func(*http.Request) (*http.Response, error) { calls++; return nil, c.err })
		_, err := f.Token(t.Context())
		if !errors.Is(err, c.err) || calls != c.calls {
			t.Errorf("%d calls, want %d: %v", calls, c.calls, err)
		}
	})
}

func TestR5_UntrustedCertificate_IsMetOnce(t *testing.T) {
	t.Parallel()
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
	_, err = f.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), "certificate") || handshakes != 1 {
		t.Errorf("%d handshakes, %v", handshakes, err)
	}
}

// A server that demands a client certificate has not looked at the password.
func TestR6_TLSAlert_CountsAsNoRejection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		network := &unreachable{sim: sim}
		alert := error(&net.OpError{Op: "remote error", Err: tls.AlertError(116)})
		network.why.Store(&alert)
		f := loggedIn(t, sim, false, authflow.WithHTTPClient(&http.Client{Transport: network}))
		for range 10 {
			_, err := get(t.Context(), f)
			if err == nil || errors.Is(err, authflow.ErrCredentialsRejected) {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second) // fake clock
		}
		network.why.Store(nil)
		time.Sleep(time.Minute) // fake clock
		mustGet(t, f)
	})
}
