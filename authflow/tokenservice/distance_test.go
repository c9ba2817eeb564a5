package tokenservice_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// U2: replicas at a distance from the Store, with a way to it of their own each.

// way is the way of one replica to a Store.
type way struct {
	*storetest.Memory
	distance    time.Duration // of the response of each operation, and of its request
	isDown      atomic.Bool
	isSilent    atomic.Bool
	repeatsSwap bool         // a Swap whose response was lost is sent again
	ahead       atomic.Int64 // by which the clock of the Store was set forward
	swaps       atomic.Int64 // how many were sent
}

func (w *way) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	switch {
	case w.isDown.Load():
		return nil, 0, errDown
	case w.isSilent.Load():
		<-ctx.Done()
		return nil, 0, ctx.Err()
	}
	time.Sleep(w.distance) // fake clock
	value, left, err := w.Memory.Load(ctx, name)
	time.Sleep(w.distance) // fake clock
	return value, left - time.Duration(w.ahead.Load()), err
}

func (w *way) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if w.isDown.Load() {
		return errDown
	}
	w.swaps.Add(1)
	time.Sleep(w.distance) // fake clock
	err := w.Memory.Swap(ctx, name, old, value, ttl-w.distance)
	time.Sleep(w.distance) // fake clock
	if w.repeatsSwap && err == nil {
		return w.Memory.Swap(ctx, name, old, value, ttl)
	}
	return err
}

// apart runs a test of replicas with ways of their own to one Store.
func apart(t *testing.T, replicas int, test func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig), opts ...tokenservice.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := authtest.New(authtest.WithUser("ann", "pw"), authtest.WithUser("bob", "pw"))
		var memory storetest.Memory
		var ways []*way
		var list []*rig
		for range replicas {
			w := &way{Memory: &memory}
			x := &rig{sim: sim, options: []authflow.Option{authflow.WithStore(w, make([]byte, 32))}}
			x.start(t, nil, opts...)
			ways, list = append(ways, w), append(list, x)
		}
		defer func() {
			for _, x := range list {
				_ = x.Shutdown(t.Context())
			}
		}()
		test(t, sim, ways, list)
	})
}

// use lets a replica serve requests of another user for some minutes.
func use(t *testing.T, x *rig, minutes int) {
	t.Helper()
	for range 2 * minutes {
		time.Sleep(30 * time.Second) // fake clock
		x.request(t, "HEAD", "bob")
		synctest.Wait()
	}
}

func TestU2_SignOutFarFromTheStore_EndsATokenOfAMomentAgo(t *testing.T) {
	for _, distance := range []time.Duration{0, 15 * time.Millisecond, 150 * time.Millisecond} {
		apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
			ways[0].distance = distance
			token(t, list[1].request(t, "GET", "ann"))
			time.Sleep(10 * time.Millisecond) // fake clock
			if err := list[0].Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			expectAlive(t, sim, "ann", 0, "%v away", distance)
		})
	}
}

// The sign-out could not reach the Store at first, and the Store is slow afterwards.
func TestU2_SignOutThatIsTriedAgainFarFromTheStore_EndsEarlierTokens(t *testing.T) {
	apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		token(t, list[1].request(t, "GET", "ann"))
		time.Sleep(200 * time.Millisecond) // fake clock
		ways[0].isDown.Store(true)
		problem(t, list[0].request(t, "DELETE", "ann"), 503)
		ways[0].isDown.Store(false)
		ways[0].distance = 240 * time.Millisecond
		use(t, list[0], 5)
		expectAlive(t, sim, "ann", 0, "after the sign-out was tried again")
	})
}

func TestU2_TwentyTabsAtOnce_AreAllRecorded(t *testing.T) {
	for _, distance := range []time.Duration{10 * time.Millisecond, 30 * time.Millisecond, 50 * time.Millisecond} {
		apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
			ways[1].distance = distance
			var tabs sync.WaitGroup
			for range 20 {
				tabs.Go(func() {
					began := time.Now()
					token(t, list[1].request(t, "GET", "ann"))
					if took := time.Since(began); took > time.Second {
						t.Errorf("%v away: a tab waits for %v", distance, took)
					}
				})
			}
			tabs.Wait()
			if n := ways[1].swaps.Load(); n > 3 {
				t.Errorf("%v away: 20 tabs cost %d changes of the record", distance, n)
			}
			if err := list[0].Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			expectAlive(t, sim, "ann", 0, "%v away", distance)
		})
	}
}

