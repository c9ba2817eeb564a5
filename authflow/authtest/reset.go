package authtest

import "net/http"

// era is the time between two calls of [Simulator.Reset].
type era struct {
	over chan struct{} // closed at the end
}

func newEra() *era { return &era{make(chan struct{})} }

// Reset returns the simulator to the state in which [New] made it, as if the
// process had been replaced: users, Orgs, groups, keys, settings and responses
// are again as the options say, tokens, sessions, faults and blocks are gone,
// all counts are zero, and the clock is right. Users have new GUIDs, except for
// those of [UserID].
//
// A call that arrived before ends without a response and without effect, as if
// its connection broke.
func (s *Simulator) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.era.over)
	s.era = newEra()
	s.faults.clear()
	s.ResetCalls()
	s.populate()
	s.canned.reset(&s.initial)
}

// lock takes s.mu for a call. It ends the call instead if [Simulator.Reset] was
// called since the call arrived: its effects would be those of a test that is
// over.
func (s *Simulator) lock(x *exchange) {
	s.mu.Lock()
	if x.era != s.era {
		s.mu.Unlock()
		panic(http.ErrAbortHandler)
	}
}
