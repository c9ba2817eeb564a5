package authflow_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// cookieServer requires the cookie JSESSIONID in every request except a login.
type cookieServer struct {
	set    func(now time.Time) []string        // returns the Set-Cookie headers of a login
	then   func(now time.Time, n int) []string // returns those of the nth other response
	clock  time.Duration                       // by how much the server's clock is ahead of ours
	noDate bool
	logins int
	served int
}

func (s *cookieServer) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now().Add(s.clock)
	resp := reply(r, 200, "{}", "Date", now.UTC().Format(http.TimeFormat))
	if s.noDate {
		resp.Header.Del("Date")
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/login"):
		s.logins++
		resp.StatusCode, resp.Header["Set-Cookie"] = 204, s.set(now)
	case !strings.Contains(r.Header.Get("Cookie"), "JSESSIONID="):
		resp.StatusCode = 401
	default:
		s.served++
		if s.then != nil {
			resp.Header["Set-Cookie"] = s.then(now, s.served)
		}
	}
	return resp, nil
}

func (s *cookieServer) flow(t *testing.T) *authflow.Flow {
	t.Helper()
	f, err := fakeCluster(t, s.RoundTrip).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func always(headers ...string) func(time.Time) []string {
	return func(time.Time) []string { return headers }
}

// expires returns a cookie that expires after a time by the server's clock.
func expires(after time.Duration) func(time.Time) []string { //nolint:unparam // the calls read better with it
	return func(now time.Time) []string {
		return []string{"JSESSIONID=s; Path=/; Expires=" + now.Add(after).UTC().Format(http.TimeFormat)}
	}
}

// However the server takes the cookie away, a request that cannot be repeated finds a
// session.
func TestS2_CookieThatExpiresOrIsRemoved_IsRenewedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	on1st := func(headers ...string) func(time.Time, int) []string {
		return func(_ time.Time, n int) []string {
			if n%2 == 1 { // of each session
				return headers
			}
			return nil
		}
	}
	for name, s := range map[string]*cookieServer{
		"Max-Age":                       {set: always("JSESSIONID=s; Path=/; Max-Age=600")},
		"Expires":                       {set: expires(10 * time.Minute)},
		"Expires, a day ahead":          {set: expires(10 * time.Minute), clock: 24 * time.Hour},
		"Expires, a day behind":         {set: expires(10 * time.Minute), clock: -24 * time.Hour},
		"Expires without a Date":        {set: expires(10 * time.Minute), noDate: true},
		"both, of which one counts":     {set: always("JSESSIONID=s; Path=/; Max-Age=600; Expires=Fri, 31 Dec 9999 23:59:59 GMT")},
		"removed by a response":         {set: always("JSESSIONID=s; Path=/"), then: on1st("JSESSIONID=; Path=/; Max-Age=0")},
		"removed by the year 1970":      {set: always("JSESSIONID=s; Path=/"), then: on1st("JSESSIONID=x; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT")},
		"shortened by a response":       {set: always("JSESSIONID=s; Path=/"), then: on1st("JSESSIONID=t; Path=/; Max-Age=60")},
		"others stay":                   {set: always("JSESSIONID=s; Path=/; Max-Age=600", "clientId=c; Path=/", "AWSALB=a; Path=/; Max-Age=604800")},
		"for the API alone":             {set: always("JSESSIONID=s; Path=/api/rest/2.0; Max-Age=600", "JSESSIONID=ui; Path=/callosum")},
		"for a path that looks like it": {set: always("JSESSIONID=s; Path=/; Max-Age=600", "JSESSIONID=no; Path=/api/re")},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := s.flow(t)
			for i := range 6 {
				if status := stream(t, f, fakeURL); status != 200 {
					t.Errorf("%s: request %d gets %d", name, i, status)
				}
				time.Sleep(15 * time.Minute) // fake clock
			}
		})
	}
}

