package authflow_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// ofPath limits a fault to the requests for a path.
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

// One path rejects the credential, and no other one can be obtained. The requests
// that the old one still serves are served.
func TestR3_PathThatRejectsEverybody_IsNotSeenByTheOthers(t *testing.T) {
	t.Parallel()
	bubbles(t, rows(t, map[string]authtest.Fault{
		"503": authtest.Status(503), "silence": authtest.Delay(time.Hour), "connection cut": authtest.Reset(),
		"403": authtest.Status(403), "401": authtest.Status(401),
	}, "503", "silence", "401"), func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New()
		for name, f := range map[string]*authflow.Flow{"token": trusted(t, sim, 300*time.Second), "session": loggedIn(t, sim, false)} {
			sim.ClearFaults()
			mustGet(t, f)
			sim.Fail(authtest.Echo, -1, ofPath("/bad", authtest.Status(401)))
			sim.Fail(authtest.OpGetFullAccessToken, -1, fault)
			sim.Fail(authtest.OpLogin, -1, fault)
			for began := time.Now(); time.Since(began) < 280*time.Second; time.Sleep(2 * time.Second) { // fake clock
				go func() { _, _ = post(t, f, "bad", nil) }()
				synctest.Wait()
				sent := time.Now()
				status, err := post(t, f, "good", nil)
				if status != 200 || err != nil || time.Since(sent) > 0 {
					t.Fatalf("%s: %d after %v, %v", name, status, time.Since(sent), err)
				}
				status, err = post(t, f, "stream", io.MultiReader(strings.NewReader("a body")))
				if status != 200 || err != nil {
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

// post sends a body to a path of the rest of the API, and returns the status.
func post(t *testing.T, f *authflow.Flow, path string, body io.Reader) (int, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.Server()+"/api/rest/2.0/"+path, body)
	if err != nil {
		return 0, err
	}
	resp, err := f.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// One path rejects everybody, and all others work: a request to it each second, for
// ten minutes, costs a few credentials that live for a day. The first success ends
// that.
func TestP3_PathThatRejectsEverybody_CostsFewCredentials(t *testing.T) {
	t.Parallel()
	bubbles(t, rows(t, map[string]authtest.Fault{
		"401":                               authtest.Status(401),
		"redirect to single sign-on":        authtest.Redirect(302, "https://idp.example/sso"),
		"login page":                        authtest.HTML(200),
		"redirect to the login at the root": authtest.Redirect(302, authtest.InProcessURL+"/login"),
	}, "401"), func(t *testing.T, fault authtest.Fault) {
		sim := authtest.New(authtest.WithTokenValidity(24 * time.Hour))
		calls := func() (n int) {
			for _, op := range authtest.Operations() {
				n += sim.Calls(op)
			}
			return n
		}
		for way, f := range waysOf(t, sim.Transport()) {
			sim.ClearFaults()
			sim.Fail(authtest.Echo, -1, ofPath("/bad", fault))
			mustGet(t, f)
			send := func() (int, error) { return visitPath(t, f, "/api/rest/2.0/bad") }
			before := calls()
			for n := range 600 {
				if status, err := send(); err == nil && status == 200 {
					t.Fatalf("%s: served", way)
				}
				if n%10 == 0 {
					mustGet(t, f)
				}
				time.Sleep(time.Second) // fake clock
			}
			most := atMost - 1
			if way == "function" || way == "token's session" || way == "session's token" {
				most *= 2 // each one takes a credential of another Flow
			}
			if n := calls() - before; n < 5 || n > most {
				t.Errorf("%s: %d calls in ten minutes", way, n)
			}
			sim.ClearFaults()
			for range 2 {
				time.Sleep(time.Minute) // fake clock
				if status, err := send(); status != 200 || err != nil {
					t.Errorf("%s: when the path works again: %d, %v", way, status, err)
				}
				sim.RevokeAll()
			}
			_ = f.Close()
		}
	})
}

// visitPath sends a GET and returns the status.
func visitPath(t *testing.T, f *authflow.Flow, path string) (int, error) {
	resp, err := f.Do(request(t, f.Server()+path))
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
