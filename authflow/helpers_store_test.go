package authflow_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/authtest"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
	"github.com/go-thoughtspot/tsauth/gen"
)

// sharedStore is a Store in memory that several processes share, with their rate.
type sharedStore struct {
	storetest.Memory
	storetest.MemoryLimiter
}

// storeView is a Store as one process sees it. Each operation first calls before with
// its name; an error of before is the result of the operation. A successful operation
// then calls after, whose error is the result, too: its response was lost.
type storeView struct {
	*sharedStore
	before, after func(ctx context.Context, op string) error
	unlocks       func(unlock func()) func() // what Lock returns in place of unlock
}

// tokensOnly is a Store that does not share the rate.
type tokensOnly struct{ authflow.Store }

// operate runs an operation between before and after.
func (v *storeView) operate(ctx context.Context, op string, call func() error) error {
	if v.before != nil {
		if err := v.before(ctx, op); err != nil {
			return err
		}
	}
	err := call()
	if err == nil && v.after != nil {
		err = v.after(ctx, op)
	}
	return err
}

func (v *storeView) Load(ctx context.Context, name string) (value []byte, left time.Duration, err error) {
	err = v.operate(ctx, "Load", func() (err error) {
		value, left, err = v.sharedStore.Load(ctx, name)
		return err
	})
	return value, left, err
}

func (v *storeView) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	return v.operate(ctx, "Save", func() error { return v.sharedStore.Save(ctx, name, value, ttl) })
}

func (v *storeView) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	return v.operate(ctx, "Swap", func() error { return v.sharedStore.Swap(ctx, name, old, value, ttl) })
}

func (v *storeView) Delete(ctx context.Context, name string, value []byte) error {
	return v.operate(ctx, "Delete", func() error { return v.sharedStore.Delete(ctx, name, value) })
}

func (v *storeView) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	err = v.operate(ctx, "Lock", func() (err error) {
		unlock, err = v.sharedStore.Lock(ctx, name, limit)
		return err
	})
	if err == nil && v.unlocks != nil {
		unlock = v.unlocks(unlock)
	}
	return unlock, err
}

func (v *storeView) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (wait time.Duration, err error) {
	err = v.operate(ctx, "Reserve", func() (err error) {
		wait, err = v.sharedStore.Reserve(ctx, name, n, perSecond, burst)
		return err
	})
	return wait, err
}

// distance returns a before of a Store that is so far away: each operation takes d.
func distance(d time.Duration) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var (
	oneKey   = make([]byte, 32)
	otherKey = append(make([]byte, 31), 1)
)

const admin = authtest.DefaultUsername

// replica returns the Flow of a user in a process of its own, with the secret key.
func replica(t *testing.T, sim *authtest.Simulator, s authflow.Store, user string, opts ...authflow.Option) *authflow.Flow {
	t.Helper()
	return userNamed(t, process(t, sim, s, append([]authflow.Option{authflow.WithSecretKey(authtest.DefaultSecretKey)}, opts...)...), user)
}

// process returns a Cluster in a process of its own that shares a Store.
func process(t *testing.T, sim *authtest.Simulator, s authflow.Store, opts ...authflow.Option) *authflow.Cluster {
	t.Helper()
	return clusterOf(t, sim, append([]authflow.Option{authflow.WithStore(s, oneKey)}, opts...)...)
}

// byPassword returns a Flow of full access with a password.
func byPassword(t *testing.T, c *authflow.Cluster, user string, password gen.Secret) *authflow.Flow {
	t.Helper()
	f, err := c.FullAccess(gen.GetFullAccessTokenRequest{Username: user, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// of returns the events of a kind.
func (e *events) of(kind authflow.EventKind) (found []authflow.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.list {
		if event.Kind == kind {
			found = append(found, event)
		}
	}
	return found
}

// countingStore counts the operations of a Store.
type countingStore struct {
	storeView
	operations atomic.Int64
}

// counting returns a Store that counts its operations.
func counting() *countingStore {
	s := &countingStore{storeView: storeView{sharedStore: &sharedStore{}}}
	s.before = func(context.Context, string) error {
		s.operations.Add(1)
		return nil
	}
	return s
}
