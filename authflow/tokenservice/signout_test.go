package tokenservice_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/tokenservice"
)

// U2: after a sign-out that succeeded, no token of the user is alive. A sign-out that failed
// says how many tokens are alive, and continues later.

func TestU2_SignOutThatFails_SaysHowManyTokensAreAliveAndContinues(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		token(t, x.request(t, "GET", "ann"))
		until := time.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		for n := range 2 {
			resp := x.request(t, "DELETE", "ann")
			p := problem(t, resp, 503)
			retryAfter(t, resp)
			if p["alive"] != 2.0 || p["until"] != until {
				t.Errorf("call %d: %v alive until %v, want 2 until %s", n+1, p["alive"], p["until"], until)
			}
			var e *tokenservice.SignOutError
			if err := x.Forget(t.Context(), "ann"); !errors.As(err, &e) || e.Alive != 2 || e.Until.IsZero() {
				t.Errorf("call %d of Forget: %v", n+1, err)
			}
		}
		x.sim.ClearFaults()
		time.Sleep(30 * time.Second) // fake clock
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 {
			t.Error(resp.status)
		}
		expectAlive(t, x.sim, "ann", 0, "after a sign-out that succeeded")
		x.sim.ResetCalls()
		if resp := x.request(t, "DELETE", "ann"); resp.status != 204 || x.sim.Calls(authtest.AnyOperation) != 0 {
			t.Errorf("once more: %d, %d calls", resp.status, x.sim.Calls(authtest.AnyOperation))
		}
	})
}

// The service is too small for its users, and forgets ann during her request.
func TestU2_SignOutOfAForgottenUser_StopsTheRequestInProgress(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		var running sync.WaitGroup
		running.Go(func() { problem(t, x.request(t, "GET", "ann"), 503) })
		synctest.Wait()
		for i := range 5 {
			x.request(t, "HEAD", fmt.Sprint("user-", i))
			x.request(t, "DELETE", fmt.Sprint("user-", i))
		}
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		release()
		running.Wait()
		synctest.Wait()
		expectAlive(t, x.sim, "ann", 0, "a token that was requested before")
		if e := x.last(t); e.Outcome != tokenservice.Superseded {
			t.Errorf("%+v", e)
		}
	}, tokenservice.WithMaxUsers(1))
}

// Without a Store, the tokens of a user that the service has forgotten cannot be revoked.
func TestU2_SignOutOfAUserWithForgottenTokens_SaysSo(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		token(t, x.request(t, "GET", "bob"))
		x.request(t, "GET", "another user")
		if err := x.Forget(t.Context(), "bob"); err != nil {
			t.Errorf("a user who is remembered: %v", err)
		}
		var e *tokenservice.SignOutError
		until := time.Now().Add(10 * time.Minute)
		if err := x.Forget(t.Context(), "ann"); !errors.As(err, &e) || !e.Until.Equal(until) || !strings.Contains(err.Error(), "WithMaxUsers") {
			t.Errorf("%v", err)
		}
		time.Sleep(10 * time.Minute) // fake clock
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Errorf("after the tokens have expired: %v", err)
		}
	}, tokenservice.WithMaxUsers(2))
}

// All calls of a sign-out together have one time limit.
func TestU2_SignOutWhoseCallsHang_TakesHalfAMinute(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for range 16 {
			token(t, x.request(t, "GET", "ann"))
		}
		release := x.sim.Block(authtest.OpRevokeToken)
		began := time.Now()
		resp := x.request(t, "DELETE", "ann")
		if took := time.Since(began); resp.status != 503 || took > 30*time.Second {
			t.Errorf("%d after %v", resp.status, took)
		}
		release()
	}, tokenservice.WithUserLimit(0, 0))
}

func TestU2_SignOutWithManyTokens_EndsThemInParallel(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		for range 16 {
			token(t, x.request(t, "GET", "ann"))
		}
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Delay(5*time.Second))
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, x.sim, "ann", 0, "after two rounds of calls")
	}, tokenservice.WithUserLimit(0, 0))
}

// A token that arrives after the sign-out is not handed out. It is ended later if it
// cannot be ended at once.
func TestU2_TokenThatArrivesAfterASignOut_IsEndedLater(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		release := x.sim.Block(authtest.OpGetFullAccessToken)
		var running sync.WaitGroup
		running.Go(func() { problem(t, x.request(t, "GET", "ann"), 503) })
		synctest.Wait()
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		release()
		running.Wait()
		time.Sleep(time.Minute) // fake clock
		expectAlive(t, x.sim, "ann", 1, "while the cluster fails")
		x.sim.ClearFaults()
		x.request(t, "HEAD", "bob")
		synctest.Wait()
		expectAlive(t, x.sim, "ann", 0, "later")
	})
}

