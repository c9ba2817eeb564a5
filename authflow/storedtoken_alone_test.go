package authflow_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// notStored fails the test unless nothing is stored for a Flow, and nothing is sent to
// find that out.
func notStored(t *testing.T, sim *authtest.Simulator, f *authflow.Flow) {
	t.Helper()
	before := sim.Calls(authtest.AnyOperation)
	for range 2 {
		token, err := f.StoredToken(t.Context())
		if !errors.Is(err, authflow.ErrNotStored) || token.Value != "" {
			t.Errorf("a token of %d bytes, %v", len(token.Value), err)
		}
	}
	if n := sim.Calls(authtest.AnyOperation) - before; n != 0 {
		t.Errorf("%d calls", n)
	}
}

// A program that revokes the stored token finds it for as long as it lives, uses it to end
// it, and finds none afterwards.
func TestK1_StoredToken_IsFoundWithoutACall(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{0, 150 * time.Second, 290 * time.Second} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			s := &sharedStore{}
			toTheEnd := authflow.WithPolicy(authflow.Policy{RenewAt: 1, MinTTL: 1})
			for range 2 {
				other := replica(t, sim, s, admin, toTheEnd)
				notStored(t, sim, other)
				first := mustToken(t, replica(t, sim, s, admin))
				calls := sim.Calls(authtest.AnyOperation)
				time.Sleep(age) // fake clock
				for range 2 {
					found, err := other.StoredToken(t.Context())
					if err != nil || found.Value != first.Value || found.Username != first.Username {
						t.Fatalf("after %v: another token, or %v", age, err)
					}
				}
				if used := mustToken(t, other); used.Value != first.Value || sim.Calls(authtest.AnyOperation) != calls {
					t.Errorf("after %v: the Flow gets another token", age)
				}
				if err := other.Logout(t.Context()); err != nil || len(sim.Tokens()) != 0 {
					t.Errorf("%d tokens are alive, %v", len(sim.Tokens()), err)
				}
			}
		})
	}
}

func TestK1_StoredToken_OfAnother_IsNotFound(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		mustToken(t, replica(t, sim, s, admin))
		c := process(t, sim, s)
		notStored(t, sim, byPassword(t, c, admin, "another password"))
		notStored(t, sim, userNamed(t, clusterOf(t, sim, authflow.WithSecretKey(authtest.DefaultSecretKey)), admin)) // without a Store
		session, err := c.Session(gen.LoginRequest{Username: admin, Password: "pw"})
		if err != nil {
			t.Fatal(err)
		}
		notStored(t, sim, session)
		f := replica(t, sim, s, admin)
		time.Sleep(300 * time.Second) // fake clock
		notStored(t, sim, f)
		rejected := mustToken(t, f)
		f.Invalidate(rejected)
		notStored(t, sim, f)
		_ = f.Close()
		if _, err := f.StoredToken(t.Context()); !errors.Is(err, authflow.ErrClosed) {
			t.Error(err)
		}
	})
}

// A Store that fails is not one without a token, and a secret that cannot be read is not
// either.
func TestK2_StoredToken_OfAStoreThatFails_IsAnError(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		down := &faultyStore{op: "Load", broken: func() bool { return true }}
		unread, err := process(t, sim, &sharedStore{}).FullAccess(gen.GetFullAccessTokenRequest{Username: admin},
			authflow.WithPassword(func(context.Context) (gen.Secret, error) { return "", errors.New("locked") }))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []*authflow.Flow{replica(t, sim, down, admin), unread} {
			for range 2 {
				if _, err := f.StoredToken(t.Context()); err == nil || errors.Is(err, authflow.ErrNotStored) {
					t.Error(err)
				}
			}
		}
	})
}
