package tokenservice_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
	"github.com/go-thoughtspot/tsauth/gen"
)

// U2: tokens that were requested before a sign-out and arrive after it.

// A request waits for the cluster at one replica while the user signs out at another one.
// The Store is down for one of them until the request is over.
func TestU2_K2_TokenRequestedBeforeASignOut_EndsWhenTheStoreIsBack(t *testing.T) {
	for name, isDownWhereTheUserSignsOut := range map[string]bool{"where the token arrives": false, "where the user signs out": true} {
		t.Run(name, func(t *testing.T) {
			apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
				release := sim.Block(authtest.OpGetFullAccessToken)
				served := make(chan got)
				go func() { served <- list[0].request(t, "GET", "ann") }()
				time.Sleep(time.Second) // fake clock
				ways[1].isDown.Store(isDownWhereTheUserSignsOut)
				err := list[1].Forget(t.Context(), "ann")
				if (err != nil) != isDownWhereTheUserSignsOut {
					t.Errorf("the sign-out: %v", err)
				}
				time.Sleep(time.Second) // fake clock
				ways[0].isDown.Store(!isDownWhereTheUserSignsOut)
				release()
				token(t, <-served) // the replica cannot know of the sign-out
				ways[0].isDown.Store(false)
				ways[1].isDown.Store(false)
				for range 2 {
					use(t, list[0], 1)
					use(t, list[1], 1)
					expectAlive(t, sim, "ann", 0, "after the Store is back")
				}
			})
		})
	}
}

// A token that was handed out while the Store was down is not reused, if its request
// began before the sign-out.
func TestU2_K2_TokenRequestedBeforeASignOut_IsNotReused(t *testing.T) {
	apart(t, 2, func(t *testing.T, sim *authtest.Simulator, ways []*way, list []*rig) {
		release := sim.Block(authtest.OpGetFullAccessToken)
		served := make(chan got)
		go func() { served <- list[0].request(t, "GET", "ann") }()
		time.Sleep(time.Second) // fake clock
		if err := list[1].Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second) // fake clock
		ways[0].isDown.Store(true)
		release()
		before := token(t, <-served)
		time.Sleep(time.Second) // fake clock: the token could not be recorded
		ways[0].isDown.Store(false)
		time.Sleep(5 * time.Second) // fake clock: the Store is tried again
		if after := token(t, list[0].request(t, "GET", "ann")); after == before {
			t.Error("a token that was requested before the sign-out")
		}
	}, tokenservice.WithReuse(time.Hour))
}

// The token of an object that arrives after the sign-out can end no other token.
func TestU2_ObjectTokenThatArrivesAfterASignOut_IsNotUsedForTheNext(t *testing.T) {
	in(t, func(*http.Request) (tokenservice.Request, error) {
		return tokenservice.Object(gen.GetObjectAccessTokenRequest{Username: "ann", ObjectID: "o", ValidityTimeInSec: 600}), nil
	}, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetObjectAccessToken)
		served := make(chan got)
		go func() { served <- x.request(t, "GET", "") }()
		synctest.Wait()
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503)) // the token is owed
		release()
		problem(t, <-served, 503)
		time.Sleep(35 * time.Second) // fake clock: its revocation has failed
		expectAlive(t, x.sim, "ann", 1, "while the cluster fails")
		x.sim.ClearFaults()
		time.Sleep(5 * time.Second) // fake clock: the outage is over
		for range 2 {
			if err := x.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			expectAlive(t, x.sim, "ann", 0, "after the sign-out")
		}
	}, tokenservice.WithSignOutEverywhere(nil))
}
