package authflow_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// K1: the fleet mints once for each principal and period.

// tokensOfAll returns how many different tokens the flows get at once, and how long
// the last one waits.
func tokensOfAll(t *testing.T, flows []*authflow.Flow) (different int, took time.Duration) {
	t.Helper()
	var mu sync.Mutex
	got := make(map[gen.Secret]bool)
	took = allAtOnce(flows, func(_ int, f *authflow.Flow) {
		token := mustToken(t, f)
		mu.Lock()
		defer mu.Unlock()
		got[token.Value] = true
	})
	return len(got), took
}

// A mint that takes less than 2 s is made once. A slower one costs each process at
// most one, and no process waits for another one for more than 2 s.
func TestK1_ReplicasThatStartTogether_MintOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mint, away time.Duration
		most       int // mints
	}{
		"300 ms":                     {300 * time.Millisecond, 0, 1},
		"1.9 s":                      {1900 * time.Millisecond, 0, 1},
		"1 s, the Store 100 ms away": {time.Second, 100 * time.Millisecond, 1},
		"5 s":                        {5 * time.Second, 0, 20},
		"5 s, the Store 100 ms away": {5 * time.Second, 100 * time.Millisecond, 20},
		"9 s, nearly a time limit":   {9 * time.Second, 0, 20},
	} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			s := &sharedStore{}
			flows := make([]*authflow.Flow, 20)
			for i := range flows {
				flows[i] = replica(t, sim, tokensOnly{&storeView{sharedStore: s, before: distance(c.away)}}, admin)
			}
			sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Delay(c.mint))
			for period := range 2 {
				sim.ResetCalls()
				different, took := tokensOfAll(t, flows)
				if n := sim.Calls(authtest.OpGetFullAccessToken); n > c.most || different > n {
					t.Errorf("%s, period %d: %d mints, %d different tokens", name, period, n, different)
				}
				if took > c.mint+2*time.Second {
					t.Errorf("%s, period %d: the last one waited for %v", name, period, took)
				}
				time.Sleep(301 * time.Second) // fake clock
			}
		})
	}
}

// The queue before the server is longer than a lock is held or waited for.
func TestK1_ReplicasWithALongQueue_MintOnceForEachUser(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		const users = 60
		var s storetest.Memory
		var flows []*authflow.Flow
		for range 3 {
			c := process(t, sim, &s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(1, 1))
			for u := range users {
				flows = append(flows, userOf(t, c, u))
			}
		}
		tokensOfAll(t, flows)
		// Without a lock two may look at the same instant, and both find nothing.
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > users*21/20 {
			t.Errorf("%d mints for %d users", n, users)
		}
	}, people(60)...)
}

// A process that has waited for the lock in vain, and then stands in its queue for half
// a second, finds what its holder has saved in the meantime.
func TestK1_QueueAfterAWaitForALock_FindsTheTokenOfItsHolder(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(2300*time.Millisecond))
		holder := userOf(t, process(t, sim, &s, authflow.WithSecretKey(authtest.DefaultSecretKey)), 0)
		go func() { _, _ = holder.Token(t.Context()) }()
		synctest.Wait()
		c := process(t, sim, &s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithRateLimit(1, 1))
		time.AfterFunc(1900*time.Millisecond, func() { _ = userOf(t, c, 1).Renew(t.Context()) }) // takes the turn
		token := mustToken(t, userOf(t, c, 0))
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 || token.Value != mustToken(t, holder).Value {
			t.Errorf("%d mints for two users", n)
		}
	}, people(2)...)
}

// The first attempt of a process fails late, so that its lock expires before the second
// one. Another process has saved a token by then.
func TestK1_AttemptAfterTheLockExpired_FindsTheTokenOfAnotherProcess(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		slow := replica(t, sim, &s, admin, authflow.WithPolicy(authflow.Policy{Timeout: time.Minute}))
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Handle(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(9 * time.Second) // fake clock
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		var token authflow.Token
		isDone := make(chan struct{})
		go func() {
			defer close(isDone)
			token = mustToken(t, slow)
		}()
		time.Sleep(6 * time.Second) // fake clock
		other := mustToken(t, replica(t, sim, &s, admin))
		<-isDone
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 2 || token.Value != other.Value {
			t.Errorf("%d calls for one user", n)
		}
	})
}

// The first look takes 600 ms, because many processes start together, and the next ones
// take no time. The lock is waited for as long as usual.
func TestK1_SlowFirstLook_DoesNotShortenTheWaitForTheLock(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(1500*time.Millisecond))
		holder := replica(t, sim, s, admin)
		go func() { _, _ = holder.Token(t.Context()) }()
		synctest.Wait()
		isFirst := true
		slow := &storeView{sharedStore: s, before: func(context.Context, string) error {
			if isFirst {
				isFirst = false
				time.Sleep(600 * time.Millisecond) // fake clock
			}
			return nil
		}}
		token := mustToken(t, replica(t, sim, slow, admin))
		if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 || token.Value != mustToken(t, holder).Value {
			t.Errorf("%d mints for one user", n)
		}
	})
}

