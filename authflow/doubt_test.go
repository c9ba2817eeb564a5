package authflow_test

import (
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

// atMost is how many credentials ten minutes of refusals may cost: the first,
// one at once, one after each doubt of 1, 2, 4, 8, 16 and 32 s, and one a minute.
const atMost = 16

// An operation of the children's refuses their parent's credential for ever.
func TestP3ARefusedChildCostsFewTokensOfItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithTokenValidity(24 * time.Hour))
		sim.Fail(authtest.OpGetCurrentUserToken, -1, authtest.Status(401))
		p := trusted(t, sim, 24*time.Hour)
		child := p.SessionToken()
		for range 600 {
			_, _ = child.Token(t.Context())
			time.Sleep(time.Second) // fake clock
		}
		t.Log(sim.CallCounts())
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > atMost {
			t.Errorf("%d mints of the parent in 10 min", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New()
		sim.Fail(authtest.OpGetCurrentUserToken, -1, authtest.Status(401))
		p := loggedIn(t, sim, false)
		children := make([]*authflow.Flow, 50)
		for i := range children {
			children[i] = p.SessionToken()
		}
		for range 600 {
			allAtOnce(children, func(_ int, f *authflow.Flow) { _, _ = f.Token(t.Context()) })
			time.Sleep(time.Second) // fake clock
		}
		t.Log(sim.CallCounts())
		if n := sim.Calls(authtest.OpLogin); n > atMost {
			t.Errorf("%d log-ins of the parent in 10 min", n)
		}
	})
}

func TestP3StreamsThatAreRefusedCostFewTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			if minting(r) {
				n++
				return reply(r, 200, fmt.Sprintf(`{"token":"tok%d","creation_time_in_millis":1000000,"expiration_time_in_millis":87400000}`, n)), nil
			}
			if r.URL.Path == "/api/rest/2.0/bad" {
				return reply(r, 401, "{}"), nil
			}
			return reply(r, 200, "{}"), nil
		})
		for range 6000 {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+"/api/rest/2.0/bad", io.MultiReader(strings.NewReader("x")))
			resp, err := f.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > atMost {
			t.Errorf("%d tokens in 10 min, of 24 h each", n)
		}
	})
}

// Whoever uses Edit says so of each token that a path refuses, and it refuses
// them all.
func TestP3InvalidateInALoopCostsFewTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		})
		given := map[string]int{}
		for range 6000 {
			if token, err := f.Token(t.Context()); err == nil {
				given[string(token.Value)]++
				f.Invalidate(token)
			}
			time.Sleep(100 * time.Millisecond) // fake clock
		}
		if n > atMost || len(given) < 8 {
			t.Errorf("%d tokens in 10 min, %d used", n, len(given))
		}
		for token, times := range given {
			if times > 1 {
				t.Errorf("%s was handed out %d times", token, times)
			}
		}
	})
}

// revoking is a server whose current token is the only one that it takes, and
// which answers GETs and refuses streams of the path /bad for ever.
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

// revokedThrice revokes the token, which one request is to notice and no other.
func revokedThrice(t *testing.T, f *authflow.Flow, current *string) {
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

// A success with the next credential says that there was nothing to doubt: what
// is revoked soon after is renewed at once, too.
func TestP3AStreamsDoubtEndsWithTheNextSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var minted int
		var current string
		f := on(t, revoking(&minted, &current))
		if _, err := text(f, request(t, fakeURL+apiX)); err != nil {
			t.Fatal(err)
		}
		revokedThrice(t, f, &current)
	})
}

// But a path that refuses all streams does not cost a token each, however well
// other paths do meanwhile.
func TestP3ABadPathBesideGoodOnesCostsFewTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var minted int
		var current string
		f := on(t, revoking(&minted, &current))
		for range 600 {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, fakeURL+"/api/rest/2.0/bad", io.MultiReader(strings.NewReader("x")))
			resp, err := f.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if status := stream(t, f, fakeURL); status != 200 {
				t.Fatalf("another path: %d", status)
			}
			time.Sleep(time.Second) // fake clock
		}
		if most := atMost + 10; minted > most {
			t.Errorf("%d tokens in 10 min, want at most %d", minted, most)
		}
		time.Sleep(2 * time.Minute) // fake clock: nobody asks for that path any more
		revokedThrice(t, f, &current)
	})
}

// Whoever asks for a renewal in so many words gets it, also in the doubt after
// two tokens that did not work.
func TestP3RenewTriesInADoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		f := on(t, func(r *http.Request) (*http.Response, error) {
			n++
			return fresh(r, fmt.Sprint("tok", n)), nil
		})
		for range 2 {
			token, err := f.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f.Invalidate(token)
		}
		if _, err := f.Token(t.Context()); err == nil {
			t.Error("there is no doubt")
		}
		if err := f.Renew(t.Context()); err != nil || n != 3 {
			t.Errorf("%d tokens, %v", n, err)
		}
	})
}
