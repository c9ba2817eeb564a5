package authflow_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// Who waits, for what, and for how long.

// ofPath puts a fault in the way of the requests for a path.
func ofPath(path string, fault authtest.Fault) authtest.Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, path) {
				fault(next).ServeHTTP(w, r)
			} else {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// One path refuses the credential, and there is no other to be had: what the old
// one still serves is served.
func TestR3OnePathsRefusalIsNotSeenByTheOthers(t *testing.T) {
	bubbles(t, map[string]authtest.Fault{
		"503": authtest.Status(503), "silence": authtest.Delay(time.Hour), "cut": authtest.Reset(), "403": authtest.Status(403), "401": authtest.Status(401),
	}, func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New()
		for name, f := range map[string]*authflow.Flow{"token": trusted(t, sim, 300*time.Second), "session": loggedIn(t, sim, false)} {
			sim.ClearFaults()
			mustGet(t, f)
			sim.Fail(authtest.Echo, -1, ofPath("/bad", authtest.Status(401)))
			for _, op := range []string{authtest.OpGetFullAccessToken, authtest.OpLogin} {
				sim.Fail(op, -1, fault)
			}
			send := func(path string, body io.Reader) (int, error) {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sim.URL+"/api/rest/2.0/"+path, body)
				if err != nil {
					return 0, err
				}
				resp, err := f.Do(req)
				if err != nil {
					return 0, err
				}
				return resp.StatusCode, resp.Body.Close()
			}
			for began := time.Now(); time.Since(began) < 280*time.Second; time.Sleep(time.Second) { // fake clock
				go func() { _, _ = send("bad", nil) }()
				synctest.Wait()
				sent := time.Now()
				if status, err := send("good", nil); status != 200 || err != nil || time.Since(sent) > 0 {
					t.Fatalf("%s: %d after %v, %v", name, status, time.Since(sent), err)
				}
				if status, err := send("stream", io.MultiReader(strings.NewReader("a body"))); status != 200 || err != nil {
					t.Fatalf("%s: a stream: %d, %v", name, status, err)
				}
				if _, err := carried(t.Context(), f); err != nil {
					t.Fatalf("%s: Edit: %v", name, err)
				}
			}
			_ = f.Close()
		}
	})
}

// R5: each try has its share of the time.
func TestR5OneSilenceIsGotOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		for way, f := range waysOf(t, sim.Transport()) {
			sim.Fail(authtest.AnyOperation, 1, authtest.Delay(time.Hour))
			began := time.Now()
			if _, err := carried(t.Context(), f); err != nil || time.Since(began) > 11*time.Second {
				t.Errorf("%s: after %v, %v", way, time.Since(began), err)
			}
		}
	})
}

// What went wrong before the silence is told, not only that time ran out.
func TestR4WhoWaitsIsToldWhatFailed(t *testing.T) {
	for status, first := range map[int]authtest.Fault{503: authtest.Status(503), 504: authtest.HTML(504), 429: authtest.RateLimited(time.Second)} {
		synctest.Test(t, func(t *testing.T) {
			sim := authtest.New()
			for way, f := range waysOf(t, sim.Transport()) {
				if way == "function" { // whose own time ends before
					continue
				}
				sim.Fail(authtest.AnyOperation, 1, first)
				sim.Fail(authtest.AnyOperation, -1, authtest.Delay(time.Hour))
				began := time.Now()
				_, err := carried(t.Context(), f)
				var e *authflow.Error
				if !errors.As(err, &e) || e.Status != status || !strings.Contains(err.Error(), "no answer within") || time.Since(began) > 32*time.Second {
					t.Errorf("%s, %d: told after %v: %v", way, status, time.Since(began), err)
				}
				sim.ClearFaults()
			}
		})
	}
}

// trace is the key of something that a caller's context holds.
type trace struct{}

// R4: the call on behalf of a caller knows whose it is.
func TestR4TheCallersValuesReachTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		var lost []string
		base := roundTrip(func(r *http.Request) (*http.Response, error) {
			if r.Context().Value(trace{}) != "parent" {
				lost = append(lost, r.URL.Path)
			}
			return sim.Transport().RoundTrip(r)
		})
		ctx := context.WithValue(t.Context(), trace{}, "parent")
		for way, f := range waysOf(t, base) {
			if _, err := carried(ctx, f); err != nil || lost != nil {
				t.Errorf("%s: %v do not know, %v", way, lost, err)
			}
			_, err := f.Token(ctx, authflow.Exclusive())
			if lost != nil || err != nil && !strings.Contains(way, "ession") && way != "supplied" {
				t.Errorf("%s, unshared: %v do not know, %v", way, lost, err)
			}
		}
	})
}
