package authflow

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// How a Store is treated.
const (
	// storeTime limits all store operations of one acquisition together (K2).
	storeTime = 2 * time.Second
	// operationTime limits one operation, from when it is sent.
	operationTime = time.Second
	// maxOperations is how many operations are in progress at a time. A crowd of
	// 5,000 users queues here and not in the connection pool of the Store, where its
	// waiting would look like a failure. Lock is not counted, because it mostly waits;
	// a crowd goes without it.
	maxOperations = 24
	// crowd is the number of waiting operations from which on there is a crowd.
	crowd = 50
)

// Errors that are not reported.
var (
	// errStoreSkipped: the Store was not used, because it failed a moment ago, or
	// because the time was over before the turn of the operation came.
	errStoreSkipped = errors.New("the store is not used for a while")
	// errLockHeld: another process has held a lock for all the time of the wait.
	errLockHeld = errors.New("another process holds the lock")
)

// sealedStore is the Store of [WithStore] with the keys to its values and with its
// health. The Store is the user's code: every operation of it runs through
// [operation.run] or [userCall.run].
type sealedStore struct {
	store  Store
	box    *seal.Box
	values storeHealth // of Load, Save, Delete and Lock, for tokens
	counts storeHealth // of Load and Swap, for rejected passwords: a Store that is full of tokens can still count
	rate   storeHealth // of Reserve, which may fail alone
	record storeRecord
	slots  chan struct{} // one for each operation in progress
	queued atomic.Int64  // how many operations wait for a slot

	answers atomic.Uint64 // operations that the Store has answered
}

func newSealedStore(s Store, box *seal.Box) *sealedStore {
	return &sealedStore{store: s, box: box, slots: make(chan struct{}, maxOperations)}
}

// operation is one operation of a Store.
type operation[T any] struct {
	name   string
	store  *sealedStore
	health *storeHealth
	call   func(context.Context) (T, error)
}

// run uses the Store. The time of an operation counts from when it is sent, not from
// when other operations were before it.
func (o operation[T]) run(ctx context.Context) (T, error) {
	var none T
	if !o.store.takeSlot(ctx) {
		return none, errStoreSkipped
	}
	defer func() { <-o.store.slots }()
	if !o.health.begin() {
		return none, errStoreSkipped
	}
	within, cancel := context.WithTimeout(ctx, operationTime)
	defer cancel()
	answersBefore := o.store.answers.Load()
	result, err := userCall[T]{what: "Store", call: o.call}.run(within)
	switch {
	case isAnswer(err):
		o.health.succeeded()
		o.store.answers.Add(1)
		o.store.record.note(o.name, false)
		return result, err
	case isEnding(ctx):
		o.health.unknown()
		return none, errors.Join(errStoreSkipped, err) // the caller's time ended, which says nothing of the Store
	}
	o.health.failed()
	isSilent := o.store.answers.Load() == answersBefore
	if isEnding(within) && isSilent {
		o.store.hangs()
	}
	o.store.record.note(o.name, true)
	return none, withoutPanicValue(err)
}

// hangs begins a pause for all operations after one that did not return in time, while
// the Store answered no other one. A server that is out of reach is the same for all of
// them, so a request does not find that out three times. A server that is slow for one
// operation is still good for the others.
func (s *sealedStore) hangs() {
	for _, health := range []*storeHealth{&s.values, &s.counts, &s.rate} {
		health.failed()
	}
}

// loaded is a value of the Store, and how much of its time is left.
type loaded struct {
	value []byte
	left  time.Duration
}

// load loads a token.
func (s *sealedStore) load(ctx context.Context, name string) (loaded, error) {
	return s.loadValue(ctx, &s.values, name)
}

// loadCount loads the record of rejected passwords of a user.
func (s *sealedStore) loadCount(ctx context.Context, name string) (loaded, error) {
	return s.loadValue(ctx, &s.counts, name)
}

func (s *sealedStore) loadValue(ctx context.Context, health *storeHealth, name string) (loaded, error) {
	return operation[loaded]{"Load", s, health, func(ctx context.Context) (l loaded, err error) {
		l.value, l.left, err = s.store.Load(ctx, name)
		return l, err
	}}.run(ctx)
}

func (s *sealedStore) save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	return s.change(ctx, "Save", &s.values, func(ctx context.Context) error { return s.store.Save(ctx, name, value, ttl) })
}

func (s *sealedStore) swapCount(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	return s.change(ctx, "Swap", &s.counts, func(ctx context.Context) error { return s.store.Swap(ctx, name, old, value, ttl) })
}

func (s *sealedStore) delete(ctx context.Context, name string, value []byte) error {
	return s.change(ctx, "Delete", &s.values, func(ctx context.Context) error { return s.store.Delete(ctx, name, value) })
}

// change runs an operation that changes a value.
func (s *sealedStore) change(ctx context.Context, op string, health *storeHealth, call func(context.Context) error) error {
	_, err := operation[struct{}]{op, s, health, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, call(ctx)
	}}.run(ctx)
	return err
}

// takeSlot waits until few enough operations are in progress, and reports whether
// that was before ctx ended.
func (s *sealedStore) takeSlot(ctx context.Context) bool {
	select {
	case s.slots <- struct{}{}:
		return true
	default:
	}
	s.queued.Add(1)
	defer s.queued.Add(-1)
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// isCrowded reports whether many operations wait for others.
func (s *sealedStore) isCrowded() bool { return s.queued.Load() >= crowd }

// storeLock is the result of waiting for a lock. An error means that it is not held.
type storeLock struct {
	unlock func() // may be nil
	err    error
}

// lock waits until ctx ends for a lock that lasts for life. The caller hands the
// channel to giveBack when it no longer needs the lock.
func (s *sealedStore) lock(ctx context.Context, name string, life time.Duration) chan storeLock {
	result := make(chan storeLock, 1)
	if !s.values.isGood() {
		result <- storeLock{err: errStoreSkipped}
		return result
	}
	call := userCall[func()]{what: "Store", late: release, call: func(ctx context.Context) (func(), error) {
		return s.store.Lock(ctx, name, life)
	}}
	go func() {
		unlock, err := call.run(ctx)
		if err != nil && isEnding(ctx) {
			err = errors.Join(errLockHeld, err)
		}
		switch {
		case err == nil:
			s.record.note("Lock", false)
		case isStoreFailure(err):
			s.values.failed()
			s.record.note("Lock", true)
		}
		result <- storeLock{unlock, withoutPanicValue(err)}
	}()
	return result
}

// giveBack gives a lock back, as soon as it is there.
func giveBack(result <-chan storeLock) {
	lock := <-result
	release(lock.unlock)
}

// release calls the user's unlock, which may be nil.
func release(unlock func()) {
	if unlock == nil {
		return
	}
	_ = renewal.Guard(func() error { // after a panic the lock ends by its limit
		unlock()
		return nil
	})
}

// withoutPanicValue returns err without the value of a panic, which may hold what
// the Store was given.
func withoutPanicValue(err error) error {
	var p *renewal.PanicError
	if errors.As(err, &p) {
		return &renewal.PanicError{Value: "in the Store", Stack: p.Stack}
	}
	return err
}

// isAnswer reports whether err is something that a healthy Store says.
func isAnswer(err error) bool {
	return err == nil || errors.Is(err, ErrNotStored) || errors.Is(err, ErrChanged)
}

// isStoreFailure reports whether err is news: the Store was used, and failed.
func isStoreFailure(err error) bool {
	return !isAnswer(err) && !errors.Is(err, errStoreSkipped) && !errors.Is(err, errLockHeld)
}
