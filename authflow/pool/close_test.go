package pool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

// fill acquires a token for each of n users.
func (u *users) fill(t *testing.T, n int) []authflow.Token {
	t.Helper()
	tokens := make([]authflow.Token, n)
	for i := range tokens {
		tokens[i] = mustToken(t, u.mustGet(t, fmt.Sprint("user-", i)))
	}
	return tokens
}

func TestL4_Close_RevokesEverythingAtTheRateOfTheCluster(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		tokens := u.fill(t, 200)
		u.mustGet(t, "never used")
		time.Sleep(time.Second) // fake clock: the burst is there again
		// 200 calls, of which the first 10 wait for nothing, and 50 a second.
		d := took(func() {
			if err := u.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		if d < 3*time.Second || d > 5*time.Second {
			t.Errorf("closed after %v", d)
		}
		if n := u.alive(t, tokens); n != 0 {
			t.Errorf("%d tokens are alive", n)
		}
		f, err := u.Get(t.Context(), "user-1")
		if f != nil || !errors.Is(err, pool.ErrClosed) || !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("%v, %v", f, err)
		}
		if s := u.Stats(); s.Flows != 0 || s.Owed != 0 || len(u.keys()) != 0 {
			t.Errorf("%+v", s)
		}
		calls := u.sim.Calls(authtest.OpRevokeToken)
		if err := u.Close(t.Context()); err != nil || u.sim.Calls(authtest.OpRevokeToken) != calls {
			t.Errorf("a second time: %v", err)
		}
	})
}

// Each call takes five seconds, and so does Close: the flows are not logged out one
// after the other.
func TestL4_Close_LogsOutSideBySide(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		tokens := u.fill(t, 10)
		time.Sleep(time.Minute) // fake clock: the burst is there again
		u.sim.SetLatency(5 * time.Second)
		d := took(func() {
			if err := u.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
		u.sim.SetLatency(0)
		if n := u.alive(t, tokens); n != 0 || d != 5*time.Second {
			t.Errorf("%d tokens are alive after %v", n, d)
		}
	})
}

func TestL4_CloseThatRunsOutOfTime_SaysHowManyFlowsItCouldNotLogOut(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		tokens := u.fill(t, 200)
		held := u.mustGet(t, "user-199")
		var err error
		d := took(func() { err = u.Close(within(t, 2*time.Second)) })
		var failed *pool.CloseError
		if !errors.As(err, &failed) || failed.Flows != 200 || failed.Failed < 80 || failed.Failed > 110 || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("%v", err)
		}
		if d > 4*time.Second {
			t.Errorf("closed after %v", d)
		}
		calls, alive := u.sim.Calls(authtest.OpRevokeToken), u.alive(t, tokens)
		if calls != 200-failed.Failed || alive != failed.Failed || failed.Credentials != alive || failed.Until.Before(time.Now()) {
			t.Errorf("%d calls, %d tokens are alive: %+v", calls, alive, failed)
		}
		if !held.Closed() || u.Stats().Owed != alive || u.Stats().Flows != 0 {
			t.Errorf("%+v, closed: %v", u.Stats(), held.Closed())
		}
		if err := u.Close(t.Context()); err != nil || u.sim.Calls(authtest.OpRevokeToken) != 200 || u.alive(t, tokens) != 0 {
			t.Errorf("the second Close: %v, %d calls", err, u.sim.Calls(authtest.OpRevokeToken))
		}
		if s := u.Stats(); s.Owed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Close counts the flows that failed, and no other.
func TestL4_CloseError_CountsTheFlowsThatFailed(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		tokens := u.fill(t, 10)
		u.sim.Fail(authtest.OpRevokeToken, 3, authtest.Status(403))
		err := u.Close(t.Context())
		var failed *pool.CloseError
		if !errors.As(err, &failed) || failed.Failed != 3 || failed.Flows != 10 || failed.Credentials != 3 {
			t.Fatalf("%v", err)
		}
		if text := err.Error(); !strings.Contains(text, "3 of 10 flows") || !strings.Contains(text, "3 credentials may still be alive until 20") {
			t.Error(text)
		}
		var e *authflow.Error
		if u.alive(t, tokens) != 3 || !errors.As(err, &e) || e.Status != 403 {
			t.Errorf("%d tokens are alive, %v", u.alive(t, tokens), err)
		}
		u.sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(403))
		if err := u.Close(t.Context()); !errors.As(err, &failed) || failed.Failed != 1 || failed.Flows != 3 {
			t.Errorf("the second Close: %v", err)
		}
		for range 2 {
			time.Sleep(time.Minute) // fake clock
			if err := u.Close(t.Context()); err != nil || u.alive(t, tokens) != 0 {
				t.Errorf("a later Close: %v", err)
			}
		}
	})
}

