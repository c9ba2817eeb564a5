package authflow_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
)

// The key of the Store is changed in one process after the other. Processes with the
// old key and processes with both use the same locks and one rate.

// withKeys returns a Cluster in a process with these keys of the Store.
func withKeys(t *testing.T, sim *authtest.Simulator, s authflow.Store, keys [][]byte, opts ...authflow.Option) *authflow.Cluster {
	t.Helper()
	return clusterOf(t, sim, append([]authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithStore(s, keys[0], keys[1:]...)}, opts...)...)
}

var oldKeys, bothKeys = [][]byte{oneKey}, [][]byte{otherKey, oneKey}

// The process with the old key requests a token. The other one waits for its lock, and
// finds the token.
func TestK1_WhileTheKeyChanges_ProcessesTakeOneLock(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		old, both := userNamed(t, withKeys(t, sim, tokensOnly{s}, oldKeys), admin), userNamed(t, withKeys(t, sim, tokensOnly{s}, bothKeys), admin)
		for range 2 {
			sim.ResetCalls()
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
			go func() { _, _ = old.Token(t.Context()) }()
			synctest.Wait()
			token := mustToken(t, both)
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 || token.Value != mustToken(t, old).Value {
				t.Errorf("%d calls for one token", n)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

// The process with both keys requests a token that the other one cannot read. That one
// waits for its lock nevertheless, so that only one call is in flight.
func TestK1_WhileTheKeyChanges_OldProcessWaitsForTheLock(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		old, both := userNamed(t, withKeys(t, sim, tokensOnly{s}, oldKeys), admin), userNamed(t, withKeys(t, sim, tokensOnly{s}, bothKeys), admin)
		for range 2 {
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
			go func() { _, _ = both.Token(t.Context()) }()
			synctest.Wait()
			began := time.Now()
			mustToken(t, old)
			if took := time.Since(began); took < time.Second {
				t.Errorf("it has a token after %v, while the other process holds the lock", took)
			}
			time.Sleep(time.Hour) // fake clock
		}
	})
}

func TestR9_WhileTheKeyChanges_ProcessesShareOneRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const users = 30
		var seen arrivals
		sim := authtest.New(append(people(2*users), seen.option())...)
		s := &sharedStore{}
		var flows []*authflow.Flow
		for i, keys := range [][][]byte{oldKeys, bothKeys} {
			c := withKeys(t, sim, s, keys, authflow.WithRateLimit(5, 1))
			for u := range users {
				flows = append(flows, userOf(t, c, i*users+u))
			}
		}
		for range 2 {
			tokensOfAll(t, flows)
			time.Sleep(time.Hour) // fake clock
		}
		if most := seen.mostIn(time.Second); most > 6 {
			t.Errorf("%d calls in a second, at a rate of 5", most)
		}
	})
}

// A token that was saved under the old key is removed by a process with both.
func TestL4_LogoutWhileTheKeyChanges_RemovesTheTokenOfTheOldKey(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		for range 2 {
			mustToken(t, userNamed(t, withKeys(t, sim, s, oldKeys), admin))
			both := userNamed(t, withKeys(t, sim, s, bothKeys), admin)
			mustToken(t, both)
			if err := both.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if names := s.Names(); len(names) > 0 {
				t.Errorf("%d tokens are stored after Logout", len(names))
			}
		}
	})
}
