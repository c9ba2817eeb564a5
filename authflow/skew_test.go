package authflow_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

func TestR1WrongAndMovingClocks(t *testing.T) {
	for name, c := range map[string]struct {
		serverOff time.Duration                             // the server's clock is off by this much, always
		happens   func(*authflow.Flow, *authtest.Simulator) // in the middle
		mints     int                                       // for ten minutes of a request a second
		refused   int                                       // requests that may carry a dead token
	}{
		"clocks agree":               {0, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client a day ahead":         {-24 * time.Hour, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client a day behind":        {24 * time.Hour, func(*authflow.Flow, *authtest.Simulator) {}, 3, 0},
		"client set back an hour":    {0, func(f *authflow.Flow, _ *authtest.Simulator) { f.StepWallClock(-time.Hour) }, 3, 0},
		"client set forward an hour": {0, func(f *authflow.Flow, _ *authtest.Simulator) { f.StepWallClock(time.Hour) }, 4, 0},
		"server set forward an hour": {0, func(_ *authflow.Flow, s *authtest.Simulator) { s.Advance(time.Hour) }, 4, 1},
		"server set back an hour":    {0, func(_ *authflow.Flow, s *authtest.Simulator) { s.Advance(-time.Hour) }, 3, 0},
		"both slept for an hour, monotonic clock stood still": {0, func(f *authflow.Flow, s *authtest.Simulator) {
			s.Advance(time.Hour)
			f.StepWallClock(time.Hour)
		}, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
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
				if n := sim.Calls(authtest.Echo) - requests; n != c.refused {
					t.Errorf("%d requests carried a dead token, want %d", n, c.refused)
				}
			}, authtest.WithClockOffset(c.serverOff))
		})
	}
}

// expiring is a server that says by Expires when its cookies end, and not by
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

// R1: cookies that end at an instant of the server's end when the server says
// so, whatever the client's clock.
func TestR1CookiesWithExpiresAndAWrongClock(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, 0, 24 * time.Hour} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := loggedIn(t, sim, true, authflow.WithHTTPClient(&http.Client{Transport: expiring{sim.Transport()}}))
			countEcho(t, sim, f, 4*24, time.Hour)
			if n := sim.Calls(authtest.OpLogin); n < 9 || n > 11 {
				t.Errorf("server off by %v: %d log-ins in four days", off, n)
			}
		}, authtest.WithClockOffset(off), authtest.WithRememberFor(12*time.Hour))
	}
}

func TestS2AClockThatWasAheadForAWhileKeepsNoSessionAlive(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := loggedIn(t, sim, false)
		mustGet(t, f)
		const steps = 12
		for range steps { // a day ahead in the end, and in use all the time
			f.StepWallClock(2 * time.Hour)
			mustGet(t, f)
		}
		f.StepWallClock(-steps * 2 * time.Hour) // it has been set right
		mustGet(t, f)
		if n := sim.Calls(authtest.OpLogin); n != 1 {
			t.Fatalf("%d log-ins", n)
		}
		countEcho(t, sim, f, 1, 9*time.Hour)
		if n := sim.Calls(authtest.OpLogin); n != 2 {
			t.Errorf("%d log-ins after nine hours of rest", n)
		}
	})
}
