package pool

import "time"

// Stats describes a pool for metrics.
type Stats struct {
	// Flows is how many flows the pool has now.
	Flows int

	// Since the pool was made, Created counts the flows that create returned and that
	// the pool kept. Failed counts the calls of create that returned an error or no
	// flow, or that panicked. Dropped counts flows that were dropped because the pool
	// was full or because they were idle, Forgotten those that Forget took away, and
	// Replaced those that were closed by their users.
	Created, Failed, Dropped, Forgotten, Replaced uint64

	// Owed is how many flows that no caller gets any more have credentials that may
	// still be alive, and OwedCredentials is how many credentials these are: Forget
	// and Close have yet to end them. OwedUntil is when the last of them has expired
	// by itself; the zero Time if there are none or if that is not known.
	Owed, OwedCredentials int
	OwedUntil             time.Time

	// Lost is how many of the Owed did not fit into the pool: neither Forget nor Close
	// can end them.
	Lost int
}

// Stats returns a snapshot. It sends nothing, and is safe for concurrent use. Its
// time grows with the number of flows that are owed.
func (p *Pool[K]) Stats() Stats {
	s, owed, lost := p.snapshot()
	alive := lost
	for _, d := range owed {
		alive.add(d.flow)
	}
	s.Owed, s.OwedCredentials, s.OwedUntil, s.Lost = alive.flows, alive.credentials, alive.end(), lost.flows
	return s
}

func (p *Pool[K]) snapshot() (s Stats, owed []debt[K], lost alive) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dropIdle(p.now(), p.flows.Len())
	s = p.counts
	s.Flows = p.flows.Len()
	return s, p.owed.all(), p.owed.lost.now()
}
