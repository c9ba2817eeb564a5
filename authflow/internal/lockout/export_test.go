package lockout

import (
	"context"
	"time"
)

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
