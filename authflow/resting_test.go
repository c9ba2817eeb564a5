package authflow_test

import (
	"context"
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

// stream posts a body that cannot be had again, and returns the status.
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

// withCookies is a server whose log-in answers with these Set-Cookie headers,
// and which wants the first of them back.
func withCookies(logins *int, headers ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(r.URL.Path, "/login") {
			*logins++
			resp := reply(r, 204, "", "Date", time.Now().UTC().Format(http.TimeFormat))
			resp.Header["Set-Cookie"] = headers
			return resp, nil
		}
		if first, _, _ := strings.Cut(headers[0], ";"); !strings.Contains(r.Header.Get("Cookie"), first) {
			return reply(r, 401, "{}"), nil
		}
		return reply(r, 200, "{}"), nil
	}
}

// A session whose cookie has ended is renewed before the request that could not
// be sent again.
func TestS2ASessionWithoutItsCookieIsRenewedBeforeTheRequest(t *testing.T) {
	for name, headers := range map[string][]string{
		"Max-Age":                        {"JSESSIONID=s; Path=/; Max-Age=600"},
		"Max-Age, and another that does": {"JSESSIONID=s; Path=/; Max-Age=600", "clientId=c; Path=/"},
		"Max-Age on a path of the API":   {"JSESSIONID=s; Path=/api; Max-Age=600"},
	} {
		synctest.Test(t, func(t *testing.T) {
			logins := 0
			f, err := fakeCluster(t, withCookies(&logins, headers...)).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
			if err != nil {
				t.Fatal(err)
			}
			for want := 1; want <= 3; want++ {
				if status := stream(t, f, fakeURL); status != 200 || logins != want {
					t.Errorf("%s: %d after %d log-ins, want %d", name, status, logins, want)
				}
				time.Sleep(15 * time.Minute) // fake clock
			}
		})
	}
}

// A server that lets sessions rest for ten minutes only.
func TestS2AShorterIdleTimeCanBeTold(t *testing.T) {
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

// What never reached the server does not keep a session alive.
func TestS2OnlyWhatReachedTheServerCounts(t *testing.T) {
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

// Ten requests at once, the first answer of which changes the cookie.
func TestP1TheNewerCookieIsTriedBeforeANewLogIn(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		slow := roundTrip(func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/search") && r.Header.Get("X-Late") != "" {
				time.Sleep(time.Second) // fake clock; sent with the old cookie, arrives after the change
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
			t.Errorf("%d log-ins", n)
		}
	})
}

func TestX2TheJarIsBounded(t *testing.T) {
	n, logins := 0, 0
	login := withCookies(&logins, "JSESSIONID=s; Path=/")
	sent := 0
	f, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
		resp, err := login(r)
		if sent = len(r.Header.Get("Cookie")); strings.HasSuffix(r.URL.Path, "/search") {
			for range 1000 {
				n++
				resp.Header.Add("Set-Cookie", fmt.Sprintf("c%d=%s; Path=/", n, strings.Repeat("v", 200)))
			}
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

// Logout ends what was renewed away too, and does not wait for ever.
func TestL4LogoutEndsAllThatTheFlowMade(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, 24*time.Hour)
		var tokens []authflow.Token
		for range 3 {
			token, err := f.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Logout(t.Context()); err != nil {
			t.Error(err)
		}
		for i, token := range tokens {
			req := request(t, sim.URL+"/api/rest/2.0/x")
			req.Header.Set("Authorization", "Bearer "+string(token.Value))
			if resp, err := sim.Client().Do(req); err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("token %d is still good: %v, %v", i, resp.Status, err)
			}
		}
	})
}

func TestL4LogoutIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := trusted(t, sim, time.Hour)
		for range 3 {
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(24*time.Hour))
		began := time.Now()
		err := f.Logout(context.Background())
		if took := time.Since(began); err == nil || took > 31*time.Second || !strings.Contains(err.Error(), "3 of 3") {
			t.Errorf("after %v: %v", took, err)
		}
	})
}
