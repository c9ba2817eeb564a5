package authflow

import (
	"cmp"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// maxStoreBackoff is the longest time before a Store that fails is tried
	// again.
	maxStoreBackoff = 24 * time.Second
	// failureLasts is how long a failure counts if the operation is not used again. An
	// operation in use is tried again much earlier.
	failureLasts = 5 * time.Minute
)

// storeHealth keeps a Store that fails from being tried again and again. After a
// pause, one operation shows whether it works.
type storeHealth struct {
	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // when one operation tries it again
	trying   bool      // that operation is in progress
}

// isGood reports whether the latest operation did not fail.
func (h *storeHealth) isGood() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.failures == 0
}

// begin reports whether an operation may be sent. If so, the caller reports its result
// with succeeded, failed or unknown.
func (h *storeHealth) begin() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.failures == 0 {
		return true
	}
	if h.trying || time.Now().Before(h.until) {
		return false
	}
	h.trying = true
	return true
}

func (h *storeHealth) succeeded() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures, h.until, h.trying = 0, time.Time{}, false
}

// failed begins a pause. Operations that fail together are one failure.
func (h *storeHealth) failed() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trying = false
	now := time.Now()
	if now.Before(h.until) {
		return
	}
	h.failures++
	pause := min(time.Second<<min(h.failures-1, 10), maxStoreBackoff*4/5)
	h.until = now.Add(pause + rand.N(pause/4)) // replicas do not return together
}

// unknown notes that an operation ended without news of the Store.
func (h *storeHealth) unknown() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.trying = false
}

// storeRecord records which operations of a Store fail, for statistics. Unlike
// [storeHealth] it tells them apart: a Store that is full loads values, but saves none.
type storeRecord struct {
	mu       sync.Mutex
	failures uint64
	failing  map[string]failing // by operation
}

// failing is the failures of an operation since its latest success.
type failing struct{ first, latest time.Time }

// note notes the result of an operation.
func (r *storeRecord) note(op string, hasFailed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !hasFailed {
		delete(r.failing, op)
		return
	}
	r.failures++
	now := time.Now()
	f, ok := r.failing[op]
	if !ok || f.isOver(now) {
		f.first = now
	}
	f.latest = now
	if r.failing == nil {
		r.failing = make(map[string]failing)
	}
	r.failing[op] = f
}

// isOver reports whether the latest failure was so long ago that it says nothing now.
func (f failing) isOver(now time.Time) bool { return now.Sub(f.latest) >= failureLasts }

// stats returns the state of the Store.
func (r *storeRecord) stats() StoreStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, now := StoreStats{Failures: r.failures}, time.Now()
	for op, f := range r.failing {
		longer := cmp.Or(f.first.Compare(s.Since), cmp.Compare(op, s.Failing)) < 0
		isLonger := s.Failing == "" || longer
		if !f.isOver(now) && isLonger {
			s.Failing, s.Since = op, f.first
		}
	}
	return s
}
