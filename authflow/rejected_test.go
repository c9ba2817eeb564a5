package authflow_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// atMost is how many credentials ten minutes of rejections may cost: the
// first one, one at once, one after each pause of 1, 2, 4, 8, 16 and 32 s, and then
// one a minute.
const atMost = 16

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

// One path rejects the credential, and there is no other credential. The requests
// that the old one still serves are served.
func TestR3_PathThatRejectsEverybody_IsNotSeenByTheOthers(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"503": authtest.Status(503), "silence": authtest.Delay(time.Hour), "connection cut": authtest.Reset(),
		"403": authtest.Status(403), "401": authtest.Status(401),
	}, func(t *testing.T, fault authtest.Fault) {
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

// One path rejects everybody, and all others work: two requests a second to it, for
// ten minutes, cost a few credentials that live for a day. The first success ends
// that.
func TestP3_PathThatRejectsEverybody_CostsFewCredentials(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]authtest.Fault{
		"401":                                    authtest.Status(401),
		"redirect to single sign-on":             authtest.Redirect(302, "https://idp.example/sso"),
		"log-in page":                            authtest.HTML(200),
		"redirect to the login page at the root": authtest.Redirect(302, authtest.InProcessURL+"/login"),
	}, func(t *testing.T, fault authtest.Fault) {
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
			for n := range 1200 {
				if status, err := send(); err == nil && status == 200 {
					t.Fatalf("%s: served", way)
				}
				if n%10 == 0 {
					mustGet(t, f)
				}
				time.Sleep(500 * time.Millisecond) // fake clock
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

// An operation of the Flows above rejects the credential of the Flow below for ever.
func TestP3_OperationThatRejectsEverybody_CostsFewCredentialsOfTheFlowBelow(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]func(*testing.T, *authtest.Simulator) *authflow.Flow{
		authtest.OpGetFullAccessToken: func(t *testing.T, sim *authtest.Simulator) *authflow.Flow { return trusted(t, sim, 24*time.Hour) },
		authtest.OpLogin:              func(t *testing.T, sim *authtest.Simulator) *authflow.Flow { return loggedIn(t, sim, false) },
	}, func(t *testing.T, below func(*testing.T, *authtest.Simulator) *authflow.Flow) {
		sim := authtest.New(authtest.WithTokenValidity(24 * time.Hour))
		sim.Fail(authtest.OpGetCurrentUserToken, -1, authtest.Status(401))
		f := below(t, sim)
		above := make([]*authflow.Flow, 20)
		for i := range above {
			above[i] = f.SessionToken()
		}
		for range 600 {
			allAtOnce(above, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
			time.Sleep(time.Second) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken) + sim.Calls(authtest.OpLogin); n > atMost {
			t.Errorf("%d credentials in ten minutes", n)
		}
	})
}

func TestP3_StreamsThatAreRejected_CostFewTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minted := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			switch {
			case minting(r):
				minted++
				return fresh(r, fmt.Sprint("tok", minted)), nil
			case r.URL.Path == "/api/rest/2.0/bad":
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		for range 6000 {
			_, err := post(t, f, "bad", io.MultiReader(strings.NewReader("x")))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if minted > atMost {
			t.Errorf("%d tokens in ten minutes", minted)
		}
	})
}

// A user of Edit calls Invalidate for each token that a path rejects, and the path
// rejects them all.
func TestP3_InvalidateInALoop_CostsFewTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minted := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			minted++
			return fresh(r, fmt.Sprint("tok", minted)), nil
		})
		given := map[string]int{}
		for range 6000 {
			token, err := f.Token(t.Context())
			if err == nil {
				given[string(token.Value)]++
				f.Invalidate(token)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if minted > atMost || len(given) < 8 {
			t.Errorf("%d tokens in ten minutes, %d used", minted, len(given))
		}
		for token, times := range given {
			if times > 1 {
				t.Errorf("%s was returned %d times", token, times)
			}
		}
	})
}

// revoking is a server that accepts its current token only, and rejects all requests
// for the path /bad.
func revoking(minted *int, current *string) roundTrip {
	return func(r *http.Request) (*http.Response, error) {
		switch {
		case minting(r):
			*minted++
			*current = fmt.Sprint("tok", *minted)
			return fresh(r, *current), nil
		case r.Header.Get("Authorization") != "Bearer "+*current, strings.HasSuffix(r.URL.Path, "/bad"):
			return reply(r, 401, "{}"), nil
		}
		return reply(r, 200, "{}"), nil
	}
}

// revokeThrice revokes the token three times. One stream notices each revocation,
// and the next one is served.
func revokeThrice(t *testing.T, f *authflow.Flow, current *string) {
	t.Helper()
	for round := range 3 {
		*current = "revoked"
		first, next := stream(t, f, fakeURL), stream(t, f, fakeURL)
		if first != 401 || next != 200 {
			t.Errorf("round %d: with the revoked token %d, then %d", round, first, next)
		}
		time.Sleep(5 * time.Second) // fake clock
	}
}

// A success with the next credential ends the suspicion: a token that is revoked
// soon after is renewed at once, too.
func TestP3_SuccessOfAStream_EndsTheBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var minted int
		var current string
		f := on(t, revoking(&minted, &current))
		mustGet(t, f)
		revokeThrice(t, f, &current)
	})
}

// A path that rejects all streams does not cost a token each, however well other
// paths do in the meantime.
func TestP3_BadPathBesideGoodOnes_CostsFewTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var minted int
		var current string
		f := on(t, revoking(&minted, &current))
		for range 600 {
			_, err := post(t, f, "bad", io.MultiReader(strings.NewReader("x")))
			if err != nil {
				t.Fatal(err)
			}
			if status := stream(t, f, fakeURL); status != 200 {
				t.Fatalf("another path: %d", status)
			}
			time.Sleep(time.Second) // fake clock
		}
		if most := atMost + 10; minted > most {
			t.Errorf("%d tokens in ten minutes, want at most %d", minted, most)
		}
		time.Sleep(2 * time.Minute) // fake clock: no request goes to that path any more
		revokeThrice(t, f, &current)
	})
}

// An explicit Renew acquires a token also while the last two tokens were rejected.
func TestP3_Renew_AcquiresDuringTheBackOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		minted := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			minted++
			return fresh(r, fmt.Sprint("tok", minted)), nil
		})
		for range 2 {
			token, err := f.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f.Invalidate(token)
		}
		_, err := f.Token(t.Context())
		if err == nil {
			t.Error("there is no back-off")
		}
		err = f.Renew(t.Context())
		if err != nil || minted != 3 {
			t.Errorf("%d tokens, %v", minted, err)
		}
	})
}

// A function that returns the rejected token again and again is called less and less.
func TestR12_FunctionThatReturnsARejectedToken_IsCalledLessAndLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		old := mustToken(t, trusted(t, sim, 0))
		sim.RevokeTokens()
		calls := 0
		f, err := clusterOf(t, sim).TokensFrom(func(context.Context) (authflow.Token, error) {
			calls++
			return authflow.Token{Value: old.Value}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for range 6000 { // in ten minutes
			if status, err := get(t.Context(), f); err == nil && status == 200 {
				t.Fatal("served")
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if calls > 17 {
			t.Errorf("called %d times", calls)
		}
	})
}
