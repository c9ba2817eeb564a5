package tokenservice

import "sync"

// progress orders requests and sign-outs. A request that began before a sign-out of its
// user gets no token, even if the service has forgotten the user in the meantime.
type progress struct {
	mu       sync.Mutex
	last     uint64
	running  map[uint64]struct{} // requests in progress
	signOuts map[string]uint64   // the latest one of each user that may concern a running request
	sweepAt  int                 // the number of signOuts at which sweep is called
}

const minSweep = 100

// begin returns the number of a request, which calls end when it is over.
func (p *progress) begin() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	if p.running == nil {
		p.running = make(map[uint64]struct{})
	}
	p.running[p.last] = struct{}{}
	return p.last
}

func (p *progress) end(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.running, number)
	if len(p.running) == 0 {
		clear(p.signOuts)
	}
}

// signOut notes that a user signs out.
func (p *progress) signOut(user string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	if len(p.running) == 0 {
		return
	}
	if p.signOuts == nil {
		p.signOuts = make(map[string]uint64)
	}
	p.signOuts[userKey(user)] = p.last
	if len(p.signOuts) >= max(p.sweepAt, minSweep) {
		p.sweep()
	}
}

// sweep removes sign-outs from before all requests in progress.
func (p *progress) sweep() {
	oldest := p.last
	for number := range p.running {
		oldest = min(oldest, number)
	}
	for user, number := range p.signOuts {
		if number < oldest {
			delete(p.signOuts, user)
		}
	}
	p.sweepAt = 2 * len(p.signOuts)
}

// isSuperseded reports whether the user of a request has signed out since it began.
func (p *progress) isSuperseded(number uint64, user string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.signOuts[userKey(user)] > number
}
