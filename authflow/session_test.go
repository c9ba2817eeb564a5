package authflow_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// countEcho sends n requests, and fails the test if the server received more than n.
func countEcho(t *testing.T, sim *authtest.Simulator, f *authflow.Flow, n int, every time.Duration) {
	t.Helper()
	before := sim.Calls(authtest.Echo)
	for range n {
		time.Sleep(every) // fake clock
		mustGet(t, f)
	}
	if got := sim.Calls(authtest.Echo) - before; got != n {
		t.Errorf("%d requests were sent %d times", n, got)
	}
}

func TestS2_IdleSession_IsRenewedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		// Each request extends the session, so there is no second login in almost five days.
		countEcho(t, sim, f, 40, 3*time.Hour-time.Minute)
		if n := sim.Calls(authtest.OpLogin); n != 1 {
			t.Errorf("%d logins while in use", n)
		}
		countEcho(t, sim, f, 1, 3*time.Hour)
		if n := sim.Calls(authtest.OpLogin); n != 2 {
			t.Errorf("%d logins after three idle hours", n)
		}
	})
}

func TestS2_RememberedSession_IsRenewedWithinSevenDays(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, true)
		// A session in constant use is renewed early, in the background.
		countEcho(t, sim, f, 28*24, time.Hour)
		if n := sim.Calls(authtest.OpLogin); n < 5 || n > 6 {
			t.Errorf("%d logins in 28 days", n)
		}
		// A session that was idle for a week is renewed before the request.
		before := sim.Calls(authtest.OpLogin)
		countEcho(t, sim, f, 1, 7*24*time.Hour)
		if n := sim.Calls(authtest.OpLogin) - before; n != 1 {
			t.Errorf("%d logins after an idle week", n)
		}
		f.Close()
	})
}

func TestS3_NewLogin_StartsFromAnEmptyJar(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var seen string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			seen = r.Header.Get("Cookie")
			return sim.Transport().RoundTrip(r)
		})}
		f := loggedIn(t, sim, false, authflow.WithHTTPClient(client))
		sim.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "stale=1; Path=/"))
		mustGet(t, f)
		mustGet(t, f)
		if !strings.Contains(seen, "stale=1") {
			t.Fatalf("cookies %q", seen)
		}
		sim.EndSessions()
		mustGet(t, f)
		if strings.Contains(seen, "stale=1") || !strings.Contains(seen, "JSESSIONID") {
			t.Errorf("after the new login: cookies %q", seen)
		}
	})
}

func TestS1_RotatedCookie_NeedsNoNewLogin(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		mustGet(t, f)
		for range 3 {
			sim.RotateCookie(authtest.DefaultUsername)
			mustGet(t, f)
			mustGet(t, f)
		}
		if n := sim.Calls(authtest.OpLogin); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
}

func TestS1_SecureAndPathOfACookie_AreRespected(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var cookies []string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			cookies = append(cookies, r.URL.Path+" "+r.Header.Get("Cookie"))
			return sim.Transport().RoundTrip(r)
		})}
		f := loggedIn(t, sim, false, authflow.WithHTTPClient(client))
		sim.Fail(authtest.Echo, 1, authtest.Header("Set-Cookie", "narrow=1; Path=/api/rest/2.0/auth"))
		mustGet(t, f) // this response sets the cookie
		mustGet(t, f) // this request is outside its path
		if _, err := f.API().GetCurrentUserInfoWithResponse(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := cookies[2]; strings.Contains(got, "narrow") || !strings.Contains(got, "clientId") {
			t.Errorf("outside its path: %s", got)
		}
		if got := cookies[3]; !strings.Contains(got, "narrow=1") {
			t.Errorf("on its path: %s", got)
		}
	})
	// A Secure cookie is not sent over plain HTTP.
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var cookie string
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			cookie = r.Header.Get("Cookie")
			secure := r.Clone(r.Context())
			secure.URL.Scheme = "https" // the scheme of the simulator
			resp, err := sim.Transport().RoundTrip(secure)
			if err == nil {
				resp.Request = r
			}
			return resp, err
		})}
		cluster, err := authflow.New("http://thoughtspot.test", authflow.WithHTTPClient(client), authflow.WithPlainHTTP())
		if err != nil {
			t.Fatal(err)
		}
		f, err := cluster.Session(gen.LoginRequest{Username: authtest.DefaultUsername, Password: authtest.DefaultPassword})
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, f)
		if strings.Contains(cookie, "clientId") || !strings.Contains(cookie, "JSESSIONID") {
			t.Errorf("on plain HTTP: %s", cookie)
		}
	})
}

func TestS1_TwoSessionsOnOneServer_NeverMix(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		cluster := clusterOf(t, sim)
		var wg sync.WaitGroup
		for _, user := range []string{"ann", "bob"} {
			f, err := cluster.Session(gen.LoginRequest{Username: user, Password: gen.Secret("pw-" + user)})
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				for i := range 200 {
					if i%50 == 25 {
						sim.RotateCookie(user)
					}
					r, err := f.API().GetCurrentUserInfoWithResponse(t.Context())
					if err != nil || r.JSON200 == nil || r.JSON200.Name != user {
						t.Errorf("%s: %v, %v", user, r, err)
						return
					}
				}
			})
		}
		wg.Wait()
		if n := sim.Calls(authtest.OpLogin); n != 2 {
			t.Errorf("%d logins", n)
		}
	}, authtest.WithUser("ann", "pw-ann"), authtest.WithUser("bob", "pw-bob"))
}

func TestFlow_SessionsAndTokens_CanBeBuiltOnEachOther(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		bearer := trusted(t, sim, 300*time.Second)
		session, err := bearer.Session()
		if err != nil {
			t.Fatal(err)
		}
		mustGet(t, session)
		for name, parent := range map[string]*authflow.Flow{"session": session, "token": bearer} {
			f := parent.SessionToken()
			mustGet(t, f)
			token, err := f.Token(t.Context())
			if err != nil || token.Username != authtest.DefaultUsername {
				t.Errorf("from a %s: %v, %v", name, token, err)
			}
		}
		// After everything is revoked, each Flow recovers, with the help of its parents.
		sim.RevokeAll()
		mustGet(t, session)
		mustGet(t, bearer)
		// A Flow cannot renew its credential once its parent is closed.
		bearer.Close()
		mustGet(t, session)
		sim.RevokeAll()
		if _, err := get(t.Context(), session); !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("after the parent was closed: %v", err)
		}
	})
}