// Flows that Close could not log out are not dropped when they were idle for long
// enough, and Forget can end them too.
func TestL4_FlowsThatCloseCouldNotEnd_StayOwed(t *testing.T) {
	inBubble(t, []pool.Option{pool.WithIdle(time.Minute)}, func(t *testing.T, u *users) {
		u.SetMaxOwed(1)
		tokens := u.fill(t, 5)
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(403))
		if err := u.Close(t.Context()); err == nil {
			t.Error("no error")
		}
		failed := mustFail(t, u.Forget(t.Context(), "user-1"))
		time.Sleep(2 * time.Minute) // fake clock
		if s := u.Stats(); s.Owed != 5 || failed.Dropped != 0 || u.alive(t, tokens) != 5 {
			t.Errorf("%+v, %v", s, failed)
		}
		u.sim.ClearFaults()
		if err := u.Forget(t.Context(), "user-1"); err != nil || u.Stats().Owed != 4 {
			t.Errorf("%v, %+v", err, u.Stats())
		}
		if err := u.Close(t.Context()); err != nil || u.alive(t, tokens) != 0 {
			t.Errorf("%v, %d tokens are alive", err, u.alive(t, tokens))
		}
	})
}

// Close ends what a failed Forget left, too.
func TestL4_FlowThatForgetCouldNotEnd_IsEndedByClose(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		token := mustToken(t, u.mustGet(t, "ann"))
		u.sim.Fail(authtest.OpRevokeToken, 1, authtest.Status(403))
		failed := mustFail(t, u.Forget(t.Context(), "ann"))
		if failed.Credentials != 1 {
			t.Error(failed)
		}
		if err := u.Close(t.Context()); err != nil || u.isAlive(t, token) {
			t.Errorf("%v, alive: %v", err, u.isAlive(t, token))
		}
	})
}

// Two callers close the pool, such as a signal and a defer: each token is revoked
// once.
func TestL4_TwoClosesAtOnce_EndEachFlowOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		tokens := u.fill(t, 20)
		u.sim.SetLatency(time.Second)
		var callers sync.WaitGroup
		for range 2 {
			callers.Go(func() {
				if err := u.Close(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		var failed *pool.CloseError
		callers.Go(func() {
			if err := u.Close(within(t, time.Millisecond)); !errors.As(err, &failed) || failed.Failed != 20 {
				t.Errorf("with less time: %v", err)
			}
		})
		callers.Wait()
		u.sim.SetLatency(0)
		if n := u.sim.Calls(authtest.OpRevokeToken); n != 20 || u.alive(t, tokens) != 0 {
			t.Errorf("%d calls, %d tokens are alive", n, u.alive(t, tokens))
		}
	})
}

// A flow that is being created when the pool closes is not returned, and gets no
// token.
func TestU1_CloseWhileCreateIsRunning_EndsItsCallersAtOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		var flow *authflow.Flow
		u.before = func(ctx context.Context, key string) (*authflow.Flow, error) {
			<-ctx.Done()
			time.Sleep(time.Second) // fake clock: it does not look at its context in time
			f, err := u.flow(key)
			flow = f
			return f, err
		}
		first, second := u.getting(t.Context()), u.getting(t.Context())
		d := took(func() {
			if err := u.Close(t.Context()); err != nil {
				t.Error(err)
			}
			for _, wait := range []func() result{first, second} {
				if r := wait(); r.flow != nil || !errors.Is(r.err, pool.ErrClosed) {
					t.Errorf("%v, %v", r.flow, r.err)
				}
			}
		})
		time.Sleep(time.Minute) // fake clock
		if s := u.Stats(); d != 0 || !flow.Closed() || s.Flows != 0 || s.Owed != 0 {
			t.Errorf("%v, closed: %v, %+v", d, flow.Closed(), s)
		}
	})
}