// A day of five replicas that serve requests at random: they mint as often as one
// process, and no request carries a dead token.
func TestK1_FiveReplicasForADay_MintOnceForEachPeriod(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		flows := make([]*authflow.Flow, 5)
		for i := range flows {
			flows[i] = replica(t, sim, &s, admin)
		}
		rng := rand.New(rand.NewPCG(1, 1))
		began, requests := time.Now(), 0
		for time.Since(began) < 24*time.Hour {
			mustGet(t, flows[rng.IntN(len(flows))])
			requests++
			time.Sleep(time.Duration(rng.IntN(20_000)) * time.Millisecond) // fake clock
		}
		// A token of 300 s serves at least 75 % and at most 80 % of it.
		if n := sim.Calls(authtest.OpGetFullAccessToken); n < 350 || n > 390 {
			t.Errorf("%d mints in a day", n)
		}
		if n := sim.Calls(authtest.Echo); n != requests {
			t.Errorf("%d requests arrived %d times: some carried a dead token", requests, n)
		}
	})
}

func TestK1_ToolThatRunsEachMinute_MintsOnceForEachLifetime(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		for range 60 {
			mustGet(t, replica(t, sim, &s, admin))
			time.Sleep(time.Minute) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n > 15 {
			t.Errorf("%d mints in 60 runs", n)
		}
	})
}

// R1: the age of a token comes from the Store, whatever the clocks of the machines
// say, and the token is not used after it expires.
func TestK1_R1_StoredToken_KeepsItsAge(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		first := mustToken(t, replica(t, sim, &s, admin))
		time.Sleep(100 * time.Second) // fake clock
		f := replica(t, sim, &s, admin)
		second := mustToken(t, f)
		isSame := second.Value == first.Value && second.Expires.Equal(first.Expires) && second.UserID == first.UserID
		if !isSame || second.Deadline.Sub(first.Deadline).Abs() > time.Second {
			t.Errorf("%v, then %v", first, second)
		}
		time.Sleep(205 * time.Second) // fake clock
		if third := mustToken(t, f); third.Value == first.Value {
			t.Error("used after it expired")
		}
	})
}

// Renew requests another token, which all processes that share the Store use.
func TestK1_Renew_RequestsATokenForAll(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		a, b := replica(t, sim, &s, admin), replica(t, sim, &s, admin)
		seen := []gen.Secret{mustToken(t, a).Value}
		for _, f := range []*authflow.Flow{a, b, a} {
			time.Sleep(time.Minute) // fake clock: the token of another process is newer than this one's
			if err := f.Renew(t.Context()); err != nil {
				t.Fatal(err)
			}
			value := mustToken(t, f).Value
			if slices.Contains(seen, value) {
				t.Error("Renew returned a token that was there before")
			}
			seen = append(seen, value)
			if other := mustToken(t, replica(t, sim, &s, admin)); other.Value != value {
				t.Error("another process does not use it")
			}
		}
		synctest.Wait()
	})
}

// A caller that needs more lifetime than the stored token has gets another token.
func TestR8_MinTTLAboveThatOfTheStoredToken_GetsAnother(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		f := replica(t, sim, &s, admin)
		first := mustToken(t, f)
		time.Sleep(150 * time.Second) // fake clock
		second := mustToken(t, f, authflow.MinTTL(200*time.Second))
		if second.Value == first.Value {
			t.Error("the same token")
		}
		if other := mustToken(t, replica(t, sim, &s, admin), authflow.MinTTL(200*time.Second)); other.Value != second.Value {
			t.Error("another process got a third token")
		}
	})
}

func TestT2_ExclusiveToken_IsNotStored(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		f := replica(t, sim, &s, admin)
		for range 2 {
			own := mustToken(t, f, authflow.Exclusive())
			if token := mustToken(t, replica(t, sim, &s, admin)); token.Value == own.Value {
				t.Error("another caller got it")
			}
		}
	})
}

func TestL4_Logout_RemovesStoredTokens(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		for range 2 {
			f := replica(t, sim, &s, admin)
			mustToken(t, f)
			if err := f.Logout(t.Context()); err != nil {
				t.Fatal(err)
			}
			if names := s.Names(); len(names) > 0 {
				t.Errorf("%d tokens are stored", len(names))
			}
			mustGet(t, replica(t, sim, &s, admin))
			sim.RevokeAll()
		}
	})
}

// 200 exclusive tokens cost the Store what one token costs it: they are not there.
func TestL4_K2_LogoutOfExclusiveTokens_LooksAtTheStoreOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := counting()
		f := replica(t, sim, tokensOnly{s}, admin)
		mustToken(t, f)
		exclusiveTokens(t, f, 200)
		before := s.operations.Load()
		if err := f.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.operations.Load() - before; n != 2 { // a Load and a Delete
			t.Errorf("%d operations", n)
		}
	})
}
