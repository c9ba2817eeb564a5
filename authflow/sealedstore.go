package authflow

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// How a Store is treated.
const (
	// storeTime is what all store operations of one acquisition may take
	// together (K2).
	storeTime = 2 * time.Second
	// operationTime is what one operation may take, from when it is sent.
	operationTime = time.Second
	// maxOperations is how many operations are in progress at a time. A crowd of
	// 5,000 users queues here and not in the connection pool of the Store, where
	// its waiting would look like a failure.
	maxOperations = 16
	// maxStoreBackoff is the longest time before a Store that fails is tried
	// again.
	maxStoreBackoff = 30 * time.Second
)

// errStoreSkipped: the Store was not used, because it failed a moment ago or a
// crowd is before it. That is no news to report.
var errStoreSkipped = errors.New("the store is not used for a while")

// sealedStore is the Store of [WithStore] with the keys to its values, and with
// what is known of its health.
type sealedStore struct {
	Store
	box    *seal.Box
	values storeHealth // of Load, Save, Swap, Delete and Lock
	rate   storeHealth // of Reserve: its failure is not theirs
	slots  chan struct{}
}

func newSealedStore(s Store, box *seal.Box) *sealedStore {
	return &sealedStore{Store: s, box: box, slots: make(chan struct{}, maxOperations)}
}

// storeHealth keeps a Store that fails from being tried again and again.
type storeHealth struct {
	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // when it is tried again
}

func (h *storeHealth) resting() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Before(h.until)
}

// note learns from the outcome of an operation.
func (h *storeHealth) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		h.failures, h.until = 0, time.Time{}
		return
	}
	h.failures++
	h.until = time.Now().Add(backoff(1, min(time.Second<<min(h.failures-1, 10), maxStoreBackoff*4/5)))
}

// storeCall is one operation of a Store.
type storeCall struct {
	health *storeHealth
	limit  time.Duration
	call   func(context.Context) error
}

// do uses the Store. Its time counts from when the operation is sent, not from
// when other operations were before it. An error of the Store is not repeated in
// the error's text if it is a panic, which may hold what the Store was given.
func (s *sealedStore) do(ctx context.Context, c storeCall) error {
	if c.health.resting() {
		return errStoreSkipped
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return errStoreSkipped
	}
	within, cancel := context.WithTimeout(ctx, c.limit)
	defer cancel()
	_, err := userCall[struct{}]{what: "Store", call: func(ctx context.Context) (struct{}, error) {
		return struct{}{}, c.call(ctx)
	}}.run(within)
	if ctx.Err() != nil {
		return errors.Join(errStoreSkipped, err) // the caller's time ended, which says nothing of the Store
	}
	if isStoreAnswer(err) {
		c.health.note(nil)
		return err
	}
	c.health.note(err)
	return withoutPanicValue(err)
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

// isStoreAnswer reports whether err is something that a healthy Store says.
func isStoreAnswer(err error) bool {
	return err == nil || errors.Is(err, ErrNotStored) || errors.Is(err, ErrChanged)
}
