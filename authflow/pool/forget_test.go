package pool_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
	"github.com/go-thoughtspot/tsauth/gen"
)

// mustFail returns the error of a Forget that could not end everything.
func mustFail(t *testing.T, err error) *pool.ForgetError {
	t.Helper()
	var failed *pool.ForgetError
	if !errors.As(err, &failed) {
		t.Fatalf("%v", err)
	}
	return failed
}

func TestU2_ForgottenUser_HasNoTokenLeft(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		held := u.mustGet(t, "ann")
		ann, bob := mustToken(t, held), mustToken(t, u.mustGet(t, "bob"))
		if err := u.Forget(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		if u.isAlive(t, ann) || !u.isAlive(t, bob) {
			t.Errorf("ann %v, bob %v", u.isAlive(t, ann), u.isAlive(t, bob))
		}
		_, err := held.Token(t.Context())
		if !errors.Is(err, authflow.ErrClosed) {
			t.Errorf("the forgotten flow: %v", err)
		}
		next := mustToken(t, u.mustGet(t, "ann"))
		if next.Value == ann.Value || !u.isAlive(t, next) || u.calls("ann") != 2 {
			t.Errorf("%d calls of create", u.calls("ann"))
		}
		if err := u.Forget(t.Context(), "nobody"); err != nil {
			t.Error(err)
		}
		if s := u.Stats(); s.Forgotten != 1 || s.Owed != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// Forget says what it could not end, the next one continues, and nil means that
// everything has ended.
func TestU2_ForgetThatFails_IsContinuedByTheNext(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		ann := u.mustGet(t, "ann")
		tokens := []authflow.Token{mustToken(t, ann)}
		if err := ann.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, mustToken(t, ann))
		_, until := ann.Outstanding()
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(500))
		for range 3 {
			failed := mustFail(t, u.Forget(t.Context(), "ann"))
			var e *authflow.Error
			if failed.Credentials != 2 || !failed.Until.Equal(until) || failed.Dropped != 0 || !errors.As(failed, &e) || e.Status != 500 {
				t.Errorf("%+v", failed)
			}
			if s := u.Stats(); s.Owed != 1 || s.OwedCredentials != 2 || !s.OwedUntil.Equal(until) || s.Forgotten != 1 || s.Flows != 0 {
				t.Errorf("%+v", s)
			}
		}
		u.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		for range 2 {
			if err := u.Forget(t.Context(), "ann"); err != nil || u.alive(t, tokens) != 0 {
				t.Errorf("%v, %d tokens are alive", err, u.alive(t, tokens))
			}
		}
		if s := u.Stats(); s.Owed != 0 || s.OwedCredentials != 0 || !s.OwedUntil.IsZero() {
			t.Errorf("%+v", s)
		}
	})
}

// In the meantime the key has got another flow: the next Forget ends both.
func TestU2_FlowCreatedBetweenTwoForgets_IsEndedToo(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(503))
		var tokens []authflow.Token
		for n := 1; n <= 3; n++ {
			tokens = append(tokens, mustToken(t, u.mustGet(t, "ann")))
			failed := mustFail(t, u.Forget(t.Context(), "ann"))
			if failed.Credentials != n || u.Stats().Owed != n || u.alive(t, tokens) != n {
				t.Errorf("%d flows: %v, %+v", n, failed, u.Stats())
			}
		}
		last := u.mustGet(t, "ann")
		tokens = append(tokens, mustToken(t, last))
		u.sim.ClearFaults()
		time.Sleep(time.Minute) // fake clock
		if err := u.Forget(t.Context(), "ann"); err != nil || u.alive(t, tokens) != 0 || !last.Closed() {
			t.Errorf("%v, %d tokens are alive", err, u.alive(t, tokens))
		}
	})
}

// The flows of a key are logged out side by side: calls that hang keep no other
// token alive, and the context of the caller is the limit.
func TestU2_ForgetOfSeveralFlows_EndsThemSideBySide(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		var tokens []authflow.Token
		for range 5 {
			f := u.mustGet(t, "ann")
			tokens = append(tokens, mustToken(t, f))
			_ = f.Close()
		}
		u.sim.SetLatency(time.Second)
		d := took(func() {
			if err := u.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
		})
		u.sim.SetLatency(0)
		if d != time.Second || u.alive(t, tokens) != 0 {
			t.Errorf("%v, %d tokens are alive", d, u.alive(t, tokens))
		}
	})
}