func TestU2_TwentyReplicasAtOnce_AreAllRecorded(t *testing.T) {
	apart(t, 20, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		var running sync.WaitGroup
		for i, x := range list {
			ways[i].distance = 50 * time.Millisecond
			running.Go(func() { token(t, x.request(t, "GET", "ann")) })
		}
		running.Wait()
		time.Sleep(10 * time.Second) // fake clock: the rest is recorded in the background
		if err := list[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, sim, "ann", 0, "after the sign-out")
	})
}

// The Store was down for one request of ann. The replica serves others afterwards.
func TestU2_TokenThatCouldNotBeRecorded_IsRecordedWhileTheServiceIsUsed(t *testing.T) {
	apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		ways[1].isDown.Store(true)
		token(t, list[1].request(t, "GET", "ann"))
		time.Sleep(time.Second) // fake clock
		ways[1].isDown.Store(false)
		use(t, list[1], 2)
		if err := list[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, sim, "ann", 0, "after the sign-out")
	})
}

// The Store is down until the token has expired. There is nothing to record any more, and
// the user takes no more place.
func TestU1_UserWhoseUnrecordedTokenExpired_TakesNoMorePlace(t *testing.T) {
	apart(t, 1, func(t *testing.T, _ *authtest.Simulator, ways []*way, list []*rig) {
		ways[0].isDown.Store(true)
		token(t, list[0].request(t, "GET", "ann"))
		use(t, list[0], 30)
		if n := list[0].Stats().Users; n != 1 {
			t.Errorf("%d users are remembered, want 1", n)
		}
	}, tokenservice.WithMaxUsers(1))
}

// The user signs out at one replica before another one could record its token.
func TestU2_TokenOfBeforeASignOut_IsEndedWhenItIsRecorded(t *testing.T) {
	apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		ways[1].isDown.Store(true)
		token(t, list[1].request(t, "GET", "ann"))
		if err := list[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		ways[1].isDown.Store(false)
		use(t, list[1], 2)
		expectAlive(t, sim, "ann", 0, "when the Store responds to the other replica")
	})
}

// A client of the Store sends a Swap again when its response was lost.
func TestK2_SwapThatIsSentTwice_IsNotARepeatedToken(t *testing.T) {
	apart(t, 1, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		ways[0].repeatsSwap = true
		for range 3 {
			token(t, list[0].request(t, "GET", "ann"))
		}
		expectAlive(t, sim, "ann", 3, "after three requests")
	})
}

// K2 costs mints, and no token of before a sign-out.
func TestU2_ReusableToken_IsNotHandedOutWhileTheStoreFails(t *testing.T) {
	apart(t, 2, func(t *testing.T, _ *authtest.Simulator, ways []*way, list []*rig) {
		before := token(t, list[1].request(t, "GET", "ann"))
		time.Sleep(time.Second) // fake clock
		if err := list[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		ways[1].isDown.Store(true)
		if after := token(t, list[1].request(t, "GET", "ann")); after == before {
			t.Error("the token of before the sign-out is handed out")
		}
	}, tokenservice.WithReuse(time.Hour))
}

// The clock of the Store is set back after a sign-out.
func TestU2_ClockOfTheStoreThatIsSetBack_StopsNobody(t *testing.T) {
	apart(t, 1, func(t *testing.T, _ *authtest.Simulator, ways []*way, list []*rig) {
		if err := list[0].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		ways[0].ahead.Store(-int64(10 * time.Minute))
		time.Sleep(time.Second) // fake clock
		token(t, list[0].request(t, "GET", "ann"))
	})
}

// A retry that hangs does not replace what a later sign-out owes.
func TestU2_RetryOfAnEarlierSignOut_LeavesALaterOneAlone(t *testing.T) {
	apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		ways[0].isDown.Store(true)
		problem(t, list[0].request(t, "DELETE", "ann"), 503)
		time.Sleep(20 * time.Second) // fake clock
		token(t, list[1].request(t, "GET", "ann"))
		time.Sleep(5 * time.Second) // fake clock
		ways[0].isDown.Store(false)
		ways[0].isSilent.Store(true)
		list[0].request(t, "HEAD", "bob")  // begins the retry of the first sign-out
		time.Sleep(500 * time.Millisecond) // fake clock
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := list[0].Forget(ctx, "ann"); err == nil || !strings.Contains(err.Error(), "other replicas") {
			t.Errorf("the second sign-out: %v", err)
		}
		time.Sleep(10 * time.Second) // fake clock
		ways[0].isSilent.Store(false)
		use(t, list[0], 5)
		expectAlive(t, sim, "ann", 0, "the token of between the sign-outs")
	})
}
