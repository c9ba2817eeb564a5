package authflow

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// stepWallClock makes it look to f as if the local wall clock had been set
// forward by d, or back, while the monotonic clock went on: the lease in use
// was then asked for at a wall time that now lies further back.
func (f *Flow) stepWallClock(d time.Duration) {
	old := f.keeper.current.Load()
	l := &lease{token: old.token, header: old.header, jar: old.jar, sent: old.sent, wall: old.wall - int64(d), lifetime: old.lifetime, idle: old.idle}
	l.due.Store(old.due.Load())
	l.used.Store(old.used.Load())
	f.keeper.current.Store(l)
}

func TestR1WrongAndMovingClocks(t *testing.T) {
	const validity = 300 * time.Second
	for name, c := range map[string]struct {
		serverOff time.Duration                    // the server's clock is off by this much, always
		happens   func(*Flow, *authtest.Simulator) // in the middle
		mints     int                              // for ten minutes of a request a second
		refused   int                              // requests that may carry a dead token
	}{
		"clocks agree":               {0, func(*Flow, *authtest.Simulator) {}, 3, 0},
		"client a day ahead":         {-24 * time.Hour, func(*Flow, *authtest.Simulator) {}, 3, 0},
		"client a day behind":        {24 * time.Hour, func(*Flow, *authtest.Simulator) {}, 3, 0},
		"client set back an hour":    {0, func(f *Flow, _ *authtest.Simulator) { f.stepWallClock(-time.Hour) }, 3, 0},
		"client set forward an hour": {0, func(f *Flow, _ *authtest.Simulator) { f.stepWallClock(time.Hour) }, 4, 0},
		"server set forward an hour": {0, func(_ *Flow, s *authtest.Simulator) { s.Advance(time.Hour) }, 4, 1},
		"server set back an hour":    {0, func(_ *Flow, s *authtest.Simulator) { s.Advance(-time.Hour) }, 3, 0},
		"both slept for an hour, monotonic clock stood still": {0, func(f *Flow, s *authtest.Simulator) {
			s.Advance(time.Hour)
			f.stepWallClock(time.Hour)
		}, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sim := authtest.New(authtest.WithClockOffset(c.serverOff))
				f, err := FullAccess(sim.URL, gen.GetFullAccessTokenRequest{
					Username: authtest.DefaultUsername, SecretKey: authtest.DefaultSecretKey, ValidityTimeInSec: int32(validity / time.Second),
				}, WithHTTPClient(sim.Client()))
				if err != nil {
					t.Fatal(err)
				}
				requests := 600
				for i := range requests {
					if i == 100 {
						c.happens(f, sim)
					}
					req := request(t)
					req.URL.Host = "thoughtspot.test"
					req.URL.Path = "/api/rest/2.0/metadata/search"
					resp, err := f.Do(req)
					if err != nil {
						t.Fatal(err)
					}
					_ = resp.Body.Close()
					if resp.StatusCode != http.StatusOK {
						t.Fatalf("request %d: %s", i, resp.Status)
					}
					synctest.Wait()
					time.Sleep(time.Second) // fake clock
				}
				if n := sim.Calls(authtest.OpGetFullAccessToken); n != c.mints {
					t.Errorf("%d token calls, want %d", n, c.mints)
				}
				if n := sim.Calls(authtest.Echo) - requests; n != c.refused {
					t.Errorf("%d requests carried a dead token, want %d", n, c.refused)
				}
			})
		})
	}
}
