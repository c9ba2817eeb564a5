package authflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// K2: a Store that does not work costs mints only.

// hidden is what a Store knows and nobody is to be shown.
const hidden = "a-Secret-Of-The-Store"

// storeTroubles are what the operations of a Store may do.
func storeTroubles() map[string]func(context.Context, string) error {
	return map[string]func(context.Context, string) error{
		"down":                        func(context.Context, string) error { return errors.New("no connection") },
		"hangs":                       func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() },
		"hangs and ignores a context": func(context.Context, string) error { time.Sleep(time.Hour); return errors.New("at last") }, // fake clock
		"takes 2 s":                   func(context.Context, string) error { time.Sleep(2 * time.Second); return nil },             // fake clock
		"takes 900 ms":                func(context.Context, string) error { time.Sleep(900 * time.Millisecond); return nil },      // fake clock
		"panics":                      func(context.Context, string) error { panic("in the Store, with " + hidden) },
		"ends its goroutine":          func(context.Context, string) error { runtime.Goexit(); return nil },
	}
}

// The Store fails for 100 minutes, and is mended then.
func TestK2_StoreThatFails_CostsMintsOnly(t *testing.T) {
	t.Parallel()
	bubbles(t, storeTroubles(), func(t *testing.T, trouble func(context.Context, string) error) {
		sim := authtest.New(people(1)...)
		view := &storeView{sharedStore: &sharedStore{}, before: trouble}
		s := tokensOnly{view}
		var seen events
		c := process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey), authflow.WithObserver(seen.observe))
		flows := []*authflow.Flow{userOf(t, c, 0), byPassword(t, c, "user-0", "pw")}
		for range 600 {
			for _, f := range flows {
				began := time.Now()
				mustGet(t, f)
				if took := time.Since(began); took > 2*time.Second {
					t.Fatalf("a request waited for %v", took)
				}
			}
			time.Sleep(10 * time.Second) // fake clock
		}
		if n := sim.Calls(authtest.OpGetFullAccessToken); n < 40 || n > 60 {
			t.Errorf("%d mints in 100 min for two flows", n)
		}
		failures := seen.of(authflow.StoreFailed)
		for _, e := range failures {
			if strings.Contains(fmt.Sprintf("%v %+v", e, e.Err), hidden) {
				t.Errorf("a secret of the Store is shown: %v", e)
			}
		}
		if len(failures) > 120 {
			t.Errorf("%d failures reported", len(failures))
		}
		synctest.Wait()
		view.before = nil
		time.Sleep(time.Hour) // fake clock: what hangs ends, and the Store is tried again
		synctest.Wait()
		sim.ResetCalls()
		first := mustToken(t, flows[0])
		for range 3 {
			if other := mustToken(t, userOf(t, process(t, sim, s, authflow.WithSecretKey(authtest.DefaultSecretKey)), 0)); other.Value != first.Value {
				t.Error("the mended Store is not used")
			}
		}
	})
}

// Redis took the lock, and the response was lost or the process of its holder killed;
// or the holder saved its token, and its unlock was lost.
func TestK2_LockThatIsNotGivenBack_DelaysOthersByTwoSeconds(t *testing.T) {
	t.Parallel()
	type lost struct {
		holder func(t *testing.T, sim *authtest.Simulator, s *sharedStore)
		within time.Duration
		mints  int // of the others
	}
	bubbles(t, map[string]lost{
		"the response to Lock is lost": {func(t *testing.T, sim *authtest.Simulator, s *sharedStore) {
			view := &storeView{sharedStore: s, after: func(_ context.Context, op string) error {
				if op == "Lock" {
					return errors.New("connection reset")
				}
				return nil
			}}
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(10*time.Second))
			go func() { _, _ = replica(t, sim, view, admin).Token(t.Context()) }()
		}, 2 * time.Second, 2},
		"the holder died": {func(t *testing.T, sim *authtest.Simulator, s *sharedStore) {
			died := false
			view := &storeView{sharedStore: s, before: func(context.Context, string) error {
				if died {
					return errors.New("the process is dead")
				}
				return nil
			}, unlocks: func(func()) func() { return func() {} }}
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(10*time.Second))
			go func() { _, _ = replica(t, sim, view, admin).Token(t.Context()) }()
			synctest.Wait()
			died = true
		}, 2 * time.Second, 2},
		"unlock is lost after the token is saved": {func(t *testing.T, sim *authtest.Simulator, s *sharedStore) {
			view := &storeView{sharedStore: s, unlocks: func(func()) func() { return func() {} }}
			sim.Fail(authtest.OpGetFullAccessToken, 1, authtest.Delay(time.Second))
			go func() { _, _ = replica(t, sim, view, admin).Token(t.Context()) }()
		}, 1250 * time.Millisecond, 0},
	}, func(t *testing.T, c lost) {
		sim := authtest.New()
		s := &sharedStore{}
		c.holder(t, sim, s)
		synctest.Wait()
		sim.ResetCalls()
		others := []*authflow.Flow{replica(t, sim, s, admin), replica(t, sim, s, admin)}
		_, took := tokensOfAll(t, others)
		if n := sim.Calls(authtest.OpGetFullAccessToken); took > c.within || n > c.mints {
			t.Errorf("%d mints, the last one waited for %v", n, took)
		}
		time.Sleep(10 * time.Second) // fake clock
		_, took = tokensOfAll(t, []*authflow.Flow{replica(t, sim, s, admin), replica(t, sim, s, admin)})
		if took > 0 {
			t.Errorf("with a token in the Store another process waited for %v", took)
		}
	})
}

