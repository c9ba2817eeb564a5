package lockout

import (
	"context"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// LastRejection returns the latest rejection of the password or key, or the latest
// call without a response; nil if there is none.
func (t *Ticket) LastRejection() *outcome.Failure {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.isKey {
		return r.keys[t.hash].lastRejection()
	}
	return r.users[t.user].lastRejection(t.hash, time.Now())
}

// Known returns how many users and keys are remembered.
func (r *Registry) Known() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users) + len(r.keys)
}

// Records returns how many records are counted as written in the last hour.
func (r *Registry) Records() (total int) {
	r.shared.mu.Lock()
	defer r.shared.mu.Unlock()
	for _, n := range r.shared.records.counts {
		total += n
	}
	return total
}

// Flush waits until the outcomes of all calls are saved in the Ledger, or until
// ctx ends.
func (r *Registry) Flush(ctx context.Context) error {
	for r.shared.saving() {
		err := sleep(ctx, 50*time.Millisecond)
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *shared) saving() bool {
	if s == nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workers > 0
}
