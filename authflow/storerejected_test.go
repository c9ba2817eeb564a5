package authflow_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// K3: a token that was rejected anywhere is not handed out again.

func TestK3_RejectedToken_IsNotHandedOutAgain(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b := replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		mustGet(t, a)
		for n := range 2 {
			time.Sleep(2 * time.Minute) // fake clock: a rejection of a new token counts less
			mustGet(t, b)
			sim.RevokeAll()
			sim.ResetCalls()
			mustGet(t, a) // by a replay
			mustGet(t, b)
			mustGet(t, replica(t, sim, &s, admin))
			if mints := sim.Calls(authtest.OpGetFullAccessToken); mints != 1 {
				t.Errorf("revocation %d: %d mints; one is enough for all", n+1, mints)
			}
		}
	})
}

// The token in the Store is another one than the replica uses, and revoked as well.
func TestK3_RevocationOfAllTokens_IsSeenByNoRequest(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b := replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		for range 2 {
			mustGet(t, a)
			mustGet(t, b)
			time.Sleep(250 * time.Second) // fake clock
			mustToken(t, b, authflow.MinTTL(100*time.Second))
			time.Sleep(time.Second) // fake clock
			sim.RevokeAll()
			sim.ResetCalls()
			mustGet(t, a) // by two replays
			mustGet(t, b)
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
				t.Errorf("%d mints", n)
			}
			time.Sleep(301 * time.Second) // fake clock
		}
	})
}

func TestK3_InvalidatedToken_IsRemovedFromTheStore(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a := replica(t, sim, &s, admin)
		for range 2 {
			first := mustToken(t, a)
			time.Sleep(2 * time.Minute) // fake clock: a rejection of a new token counts less
			a.Invalidate(first)
			second := mustToken(t, a)
			if other := mustToken(t, replica(t, sim, &s, admin)); second.Value == first.Value || other.Value != second.Value {
				t.Error("the first token is still in the Store")
			}
			time.Sleep(10 * time.Minute) // fake clock
		}
	})
}

// The token in the Store is due for renewal, and its renewal fails. It serves on,
// but Renew does not pass it off as a new one, and no request is repeated with it.
func TestK3_DueTokenOfTheStore_IsNeverTheNewOne(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		saved := mustToken(t, replica(t, sim, &s, admin))
		time.Sleep(270 * time.Second) // fake clock: it lives for 30 s more
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		if err := replica(t, sim, &s, admin).Renew(t.Context()); err == nil {
			t.Error("Renew of another process returns nil with the token of before")
		}
		f := replica(t, sim, &s, admin)
		if mustToken(t, f).Value != saved.Value {
			t.Fatal("a token that is alive does not serve on")
		}
		if err := f.Renew(t.Context()); err == nil {
			t.Error("Renew returns nil with the token of before")
		}
		sim.RevokeAll()
		sim.ResetCalls()
		for range 3 {
			_, _ = get(t.Context(), f)
			time.Sleep(time.Second) // fake clock
		}
		if n := sim.Calls(authtest.AnyOperation) - sim.Calls(authtest.OpGetFullAccessToken); n > 3 {
			t.Errorf("three requests sent the rejected token %d times", n)
		}
	})
}

// A token was requested before Renew, and saved after it, by a process whose Store is
// slow. It looks newer than it is.
func TestP1_TokenThatIsSavedLate_IsNotTheNewOneOfRenew(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		slow := &storeView{sharedStore: s, before: func(_ context.Context, op string) error {
			if op == "Save" {
				time.Sleep(500 * time.Millisecond) // fake clock
			}
			return nil
		}}
		first := replica(t, sim, slow, admin)
		go func() { _, _ = first.Token(t.Context()) }()
		time.Sleep(200 * time.Millisecond) // fake clock
		second := replica(t, sim, s, admin)
		if err := second.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		if mustToken(t, second).Value == mustToken(t, first).Value {
			t.Error("Renew returns a token that was requested before it was called")
		}
	})
}