// However an acquisition ends, the next process does not wait for its lock.
func TestK2_R10_LockAfterAnAcquisition_IsGivenBack(t *testing.T) {
	t.Parallel()
	bubbles(t, map[string]struct {
		fault authtest.Fault // of the first acquisition, or nil
		opts  []authflow.Option
	}{
		"success":                       {},
		"the server rejects the key":    {fault: authtest.Status(401)},
		"the server fails":              {fault: authtest.Status(500)},
		"the observer panics":           {opts: []authflow.Option{authflow.WithObserver(func(authflow.Event) { panic("in user code") })}},
		"the observer ends a goroutine": {opts: []authflow.Option{authflow.WithObserver(func(authflow.Event) { runtime.Goexit() })}},
	}, func(t *testing.T, c struct {
		fault authtest.Fault
		opts  []authflow.Option
	}) {
		sim := authtest.New()
		s := &sharedStore{}
		for range 2 {
			if c.fault != nil {
				sim.Fail(authtest.OpGetFullAccessToken, 1, c.fault)
			}
			_, _ = replica(t, sim, s, admin, c.opts...).Token(t.Context())
			began := time.Now()
			err := replica(t, sim, s, admin).Renew(t.Context())
			if took := time.Since(began); err != nil || took > 0 {
				t.Errorf("%v, after %v", err, took)
			}
			time.Sleep(10 * time.Minute) // fake clock
		}
	})
}

// An outage of the server: a stored token serves until it expires.
func TestK2_R3_StoredToken_ServesInAnOutage(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		first := mustToken(t, replica(t, sim, &s, admin))
		sim.Fail(authtest.OpGetFullAccessToken, -1, authtest.Status(503))
		time.Sleep(270 * time.Second) // fake clock: its renewal is due
		for range 2 {
			token, err := replica(t, sim, &s, admin).Token(t.Context(), authflow.MinTTL(time.Second))
			if err != nil || token.Value != first.Value {
				t.Errorf("%v, %v", token, err)
			}
		}
	})
}

func TestK2_GarbageInTheStore_CostsAMint(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		var s storetest.Memory
		mustToken(t, replica(t, sim, &s, admin))
		name := s.Names()[0]
		good, _, err := s.Load(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			value []byte
			ttl   time.Duration
		}{
			"a longer life than the token ever had": {good, 24 * time.Hour},
			"nothing":                               {[]byte{}, time.Hour},
			"one byte":                              {[]byte{1}, time.Hour},
			"noise":                                 {bytes.Repeat([]byte{7}, 300), time.Hour},
			"cut":                                   {good[:len(good)-1], time.Hour},
			"one bit changed":                       {append([]byte{good[0] ^ 1}, good[1:]...), time.Hour},
		} {
			if err := s.Save(t.Context(), name, c.value, c.ttl); err != nil {
				t.Fatal(err)
			}
			sim.ResetCalls()
			for range 2 { // the second process finds the token of the first
				mustToken(t, replica(t, sim, &s, admin))
			}
			if n := sim.Calls(authtest.OpGetFullAccessToken); n != 1 {
				t.Errorf("%s: %d mints, want 1", what, n)
			}
		}
	})
}

// Each operation takes a while. All operations for one token together, with those for its
// password and its lock, take at most 2 s of the caller's time.
func TestK2_SlowStore_TakesTwoSecondsInAll(t *testing.T) {
	t.Parallel()
	for _, each := range []time.Duration{100, 400, 600, 900} {
		inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
			var operations atomic.Int64
			slow := distance(each * time.Millisecond)
			s := tokensOnly{&storeView{sharedStore: &sharedStore{}, before: func(ctx context.Context, op string) error {
				operations.Add(1)
				return slow(ctx, op)
			}}}
			sim.SetLatency(time.Second)
			for _, secret := range []gen.GetFullAccessTokenRequest{{Username: admin, SecretKey: authtest.DefaultSecretKey}, {Username: admin, Password: authtest.DefaultPassword}} {
				for range 2 {
					f, err := process(t, sim, s).FullAccess(secret)
					if err != nil {
						t.Fatal(err)
					}
					began := time.Now()
					mustToken(t, f)
					if took := time.Since(began); took > 3*time.Second || operations.Load() == 0 {
						t.Errorf("%d ms: a token was there after %v", each, took)
					}
					time.Sleep(time.Hour) // fake clock
				}
			}
		})
	}
}

// The wait for the lock of a Store ends with the Flow, and the lock is given back when
// it arrives after that.
func TestK2_L1_CloseWhileALockIsWaitedFor_GivesItBack(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *authtest.Simulator) {
		s := &sharedStore{}
		var held sync.WaitGroup
		held.Add(1)
		late := &storeView{sharedStore: s, after: func(_ context.Context, op string) error {
			if op == "Lock" {
				time.Sleep(time.Second) // fake clock: the response is on its way
			}
			return nil
		}, unlocks: func(unlock func()) func() { return func() { unlock(); held.Done() } }}
		f := replica(t, sim, late, admin)
		go func() { _, _ = f.Token(t.Context()) }()
		time.Sleep(100 * time.Millisecond) // fake clock
		_ = f.Close()
		held.Wait()
		_, took := tokensOfAll(t, []*authflow.Flow{replica(t, sim, s, admin)})
		if took > 0 {
			t.Errorf("the next process waited for %v", took)
		}
	})
}
