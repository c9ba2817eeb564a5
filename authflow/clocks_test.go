package authflow_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

func TestR1_WrongClock_ChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serverOff time.Duration                             // the server's clock is always off by this much
		happens   func(*authflow.Flow, *authtest.Simulator) // in the middle
		mints     int                                       // for ten minutes of a request a second
		rejected  int                                       // requests that may carry a dead token
	}{
		"clocks agree":               {0, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client a day ahead":         {-24 * time.Hour, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client a day behind":        {24 * time.Hour, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client set back an hour":    {0, func(f *authflow.Flow, _ *authtest.Simulator) { f.StepWallClock(-time.Hour) }, 3, 0},
		"client set forward an hour": {0, func(f *authflow.Flow, _ *authtest.Simulator) { f.StepWallClock(time.Hour) }, 4, 0},
		"server set forward an hour": {0, func(_ *authflow.Flow, s *authtest.Simulator) { s.Advance(time.Hour) }, 4, 1},
		"server set back an hour":    {0, func(_ *authflow.Flow, s *authtest.Simulator) { s.Advance(-time.Hour) }, 3, 0},
		"both slept for an hour, and the monotonic clock stood still": {0, func(f *authflow.Flow, s *authtest.Simulator) {
			s.Advance(time.Hour)
			f.StepWallClock(time.Hour)
		}, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
				f := trusted(t, sim, 300*time.Second)
				const requests = 600
				for i := range requests {
					if i == 100 {
						c.happens(f, sim)
					}
					mustGet(t, f)
					synctest.Wait()
					time.Sleep(time.Second) // fake clock
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != c.mints {
					t.Errorf("%d token calls, want %d", n, c.mints)
				}
				if n := sim.Calls(authtest.Echo) - requests; n != c.rejected {
					t.Errorf("%d requests carried a dead token, want %d", n, c.rejected)
				}
			}, authtest.WithClockOffset(c.serverOff))
		})
	}
}

// tokenServer responds to token requests with tokens of 300 s by its own clock,
// and to other requests with 401 if their token has expired.
type tokenServer struct {
	clock, date time.Duration                            // how far its clock and the clock of a proxy before it are ahead of ours
	madeAt      func(requested time.Time) (at time.Time) // when the token of a request was made, or nil for the time of the request

	mu    sync.Mutex
	ends  map[string]time.Time
	mints int
}

func (s *tokenServer) respond(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	date := now.Add(s.clock + s.date).UTC().Format(http.TimeFormat)
	if !minting(r) {
		if now.Before(s.ends[r.Header.Get("Authorization")]) {
			return reply(r, 200, "{}", "Date", date), nil
		}
		return reply(r, 401, "{}", "Date", date), nil
	}
	s.mints++
	made, token := now, fmt.Sprint("tok-", s.mints)
	if s.madeAt != nil {
		made = s.madeAt(now)
		token = fmt.Sprint("tok-of-", made.UnixMilli())
	}
	if s.ends == nil {
		s.ends = make(map[string]time.Time)
	}
	s.ends["Bearer "+token] = made.Add(300 * time.Second)
	made = made.Add(s.clock)
	return reply(r, 200, fmt.Sprintf(`{"token":%q,"creation_time_in_millis":%d,"expiration_time_in_millis":%d}`,
		token, made.UnixMilli(), made.Add(300*time.Second).UnixMilli()), "Date", date), nil
}

// A cache before the server returns each token until shortly before it expires. No
// request carries a token that has expired, whatever the clocks say.
func TestR1_TokenFromACache_IsNotUsedAfterItsExpiry(t *testing.T) {
	t.Parallel()
	for _, clock := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		for _, age := range []time.Duration{0, 100 * time.Second, 289 * time.Second, 295 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				first := time.Now().Add(-age)
				server := &tokenServer{clock: clock, madeAt: func(now time.Time) time.Time {
					return first.Add(now.Sub(first).Truncate(296 * time.Second))
				}}
				f := on(t, server.respond)
				for i := range 1000 {
					if status := stream(t, f, fakeURL); status != 200 {
						t.Fatalf("first token %v old, server off by %v: %d after %v", age, clock, status, time.Since(first)-age)
					}
					switch i {
					case 1, 2: // the same token once more, soon after
						if err := f.Renew(t.Context()); err != nil {
							t.Fatal(err)
						}
					case 300, 600: // the next token is not new
						time.Sleep(400 * time.Second) // fake clock
					}
					synctest.Wait()
					time.Sleep(time.Second) // fake clock; Date has whole seconds
				}
			})
		}
	}
}

