package authflow_test

import (
	"net/http"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Somebody else changed the same variable: the server did nothing, so that even
// a request that appends is repeated.
func TestR5AConflictIsTriedAgain(t *testing.T) {
	for _, option := range []gen.PersistOption{gen.PersistOptionReplace, gen.PersistOptionAppend} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			f, err := clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)).CustomAccess(gen.GetCustomAccessTokenRequest{
				Username: authtest.DefaultUsername, PersistOption: option,
				VariableValues: []gen.VariableValues{{Name: "region", Values: []gen.FilterValue{"North"}}},
			})
			if err != nil {
				t.Fatal(err)
			}
			sim.Fail(authtest.OpGetCustomAccessToken, 1, authtest.Status(http.StatusConflict))
			if _, err := f.Token(t.Context()); err != nil || sim.Calls(authtest.OpGetCustomAccessToken) != 2 {
				t.Errorf("%s: %d calls, %v", option, sim.Calls(authtest.OpGetCustomAccessToken), err)
			}
		})
	}
}

// R6: nor is it a word against the password, which is sent again at once.
func TestR6AConflictDoesNotRefuseThePassword(t *testing.T) {
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		f, err := clusterOf(t, sim).CustomAccess(gen.GetCustomAccessTokenRequest{
			Username: authtest.DefaultUsername, Password: authtest.DefaultPassword, PersistOption: gen.PersistOptionReplace,
		})
		if err != nil {
			t.Fatal(err)
		}
		sim.Fail(authtest.OpGetCustomAccessToken, 2, authtest.Status(http.StatusConflict))
		if _, err := f.Token(t.Context()); err != nil || sim.Calls(authtest.OpGetCustomAccessToken) != 3 {
			t.Errorf("%d calls, %v", sim.Calls(authtest.OpGetCustomAccessToken), err)
		}
	})
}