func TestU2_SignOutThatFails_IsTriedAgainWhileTheServiceIsUsed(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		x.sim.ClearFaults()
		time.Sleep(5 * time.Minute) // fake clock
		expectAlive(t, x.sim, "ann", 1, "while the service is not used")
		x.request(t, "HEAD", "bob")
		synctest.Wait()
		expectAlive(t, x.sim, "ann", 0, "after a request of another user")
		e := x.last(t)
		if e.Outcome != tokenservice.EndedLater || e.User != "ann" || e.Err != nil {
			t.Errorf("%+v", e)
		}
	})
}

func TestU2_SignOutThatKeepsFailing_IsTriedTenTimesInAnHour(t *testing.T) {
	in(t, forADay, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		tries := 0
		for range 3600 {
			x.sim.ResetCalls()
			x.request(t, "HEAD", "bob")
			synctest.Wait()
			if x.sim.Calls(authtest.OpRevokeToken) > 0 {
				tries++
			}
			time.Sleep(time.Second) // fake clock
		}
		if tries < 8 || tries > 10 {
			t.Errorf("%d tries in an hour", tries)
		}
	}, tokenservice.WithUserLimit(0, 0))
}

func TestU2_SignOutThatCannotSucceed_IsNotTriedAgain(t *testing.T) {
	for name, fault := range map[string]authtest.Fault{"forbidden": authtest.Reject(403, 10023, "no"), "unknown user": authtest.Reject(400, 10002, "no such user")} {
		in(t, nil, func(t *testing.T, x *rig) {
			token(t, x.request(t, "GET", "ann"))
			x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
			problem(t, x.request(t, "DELETE", "ann"), 503)
			x.sim.ClearFaults()
			x.sim.Fail(authtest.OpRevokeToken, -1, fault)
			time.Sleep(time.Minute) // fake clock
			x.request(t, "HEAD", "bob")
			synctest.Wait()
			if e := x.last(t); e.Outcome != tokenservice.StillAlive || e.User != "ann" || e.Err == nil {
				t.Errorf("%s: %+v", name, e)
			}
			x.sim.ResetCalls()
			for range 5 {
				time.Sleep(time.Minute) // fake clock
				x.request(t, "HEAD", "bob")
				synctest.Wait()
			}
			if n := x.sim.Calls(authtest.OpRevokeToken); n > 0 {
				t.Errorf("%s: %d more calls", name, n)
			}
			var e *tokenservice.SignOutError
			if err := x.Forget(t.Context(), "ann"); !errors.As(err, &e) || e.Alive != 1 {
				t.Errorf("%s: another sign-out: %v", name, err)
			}
		})
	}
}

// The user has a page open again when the earlier sign-out is tried again.
func TestU2_UserWhoSignsInAgain_KeepsTheNewTokens(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		old := token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		current := token(t, x.request(t, "GET", "ann"))
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		x.request(t, "HEAD", "bob")
		synctest.Wait()
		if x.alive(t, old) || !x.alive(t, current) {
			t.Errorf("alive: the old one %v, the current one %v", x.alive(t, old), x.alive(t, current))
		}
	})
}

func TestU2_Shutdown_WaitsForASignOutThatIsTriedAgain(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		x.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		problem(t, x.request(t, "DELETE", "ann"), 503)
		x.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		release := x.sim.Block(authtest.OpRevokeToken)
		x.request(t, "HEAD", "bob")
		synctest.Wait()
		var isDown sync.WaitGroup
		isDown.Go(func() {
			if err := x.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			expectAlive(t, x.sim, "ann", 0, "when Shutdown returns")
		})
		synctest.Wait()
		release()
		isDown.Wait()
	})
}

// The context of the caller bounds a sign-out, too.
func TestU2_ForgetWithACanceledContext_SaysHowManyTokensAreAlive(t *testing.T) {
	in(t, nil, func(t *testing.T, x *rig) {
		token(t, x.request(t, "GET", "ann"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var e *tokenservice.SignOutError
		if err := x.Forget(ctx, "ann"); !errors.As(err, &e) || e.Alive != 1 {
			t.Errorf("%v", err)
		}
		if err := x.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		expectAlive(t, x.sim, "ann", 0, "the second time")
	})
}