func TestL4_Forget_TakesNoLongerThanItsContext(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		token := mustToken(t, u.mustGet(t, "ann"))
		release := u.sim.Block(authtest.OpRevokeToken)
		var err error
		d := took(func() { err = u.Forget(within(t, time.Second), "ann") })
		if failed := mustFail(t, err); d != time.Second || failed.Credentials != 1 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, d)
		}
		release()
		if err := u.Forget(t.Context(), "ann"); err != nil || u.isAlive(t, token) {
			t.Errorf("%v, alive: %v", err, u.isAlive(t, token))
		}
	})
}

// The rules change while the flow is being created with the old ones.
func TestU1_ForgetWhileCreateIsRunning_GivesItsCallersANewFlow(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		rules := "old"
		var canceled atomic.Bool
		u.before = func(ctx context.Context, _ string) (*authflow.Flow, error) {
			now := rules
			time.Sleep(time.Second) // fake clock
			if ctx.Err() != nil {
				canceled.Store(true)
			}
			return u.cluster.FullAccess(gen.GetFullAccessTokenRequest{Username: now})
		}
		waiting := u.getting(t.Context())
		rules = "new"
		for range 2 {
			if err := u.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
		}
		r := waiting()
		if r.err != nil || !strings.Contains(fmt.Sprint(r.flow), "new") || r.flow != u.mustGet(t, "ann") {
			t.Errorf("%v, %v", r.flow, r.err)
		}
		time.Sleep(time.Minute) // fake clock
		if s := u.Stats(); s.Flows != 1 || s.Created != 1 || s.Owed != 0 || !canceled.Load() {
			t.Errorf("%+v, canceled: %v", s, canceled.Load())
		}
	})
}

// create uses the flow before it returns it, after Forget: the token is ended when
// the flow arrives, and stays owed if that fails.
func TestU2_TokenThatCreateAcquiredBeforeForget_IsEndedOnArrival(t *testing.T) {
	for _, fails := range []bool{false, true} {
		inBubble(t, nil, func(t *testing.T, u *users) {
			var token authflow.Token
			u.before = func(context.Context, string) (*authflow.Flow, error) {
				f, err := u.flow("ann")
				if err == nil {
					token = mustToken(t, f)
				}
				time.Sleep(time.Second) // fake clock
				return f, err
			}
			waiting := u.getting(within(t, time.Millisecond))
			if r := waiting(); r.err == nil {
				t.Error("no error")
			}
			if err := u.Forget(t.Context(), "ann"); err != nil {
				t.Error(err)
			}
			if fails {
				u.sim.Fail(authtest.OpRevokeToken, -1, authtest.Status(403))
			}
			time.Sleep(time.Minute) // fake clock
			if s := u.Stats(); u.isAlive(t, token) != fails || (s.Owed == 1) != fails || s.Flows != 0 {
				t.Errorf("fails: %v: %+v", fails, s)
			}
			u.sim.ClearFaults()
			if err := u.Forget(t.Context(), "ann"); err != nil || u.isAlive(t, token) {
				t.Errorf("%v, alive: %v", err, u.isAlive(t, token))
			}
		})
	}
}

// Forget and Get of one key at once, many times: a flow that was returned after a
// Forget is not one that was there before it.
func TestU2_CallersDuringForget_KeepNoToken(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.sim.SetLatency(10 * time.Millisecond)
		var (
			callers sync.WaitGroup
			mu      sync.Mutex
			tokens  []authflow.Token
		)
		for i := range 20 {
			callers.Go(func() {
				for range 10 {
					f, err := u.Get(t.Context(), "ann")
					if err != nil {
						t.Error(err)
						return
					}
					token, err := f.Token(t.Context())
					if err == nil {
						mu.Lock()
						tokens = append(tokens, token)
						mu.Unlock()
					}
					if i%5 == 0 {
						err := u.Forget(t.Context(), "ann")
						if err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		callers.Wait()
		if err := u.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		time.Sleep(time.Minute) // fake clock
		u.sim.SetLatency(0)
		if len(tokens) == 0 || u.alive(t, tokens) != 0 {
			t.Errorf("%d of %d tokens are alive", u.alive(t, tokens), len(tokens))
		}
	})
}