// A proxy that was 290 s ahead cost 211 tokens in half an hour. Eight are needed.
func TestR1_ProxyClock_CostsOneExtraTokenAtMost(t *testing.T) {
	t.Parallel()
	for _, clock := range []time.Duration{-24 * time.Hour, 0} {
		for _, ahead := range []time.Duration{-time.Hour, -time.Minute, 0, 3 * time.Second, 10 * time.Second, 100 * time.Second, 290 * time.Second, 299 * time.Second, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				server := &tokenServer{clock: clock, date: ahead}
				f := on(t, server.respond)
				for range 30 * 60 {
					mustGet(t, f)
					synctest.Wait()
					time.Sleep(time.Second) // fake clock
				}
				if server.mints > 8+1 {
					t.Errorf("proxy ahead by %v, server off by %v: %d tokens in half an hour", ahead, clock, server.mints)
				}
			})
		}
	}
}

// A service that hands each token to one browser has no token in use that would
// show whose clock is wrong.
func TestR1_ProxyClock_LeavesExclusiveTokensTheirLife(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{100 * time.Second, 290 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			server := &tokenServer{date: ahead}
			cluster := fakeCluster(t, server.respond)
			ann, bob := fullAccess(t, cluster, 0), fullAccess(t, cluster, 0)
			for i := range 20 {
				for name, f := range map[string]*authflow.Flow{"ann": ann, "bob": bob} {
					token, err := f.Token(t.Context(), authflow.Exclusive())
					if err != nil {
						t.Fatal(err)
					}
					if left := time.Until(token.Deadline); i > 0 && left != 295*time.Second {
						t.Errorf("proxy ahead by %v: token %d of %s is usable for %v", ahead, i, name, left)
					}
				}
				time.Sleep(30 * time.Second) // fake clock
			}
		})
	}
}

// expiring is a server that says by Expires when its cookies expire, and not by
// Max-Age.
type expiring struct{ http.RoundTripper }

func (e expiring) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := e.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return nil, err
	}
	for i, line := range resp.Header["Set-Cookie"] {
		if c, err := http.ParseSetCookie(line); err == nil && c.MaxAge > 0 {
			c.Expires, c.MaxAge = date.Add(time.Duration(c.MaxAge)*time.Second), 0
			resp.Header["Set-Cookie"][i] = c.String()
		}
	}
	return resp, nil
}

// Cookies that expire at an instant of the server's expire when the server says
// so, whatever the client's clock.
func TestR1_CookieWithExpires_EndsByTheServersClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := loggedIn(t, sim, true, authflow.WithHTTPClient(&http.Client{Transport: expiring{sim.Transport()}}))
			countEcho(t, sim, f, 4*24, time.Hour)
			if n := sim.Calls(authtest.OpLogin); n < 9 || n > 11 {
				t.Errorf("server off by %v: %d logins in four days", off, n)
			}
		}, authtest.WithClockOffset(off), authtest.WithRememberFor(12*time.Hour))
	}
}

// The cookie expires in half an hour, and the proxy that writes Date is an hour
// ahead: the cookie looked expired on arrival.
func TestR1_ProxyClock_DoesNotPreventALogin(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-time.Hour, 0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			logins := 0
			session, err := fakeCluster(t, func(r *http.Request) (*http.Response, error) {
				now := time.Now().UTC()
				date := now.Add(ahead).Format(http.TimeFormat)
				if r.URL.Path == "/api/rest/2.0/auth/session/login" {
					logins++
					ends := now.Add(30 * time.Minute).Format(http.TimeFormat)
					return reply(r, 204, "", "Set-Cookie", "JSESSIONID=s; Path=/; Expires="+ends, "Date", date), nil
				}
				if r.Header.Get("Cookie") != "JSESSIONID=s" {
					return reply(r, 401, "{}", "Date", date), nil
				}
				return reply(r, 200, "{}", "Date", date), nil
			}).Session(gen.LoginRequest{Username: "ann", Password: "hunter22"})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 * 60 {
				mustGet(t, session)
				time.Sleep(time.Minute) // fake clock
			}
			if logins > 5 {
				t.Errorf("proxy ahead by %v: %d logins in two hours", ahead, logins)
			}
		})
	}
}

func TestS2_WallClockThatWasAhead_KeepsNoSessionAlive(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		mustGet(t, f)
		const steps = 12
		for range steps { // in use all the time, and a day ahead in the end
			f.StepWallClock(2 * time.Hour)
			mustGet(t, f)
		}
		f.StepWallClock(-steps * 2 * time.Hour) // it is set right
		mustGet(t, f)
		if n := sim.Calls(authtest.OpLogin); n != 1 {
			t.Fatalf("%d logins", n)
		}
		countEcho(t, sim, f, 1, 9*time.Hour)
		if n := sim.Calls(authtest.OpLogin); n != 2 {
			t.Errorf("%d logins after nine hours without a request", n)
		}
	})
}
