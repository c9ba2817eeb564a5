package lockout

import (
	"sync"
	"time"
)

// shared is the use of the Ledger by all calls of a Registry.
type shared struct {
	ledger     Ledger
	seal, open func(user string, text []byte) []byte

	mu      sync.Mutex
	records hourly
	queue   []settlement
	workers int
}

// spend counts a record that is about to be written, or reports false if there are
// too many.
func (s *shared) spend(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records.spend(now)
}

// refund takes back a record that was counted at a time.
func (s *shared) refund(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records.refund(at)
}

func (s *shared) accessTo(user string) *access {
	return &access{shared: s, user: user, limit: ledgerTime}
}
