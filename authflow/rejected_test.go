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
		above := make([]*authflow.Flow, sized(20, 4))
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

// 300 tokens are revoked one after the other, while a program uploads 10 files a minute
// that cannot be sent again. Only the upload that finds out is rejected.
func TestP3_TokensRevokedOneAfterTheOther_FailOneStreamEach(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), admin)
		for n := range 300 {
			time.Sleep(2 * time.Minute) // fake clock
			rejected := 0
			for i := range 10 {
				if i == 2 {
					sim.RevokeAll()
				}
				if stream(t, f, sim.URL) != 200 {
					rejected++
				}
				time.Sleep(6 * time.Second) // fake clock
			}
			if rejected > 1 {
				t.Fatalf("revocation %d: %d of 10 uploads were rejected", n+1, rejected)
			}
		}
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
		pause := time.Duration(sized(100, 500)) * time.Millisecond
		for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(pause) { // fake clock
			if status, err := get(t.Context(), f); err == nil && status == 200 {
				t.Fatal("served")
			}
		}
		if calls > 17 {
			t.Errorf("called %d times", calls)
		}
	})
}
