package authflow_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// A function of TokensFrom supplies tokens of several users. Logout with Everywhere ends
// all tokens of each.

// flowOfUsers returns a Flow with an exclusive token of each user, the first one the
// oldest, and another program makes a token of each.
func flowOfUsers(t *testing.T, sim *authtest.Simulator, change func(i int, token *authflow.Token), users ...string) *authflow.Flow {
	t.Helper()
	c := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey))
	turn := -1
	f, err := c.TokensFrom(func(ctx context.Context) (authflow.Token, error) {
		turn++
		token, err := userNamed(t, c, users[turn]).Token(ctx, authflow.Exclusive())
		change(turn, &token)
		return token, err
	})
	if err != nil {
		t.Fatal(err)
	}
	mustGet(t, f)
	for range len(users) - 1 {
		if err := f.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, user := range users {
		mustToken(t, userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), user))
	}
	return f
}

func TestL4_LogoutEverywhereWithTokensOfSeveralUsers_EndsAllOfEach(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f := flowOfUsers(t, sim, func(int, *authflow.Token) {}, "user-0", "user-1", "user-0")
		err := f.Logout(t.Context(), authflow.Everywhere())
		if err != nil || len(sim.Tokens()) > 0 || sim.Calls(authtest.OpRevokeToken) != 2 {
			t.Errorf("%d tokens are alive after %d calls, %v", len(sim.Tokens()), sim.Calls(authtest.OpRevokeToken), err)
		}
	}, people(2)...)
}

// The Flow has no credential with which the other tokens of one of them could be ended.
func TestL4_LogoutEverywhereWithADeadTokenOfOneUser_SaysSo(t *testing.T) {
	t.Parallel()
	for dead := range 2 {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			var tokens []authflow.Token
			note := func(_ int, token *authflow.Token) { tokens = append(tokens, *token) }
			f := flowOfUsers(t, sim, note, "user-0", "user-1")
			sim.RevokeToken(string(tokens[dead].Value))
			err := f.Logout(t.Context(), authflow.Everywhere())
			if err == nil || len(sim.Tokens()) != 1 {
				t.Errorf("%d tokens are alive, %v", len(sim.Tokens()), err)
			}
		}, people(2)...)
	}
}

// The call for one user fails for now. The next Logout ends that user's tokens.
func TestL4_LogoutEverywhereThatFailsForOneUser_ContinuesLater(t *testing.T) {
	t.Parallel()
	for _, failing := range []string{"user-0", "user-1", "user-2"} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := flowOfUsers(t, sim, func(int, *authflow.Token) {}, "user-0", "user-1", "user-2")
			isDown := true
			sim.Fail(authtest.OpRevokeToken, -1, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					if isDown && strings.Contains(string(body), failing) {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					next.ServeHTTP(w, r)
				})
			})
			err := f.Logout(t.Context(), authflow.Everywhere())
			if err == nil || tokensOf(sim, failing) != 2 || len(sim.Tokens()) != 2 {
				t.Errorf("%d tokens are alive, %v", len(sim.Tokens()), err)
			}
			isDown = false
			time.Sleep(30 * time.Second) // fake clock
			err = f.Logout(t.Context(), authflow.Everywhere())
			if err != nil || len(sim.Tokens()) > 0 {
				t.Errorf("the second time: %d tokens are alive, %v", len(sim.Tokens()), err)
			}
		}, people(3)...)
	}
}

// A token without a name is not taken for one of the user who was logged out everywhere.
func TestL4_LogoutEverywhereWithATokenWithoutAName_EndsItToo(t *testing.T) {
	t.Parallel()
	for nameless := range 2 {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f := flowOfUsers(t, sim, func(i int, token *authflow.Token) {
				if i == nameless {
					token.Username = ""
				}
			}, "user-0", "user-1")
			err := f.Logout(t.Context(), authflow.Everywhere())
			if err == nil || !strings.Contains(err.Error(), "the user is not known") || len(sim.Tokens()) != 1 {
				t.Errorf("%d tokens are alive, %v", len(sim.Tokens()), err)
			}
		}, people(2)...)
	}
}
