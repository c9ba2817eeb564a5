package pool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// A flow that its user closed, but did not log out, has a token that is alive.
func TestU2_FlowThatItsUserClosed_IsEndedByForget(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		closed := u.mustGet(t, "ann")
		token := mustToken(t, closed)
		_ = closed.Close()
		next := mustToken(t, u.mustGet(t, "ann"))
		if s := u.Stats(); s.Owed != 1 || s.OwedCredentials != 1 {
			t.Errorf("%+v", s)
		}
		if err := u.Forget(t.Context(), "ann"); err != nil || u.isAlive(t, token) || u.isAlive(t, next) {
			t.Errorf("%v, alive: %v, %v", err, u.isAlive(t, token), u.isAlive(t, next))
		}
	})
}

// The tokens that a failed Forget left have expired: nothing is owed any more.
func TestU2_TokensThatExpired_AreNotOwed(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		mustToken(t, u.mustGet(t, "ann"))
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(500))
		failed := mustFail(t, u.Forget(t.Context(), "ann"))
		time.Sleep(time.Until(failed.Until) + time.Second) // fake clock
		if s := u.Stats(); s.Owed != 0 || s.OwedCredentials != 0 {
			t.Errorf("%+v", s)
		}
		calls := u.sim.Calls(authtest.OpRevokeToken)
		if err := u.Forget(t.Context(), "ann"); err != nil || u.sim.Calls(authtest.OpRevokeToken) != calls {
			t.Errorf("%v", err)
		}
	})
}

// The flows that Forget could not log out have a bound. Its error says how many the
// pool does not remember.
func TestU2_MoreFailedForgetsThanThePoolRemembers_AreReported(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.SetMaxOwed(3)
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(403))
		tokens := map[string]authflow.Token{}
		for i := range 5 {
			key := fmt.Sprint("user-", i)
			tokens[key] = mustToken(t, u.mustGet(t, key))
			failed := mustFail(t, u.Forget(t.Context(), key))
			isFull := i >= 3
			if failed.Credentials != 1 || (failed.Dropped == 1) != isFull || strings.Contains(failed.Error(), "did not fit") != isFull {
				t.Errorf("%s: %v", key, failed)
			}
		}
		if s := u.Stats(); s.Owed != 5 || s.OwedCredentials != 5 || s.Lost != 2 {
			t.Errorf("%+v", s)
		}
		u.sim.ClearFaults()
		for key, token := range tokens {
			isKept := key < "user-3"
			if err := u.Forget(t.Context(), key); err != nil || u.isAlive(t, token) == isKept {
				t.Errorf("%s: %v, alive: %v", key, err, u.isAlive(t, token))
			}
		}
		var failed *pool.CloseError
		if err := u.Close(t.Context()); !errors.As(err, &failed) || failed.Failed != 2 || failed.Flows != 2 || failed.Credentials != 2 {
			t.Errorf("%v", err)
		}
		time.Sleep(time.Until(failed.Until)) // fake clock
		if err := u.Close(t.Context()); err != nil || u.Stats().Lost != 0 {
			t.Errorf("when they have expired: %v, %+v", err, u.Stats())
		}
	})
}

// Flows whose tokens have expired give their place to others.
func TestU2_FlowsThatAreOwedNoMore_MakeRoom(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.SetMaxOwed(3)
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(403))
		for i := range 12 {
			key := fmt.Sprint("user-", i)
			mustToken(t, u.mustGet(t, key))
			failed := mustFail(t, u.Forget(t.Context(), key))
			if failed.Dropped != 0 {
				t.Errorf("%s: %v", key, failed)
			}
			if i%3 == 2 {
				time.Sleep(time.Until(failed.Until)) // fake clock
			}
		}
		for i := range 20 {
			f := u.mustGet(t, fmt.Sprint("guest-", i))
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			u.mustGet(t, fmt.Sprint("guest-", i))
		}
		if s := u.Stats(); s.Lost != 0 || s.Owed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Flows that their users closed have the same bound. The lost ones are forgotten
// when their tokens have expired.
func TestU2_MoreClosedFlowsThanThePoolRemembers_AreCountedAsLost(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.SetMaxOwed(3)
		for range 2 {
			for i := range 5 {
				key := fmt.Sprint("user-", i)
				f := u.mustGet(t, key)
				mustToken(t, f)
				_ = f.Close()
				u.mustGet(t, key)
			}
			if s := u.Stats(); s.Lost != 2 || s.Owed != 5 || s.OwedCredentials != 5 {
				t.Errorf("%+v", s)
			}
			time.Sleep(time.Until(u.Stats().OwedUntil)) // fake clock
		}
		if s := u.Stats(); s.Lost != 0 || s.Owed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// A token whose lifetime is not known is owed without a known end.
func TestU2_TokenOfUnknownLifetime_IsAliveWithoutEnd(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.SetMaxOwed(1)
		u.before = func(_ context.Context, key string) (*authflow.Flow, error) {
			if key == "known" {
				return nil, nil
			}
			return u.cluster.TokensFrom(func(context.Context) (authflow.Token, error) {
				return authflow.Token{Value: gen.Secret("token-of-" + key), Username: key}, nil
			})
		}
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(403))
		for _, key := range []string{"known", "ann"} {
			mustToken(t, u.mustGet(t, key))
			failed := mustFail(t, u.Forget(t.Context(), key))
			if failed.Until.IsZero() != (key == "ann") || strings.Contains(failed.Error(), "until") != (key == "known") {
				t.Errorf("%s: %v", key, failed)
			}
		}
		time.Sleep(1000 * time.Hour) // fake clock
		var failed *pool.CloseError
		if err := u.Close(t.Context()); !errors.As(err, &failed) || failed.Failed != 1 || !failed.Until.IsZero() {
			t.Errorf("%v", err)
		}
		if s := u.Stats(); s.Owed != 1 || s.Lost != 1 || !s.OwedUntil.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}
