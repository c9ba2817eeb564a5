package lockout

import "time"

// Stats is a summary of what a Registry knows.
type Stats struct {
	Passwords Count
	Keys      Count
	// LedgerFailures counts the calls that were sent without a reservation because
	// the Ledger failed.
	LedgerFailures uint64
	// Unsaved counts the outcomes that could not be saved in the Ledger.
	Unsaved uint64
}

// Count is the number of passwords, or of secret keys, in each state.
type Count struct {
	Proven   int
	Unproven int // in use, neither accepted nor rejected
	Rejected int // the latest call was rejected, or got no response
}

// Stats counts what the Registry knows at the moment.
func (r *Registry) Stats() Stats {
	now := time.Now()
	var s Stats
	if r.shared != nil {
		s.LedgerFailures, s.Unsaved = r.shared.failures.Load(), r.shared.dropped.Load()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range r.users {
		u.addTo(&s.Passwords, now)
	}
	for _, k := range r.keys {
		k.addTo(&s.Keys)
	}
	return s
}

// addTo counts each password of the user once.
func (u *user) addTo(c *Count, now time.Time) {
	if u.proof.known(now) {
		c.Proven++
	}
	seen := make(map[[32]byte]bool)
	for _, s := range u.countedAt(now) {
		if !seen[s.hash] && !u.proof.holds(s.hash, now) {
			c.Rejected++
		}
		seen[s.hash] = true
	}
	for _, f := range u.inFlight {
		if !seen[f.hash] && !u.proof.holds(f.hash, now) {
			c.Unproven++
		}
	}
}

func (k *key) addTo(c *Count) {
	switch {
	case k.proven:
		c.Proven++
	case k.status != 0:
		c.Rejected++
	default:
		c.Unproven++
	}
}
