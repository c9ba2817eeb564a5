package pool_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/pool"
)

func TestU1_EachCaller_WaitsUnderItsOwnContext(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.before = func(ctx context.Context, _ string) (*authflow.Flow, error) {
			select {
			case <-time.After(10 * time.Second):
				return nil, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		var callers sync.WaitGroup
		for limit, want := range map[time.Duration]error{time.Second: context.DeadlineExceeded, 2 * time.Second: context.DeadlineExceeded, time.Minute: nil} {
			callers.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				f, err := u.Get(ctx, "ann")
				if !errors.Is(err, want) || (err == nil) != (f != nil) || time.Since(began) > limit {
					t.Errorf("%v: %v, %v after %v", limit, f, err, time.Since(began))
				}
			})
		}
		callers.Wait()
		if u.calls("ann") != 1 {
			t.Errorf("%d calls of create", u.calls("ann"))
		}
	})
}

func TestU1_CauseOfAContext_IsInTheError(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.before = slowly
		ctx, cancel := context.WithCancelCause(t.Context())
		waiting := u.getting(ctx)
		cancel(errBroken)
		if r := waiting(); r.flow != nil || !errors.Is(r.err, context.Canceled) || !errors.Is(r.err, errBroken) {
			t.Errorf("%v, %v", r.flow, r.err)
		}
		f, err := u.Get(ctx, "bob")
		synctest.Wait()
		if f != nil || !errors.Is(err, context.Canceled) || u.calls("bob") != 0 {
			t.Errorf("%v, %v, %d calls of create", f, err, u.calls("bob"))
		}
		time.Sleep(time.Minute) // fake clock
	})
}

// The context of create ends when no caller waits any more, and keeps the values of
// the first caller.
func TestU1_CreationWithoutCallers_IsCanceled(t *testing.T) {
	type name struct{}
	inBubble(t, nil, func(t *testing.T, u *users) {
		var ended time.Duration
		u.before = func(ctx context.Context, _ string) (*authflow.Flow, error) {
			if ctx.Value(name{}) != "first" {
				t.Error("the values of the caller are missing")
			}
			ended = took(func() { <-ctx.Done() })
			return nil, ctx.Err()
		}
		first := u.getting(context.WithValue(within(t, time.Second), name{}, "first"))
		second := u.getting(within(t, 3*time.Second))
		for _, wait := range []func() result{first, second} {
			if r := wait(); r.flow != nil || !errors.Is(r.err, context.DeadlineExceeded) {
				t.Errorf("%v, %v", r.flow, r.err)
			}
		}
		synctest.Wait()
		if ended != 3*time.Second {
			t.Errorf("canceled after %v", ended)
		}
	})
}

// create hangs and does not look at its context: its callers leave in time, and no
// call is added to those that hang. Forget lets the key go.
func TestU1_CreationThatHangs_HoldsNoCallerAndIsNotRepeated(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		hang := make(chan struct{})
		u.before = func(context.Context, string) (*authflow.Flow, error) {
			<-hang
			return nil, errBroken
		}
		for range 5 {
			var err error
			d := took(func() { _, err = u.Get(within(t, time.Second), "ann") })
			if d != time.Second || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v after %v", err, d)
			}
		}
		if u.calls("ann") != 1 {
			t.Errorf("%d calls of create", u.calls("ann"))
		}
		waiting := u.getting(t.Context())
		u.before = nil
		if err := u.Forget(t.Context(), "ann"); err != nil {
			t.Error(err)
		}
		if r := waiting(); r.err != nil || r.flow != u.mustGet(t, "ann") || u.calls("ann") != 2 {
			t.Errorf("%v, %v, %d calls of create", r.flow, r.err, u.calls("ann"))
		}
		close(hang)
	})
}

// A creation that was canceled because its callers left fails: a caller that came
// in the meantime does not get that error.
func TestU1_CallerAfterAllOthersLeft_GetsACreationOfItsOwn(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.before = func(ctx context.Context, _ string) (*authflow.Flow, error) {
			if u.calls("ann") > 1 {
				return nil, nil
			}
			<-ctx.Done()
			time.Sleep(time.Second) // fake clock: it cleans up
			return nil, ctx.Err()
		}
		_, err := u.Get(within(t, time.Second), "ann")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if f, err := u.Get(t.Context(), "ann"); f == nil || err != nil || u.calls("ann") != 2 {
			t.Errorf("%v, %v, %d calls of create", f, err, u.calls("ann"))
		}
	})
}

func TestU1_FailedCreation_IsAnErrorAndNotKept(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		closed, err := u.flow("ann")
		if err != nil {
			t.Fatal(err)
		}
		_ = closed.Close()
		for want, before := range map[string]func(context.Context, string) (*authflow.Flow, error){
			"no database":           func(context.Context, string) (*authflow.Flow, error) { return nil, errBroken },
			"panicked: panic: oops": func(context.Context, string) (*authflow.Flow, error) { panic("oops") },
			"ended its goroutine":   func(context.Context, string) (*authflow.Flow, error) { runtime.Goexit(); return nil, nil },
			"was closed before":     func(context.Context, string) (*authflow.Flow, error) { return closed, nil },
		} {
			calls, failed := u.calls("ann"), u.Stats().Failed
			u.before = func(ctx context.Context, key string) (*authflow.Flow, error) {
				time.Sleep(time.Second) // fake clock
				return before(ctx, key)
			}
			first, second := u.getting(t.Context()), u.getting(t.Context())
			for _, wait := range []func() result{first, second} {
				if r := wait(); r.flow != nil || r.err == nil || !strings.Contains(r.err.Error(), want) {
					t.Errorf("%s: %v, %v", want, r.flow, r.err)
				}
			}
			if s := u.Stats(); u.calls("ann") != calls+1 || s.Failed != failed+1 || s.Created != 0 || s.Flows != 0 {
				t.Errorf("%s: %d calls of create, %+v", want, u.calls("ann"), s)
			}
		}
		u.before = nil
		if token := mustToken(t, u.mustGet(t, "ann")); token.Username != "ann" {
			t.Errorf("a token for %q", token.Username)
		}
	})
}

func TestU1_CreationWithoutAFlow_IsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, err := pool.New(func(context.Context, int) (*authflow.Flow, error) { return nil, nil })
		if err != nil {
			t.Fatal(err)
		}
		if f, err := p.Get(t.Context(), 1); f != nil || err == nil {
			t.Errorf("%v, %v", f, err)
		}
	})
}

// Without an error, create would wait for itself for ever.
func TestU1_CreationThatGetsItsOwnKey_FailsAtOnce(t *testing.T) {
	inBubble(t, nil, func(t *testing.T, u *users) {
		u.before = func(ctx context.Context, key string) (*authflow.Flow, error) {
			other := map[string]string{"ann": "bob", "bob": "ann", "eve": "eve"}[key]
			return u.Get(ctx, other)
		}
		for _, key := range []string{"ann", "eve"} {
			f, err := u.Get(t.Context(), key)
			if f != nil || err == nil || !strings.Contains(err.Error(), "deadlock") {
				t.Errorf("%v, %v", f, err)
			}
		}
		u.before = func(ctx context.Context, key string) (*authflow.Flow, error) {
			if key == "ann" {
				_, err := u.Get(ctx, "bob")
				return nil, err
			}
			return nil, nil
		}
		if f, err := u.Get(t.Context(), "ann"); f == nil || err != nil {
			t.Errorf("another key: %v, %v", f, err)
		}
	})
}
