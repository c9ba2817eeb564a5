package authflow_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// stream posts a body that cannot be read again, and returns the status.
func stream(t *testing.T, f *authflow.Flow, server string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server+"/api/rest/2.0/files", struct{ io.Reader }{strings.NewReader("data")})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := f.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// withCookies is a server that sends these Set-Cookie headers with a login, and
// requires the first cookie in every other request.
func withCookies(logins *int, headers ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/login") {
			*logins++
			resp := reply(r, 204, "", "Date", time.Now().UTC().Format(http.TimeFormat))
			resp.Header["Set-Cookie"] = headers
			return resp, nil
		}
		first, _, _ := strings.Cut(headers[0], ";")
		if !strings.Contains(r.Header.Get("Cookie"), first) {
			return reply(r, 401, "{}"), nil
		}
		return reply(r, 200, "{}"), nil
	}
}

// A session whose cookie has expired is renewed before a request that could not be
// repeated.
func TestS2_SessionWithoutItsCookie_IsRenewedBeforeTheRequest(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string][]string{
		"Max-Age":                         {"JSESSIONID=s; Path=/; Max-Age=600"},
		"Max-Age beside a lasting cookie": {"JSESSIONID=s; Path=/; Max-Age=600", "clientId=c; Path=/"},
		"Max-Age on a path of the API":    {"JSESSIONID=s; Path=/api; Max-Age=600"},
	}, func(t *testing.T, headers []string) {
		logins := 0
		f, err := fakeCluster(t, withCookies(&logins, headers...)).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
		if err != nil {
			t.Fatal(err)
		}
		for want := 1; want <= 3; want++ {
			if status := stream(t, f, fakeURL); status != 200 || logins != want {
				t.Errorf("%d after %d logins, want %d", status, logins, want)
			}
			time.Sleep(15 * time.Minute) // fake clock
		}
	})
}

func TestS2_ShorterIdleTime_CanBeConfigured(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false, authflow.WithPolicy(authflow.Policy{SessionIdle: 10 * time.Minute}))
		for range 4 {
			if status := stream(t, f, sim.URL); status != 200 {
				t.Errorf("status %d", status)
			}
			time.Sleep(15 * time.Minute) // fake clock
		}
	}, authtest.WithIdleTimeout(10*time.Minute))
}

// A request that never reached the server does not keep the session alive.
func TestS2_RequestsThatNeverArrived_DoNotExtendTheSession(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		down := false
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if down {
				return nil, errors.New("no route")
			}
			return sim.Transport().RoundTrip(r)
		})
		f := loggedIn(t, sim, false, authflow.WithHTTPClient(&http.Client{Transport: base}))
		mustGet(t, f)
		down = true
		for range 5 {
			time.Sleep(time.Hour) // fake clock
			if _, err := get(t.Context(), f); err == nil {
				t.Fatal("the server is down")
			}
		}
		down = false
		time.Sleep(time.Minute) // fake clock
		if status := stream(t, f, sim.URL); status != 200 {
			t.Errorf("status %d", status)
		}
	})
}

// The first of ten responses changes the cookie, while the other requests are under
// way with the old one. They are repeated with the new cookie, without a login.
func TestP1_CookieThatChanged_IsTriedBeforeALogin(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		slow := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("X-Late") != "" {
				time.Sleep(time.Second) // fake clock
			}
			return sim.Transport().RoundTrip(r)
		})
		f := loggedIn(t, sim, false, authflow.WithHTTPClient(&http.Client{Transport: slow}))
		mustGet(t, f)
		sim.RotateCookie(authtest.DefaultUsername)
		var wg sync.WaitGroup
		for range 9 {
			wg.Go(func() {
				req := request(t, sim.URL+"/api/rest/2.0/metadata/search")
				req.Header.Set("X-Late", "1")
				resp, err := f.Do(req)
				if err != nil || resp.StatusCode != http.StatusOK {
					t.Error(resp, err)
				}
				if err == nil {
					_ = resp.Body.Close()
				}
			})
		}
		synctest.Wait()
		mustGet(t, f)
		wg.Wait()
		if n := sim.Calls(authtest.OpLogin); n != 1 {
			t.Errorf("%d logins", n)
		}
	})
}

func TestX2_CookieJar_IsBounded(t *testing.T) {
	t.Parallel()
	cookies, logins, sent := 0, 0, 0
	login := withCookies(&logins, "JSESSIONID=s; Path=/")
	f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		resp, err := login(r)
		sent = len(r.Header.Get("Cookie"))
		if !strings.HasSuffix(r.URL.Path, "/search") {
			return resp, err
		}
		for range 1000 {
			cookies++
			resp.Header.Add("Set-Cookie", fmt.Sprintf("c%d=%s; Path=/", cookies, strings.Repeat("v", 200)))
		}
		return resp, err
	}).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
	if err != nil {
		t.Fatal(err)
	}
	for range 7 {
		mustGet(t, f)
	}
	if sent > 64*256 {
		t.Errorf("%d bytes of cookies", sent)
	}
}
