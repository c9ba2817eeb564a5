package authflow_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// A token of another process is ended by its value.
func TestL4_Revoke_EndsATokenOfAnotherProcess(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		token := mustToken(t, userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), "user-0"))
		anotherProgram(t, sim)
		c := clusterOf(t, sim)
		sim.Fail(authtest.OpRevokeToken, 3, authtest.Status(503))
		if err := c.Revoke(t.Context(), token); err == nil || tokensOf(sim, "user-0") != 4 {
			t.Errorf("while the server fails: %v", err)
		}
		time.Sleep(30 * time.Second) // fake clock
		for n := range 2 {
			if err := c.Revoke(t.Context(), token); err != nil || tokensOf(sim, "user-0") != 3 {
				t.Errorf("call %d: %v, %d tokens are alive", n+1, err, tokensOf(sim, "user-0"))
			}
		}
	}, people(1)...)
}

func TestL4_RevokeEverywhere_EndsAllTokensOfTheUser(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		token := mustToken(t, userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), "user-0"))
		anotherProgram(t, sim)
		if err := clusterOf(t, sim).Revoke(t.Context(), token, authflow.Everywhere()); err != nil || tokensOf(sim, "user-0") != 0 {
			t.Errorf("%v, %d tokens are alive", err, tokensOf(sim, "user-0"))
		}
	}, people(1)...)
}

func TestX5_Revoke_RejectsWhatCannotWork(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		c := clusterOf(t, sim)
		for field, token := range map[string]authflow.Token{
			"t.Value":    {Value: "a b", Username: "ann"},
			"t.Username": {Value: "token"},
		} {
			var e *authflow.Error
			if err := c.Revoke(t.Context(), token); !errors.As(err, &e) || e.Field != field || !errors.Is(err, authflow.ErrInvalid) {
				t.Errorf("%s: %v", field, err)
			}
		}
		expired := authflow.Token{Value: "token", Username: "ann", ExpiredBy: time.Now()}
		if err := c.Revoke(t.Context(), expired); err != nil || sim.Calls(authtest.AnyOperation) > 0 {
			t.Errorf("a token that has expired: %v after %d calls", err, sim.Calls(authtest.AnyOperation))
		}
	})
}

// Two processes change a value in turn, and a third one with another key sees nothing.
func TestK4_SharedValue_IsOneForAllProcessesWithTheKey(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		one := clusterOf(t, sim, authflow.WithStore(&s, oneKey)).SharedValue("kind", "ann")
		two := clusterOf(t, sim, authflow.WithStore(&s, otherKey, oneKey)).SharedValue("kind", "ann")
		if _, _, err := two.Load(t.Context()); !errors.Is(err, authflow.ErrNotStored) {
			t.Fatal(err)
		}
		if err := one.Swap(t.Context(), []byte("1"), time.Minute); err != nil {
			t.Fatal(err)
		}
		if err := two.Swap(t.Context(), []byte("2"), time.Minute); !errors.Is(err, authflow.ErrChanged) {
			t.Errorf("it replaces a value that it has not seen: %v", err)
		}
		time.Sleep(20 * time.Second) // fake clock
		value, left, err := two.Load(t.Context())
		if string(value) != "1" || left != 40*time.Second || err != nil {
			t.Errorf("%q for %v, %v", value, left, err)
		}
		for _, text := range []string{"2", "3"} {
			if err := two.Swap(t.Context(), []byte(text), time.Minute); err != nil {
				t.Error(err)
			}
		}
		if value, _, err := one.Load(t.Context()); string(value) != "3" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
		for name, v := range map[string]*authflow.SharedValue{
			"another key":  clusterOf(t, sim, authflow.WithStore(&s, otherKey)).SharedValue("kind", "ann"),
			"another kind": clusterOf(t, sim, authflow.WithStore(&s, oneKey)).SharedValue("other", "ann"),
			"another id":   clusterOf(t, sim, authflow.WithStore(&s, oneKey)).SharedValue("kind", "bob"),
		} {
			if value, _, err := v.Load(t.Context()); !errors.Is(err, authflow.ErrNotStored) {
				t.Errorf("%s: %q, %v", name, value, err)
			}
		}
		if clusterOf(t, sim).SharedValue("kind", "ann") != nil {
			t.Error("there is a value without a Store")
		}
	})
}