// A cookie that lasts for ever also does when each response sets it again.
func TestS2_CookieThatNeverExpires_NeedsNoOtherLogin(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"Expires=Fri, 31 Dec 9999 23:59:59 GMT", "Max-Age=9223372036854775807", "Max-Age=315360000", "Expires=Tue, 19 Jan 2038 03:14:07 GMT", "Expires=never"} {
		for _, noDate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				line := "JSESSIONID=s; Path=/; " + end
				s := &cookieServer{set: always(line), then: func(time.Time, int) []string { return []string{line} }, noDate: noDate}
				f := s.flow(t)
				for range 10 {
					if status := stream(t, f, fakeURL); status != 200 {
						t.Errorf("%s: %d", end, status)
					}
					time.Sleep(time.Hour) // fake clock
				}
				if s.logins != 1 {
					t.Errorf("%s: %d logins", end, s.logins)
				}
			})
		}
	}
}

// Every request that reaches the server with the session keeps it alive, whatever its
// response is and whenever it arrives.
func TestS2_RequestThatReachesTheServer_CountsAsUse(t *testing.T) {
	t.Parallel()
	const idle = 10 * time.Minute
	for name, use := range map[string]func(t *testing.T, sim *authtest.Simulator, f, child *authflow.Flow){
		"a request": func(t *testing.T, _ *authtest.Simulator, f, _ *authflow.Flow) { mustGet(t, f) },
		"a request that the server rejects": func(t *testing.T, _ *authtest.Simulator, f, _ *authflow.Flow) {
			_, _ = f.API().ValidateTokenWithResponse(t.Context(), gen.ValidateTokenRequest{Token: "x"})
		},
		"a request for a token of the session": func(t *testing.T, _ *authtest.Simulator, _, child *authflow.Flow) {
			mustToken(t, child, authflow.Exclusive())
		},
		"requests beside a slow one": func(t *testing.T, sim *authtest.Simulator, f, _ *authflow.Flow) {
			sim.Fail(authtest.OpGetCurrentUserInfo, 1, after(12*time.Minute+time.Second))
			done := make(chan struct{})
			go func() { defer close(done); _, _ = f.API().GetCurrentUserInfoWithResponse(t.Context()) }()
			for range 3 {
				mustGet(t, f)
				time.Sleep(4 * time.Minute) // fake clock
			}
			mustGet(t, f)
			<-done
		},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := loggedIn(t, sim, false, authflow.WithPolicy(authflow.Policy{SessionIdle: idle}))
			child := f.SessionToken()
			for range 12 {
				use(t, sim, f, child)
				time.Sleep(idle - time.Minute - time.Second) // fake clock
			}
			if n := sim.Calls(authtest.OpLogin); n != 1 {
				t.Errorf("%s: %d logins", name, n)
			}
		}, authtest.WithIdleTimeout(idle))
	}
}

// after delays a response by d.
func after(d time.Duration) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			time.Sleep(d) // fake clock
		})
	}
}

// A cookie that the response with a token sets belongs to the session.
func TestS1_CookieThatChangesWithAToken_IsTheSessionsCookie(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		child := f.SessionToken()
		for range 3 {
			mustToken(t, child, authflow.Exclusive())
			sim.RotateCookie(authtest.DefaultUsername)
		}
		mustToken(t, child, authflow.Exclusive())
		if status := stream(t, f, sim.URL); status != 200 || sim.Calls(authtest.OpLogin) != 1 {
			t.Errorf("%d after %d logins", status, sim.Calls(authtest.OpLogin))
		}
	})
}

func TestS1_CookieThatEachResponseRenews_NeedsNoOtherLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		c := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/login") {
				logins++
			}
			return reply(r, 200, "{}", "Set-Cookie", fmt.Sprintf("JSESSIONID=s%d; Path=/; Max-Age=600", logins)), nil
		})
		f, _ := c.Session(gen.LoginRequest{Username: "ann", Password: "pw"})
		for range 360 {
			resp, err := f.Do(request(t, fakeURL+"/api/rest/2.0/x"))
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(10 * time.Second) // fake clock
		}
		if logins > 1 {
			t.Errorf("%d logins in an hour", logins)
		}
	})
}
