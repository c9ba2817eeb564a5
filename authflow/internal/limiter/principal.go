package limiter

import (
	"container/list"
	"hash/maphash"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// principal is a user in an Org, with its requests in the queue, its calls under way,
// and its failures. It is forgotten when it has none of these.
//
// A suspect is a principal whose last flight failed, whose last calls did, as many as
// a flight has attempts, or that the server told to wait. Its back-off holds its queued
// requests too, and it has one call under way at a time.
type principal struct {
	name     string
	inFlight int           // calls under way
	queued   int           // requests in the queue
	places   [kinds]*place // its places in the queue, or nil

	lastSent time.Time // when its latest call was sent

	failing     *list.Element    // in principals.failing; nil: its last call succeeded
	failures    int              // in a row
	failure     *outcome.Failure // the latest one
	lastFailure time.Time        // when the latest one that counts arrived
	backoffs    int              // failures since it became a suspect; 0: it is not one
	heldTo      time.Time        // nothing is sent before
	limited     time.Time        // when the call was sent that got a 429 response while it was not a suspect
}

// memory is how long a failure says something about the next call.
const memory = 5 * time.Minute

// isFailing reports whether the principal's last call failed.
func (p *principal) isFailing(now time.Time) bool {
	return p.failing != nil && now.Before(latest(p.heldTo, p.lastFailure.Add(memory)))
}

// isSuspect reports whether the principal's next call may well fail, too.
func (p *principal) isSuspect(now time.Time) bool { return p.backoffs > 0 && p.isFailing(now) }

// held returns the rest of the back-off of a suspect.
func (p *principal) held(now time.Time) time.Duration {
	if !p.isSuspect(now) {
		return 0
	}
	return max(0, p.heldTo.Sub(now))
}

// busy returns how long a suspect waits for its call under way. A call without a
// response for longer than the longest back-off no longer counts: the server may be
// back, and a suspect that waits would not notice.
func (p *principal) busy(now time.Time) time.Duration {
	if p.inFlight == 0 || !p.isSuspect(now) {
		return 0
	}
	return max(0, p.lastSent.Add(longestBackoff).Sub(now))
}

// holdFor delays the requests of the principal until d after from.
func (p *principal) holdFor(d time.Duration, from time.Time) {
	p.heldTo = latest(p.heldTo, from.Add(d))
}

// principals is the set of all principals. Its memory of idle ones is bounded: the
// failures of at most maxFailing, and sets of fixed size of principals that were
// served or rejected.
type principals struct {
	byName  map[string]*principal
	peak    int        // the most that byName has held since it was made
	failing *list.List // *principal, in the order of their last failure

	served, rejected nameSet
}

const (
	maxFailing  = 2048
	manyRecords = 1024 // a map that has held so many is replaced when they are gone
)

func newPrincipals() principals {
	seed := maphash.MakeSeed()
	return principals{
		byName: map[string]*principal{}, failing: list.New(), served: nameSet{seed: seed}, rejected: nameSet{seed: seed},
	}
}

// find returns the principal of that name, or a new one that is not remembered.
func (s *principals) find(name string) *principal {
	if p := s.byName[name]; p != nil {
		return p
	}
	return &principal{name: name}
}

// get is find for a principal that is to be remembered until release.
func (s *principals) get(name string) *principal {
	p := s.find(name)
	s.byName[name] = p
	s.peak = max(s.peak, len(s.byName))
	return p
}

// note counts a failure of p.
func (s *principals) note(p *principal, f *outcome.Failure, now time.Time) {
	if !p.isFailing(now) {
		s.clear(p)
		p.failing = s.failing.PushBack(p)
	}
	s.failing.MoveToBack(p.failing)
	p.failures++
	p.failure, p.lastFailure = f, now
	if s.failing.Len() > maxFailing {
		s.pardon(s.failing.Front().Value.(*principal), now)
	}
}

// longestBackoff is shorter than the 10 s within which a server that is back has
// to have served somebody.
const longestBackoff = 8 * time.Second

// suspect makes p a suspect if it is not one yet, and returns its next back-off:
// 1 s, doubled with each failure up to 8 s.
func (s *principals) suspect(p *principal) time.Duration {
	s.served.remove(p.name)
	p.backoffs++
	return min(time.Second<<min(p.backoffs-1, 10), longestBackoff)
}

// trust ends the suspicion of a principal that got a response. While turns are scarce,
// one that was served goes before newcomers, and one that was rejected behind them.
func (s *principals) trust(p *principal, class outcome.Class) {
	s.clear(p)
	switch class {
	case outcome.OK:
		s.served.add(p.name)
		s.rejected.remove(p.name)
	case outcome.Rejected:
		s.served.remove(p.name)
		s.rejected.add(p.name)
	}
}

// clear forgets the failures of p.
func (s *principals) clear(p *principal) {
	if p.failing != nil {
		s.failing.Remove(p.failing)
	}
	p.failing, p.failures, p.failure, p.lastFailure = nil, 0, nil, time.Time{}
	p.backoffs, p.heldTo, p.limited = 0, time.Time{}, time.Time{}
}

// pardon ends the suspicion of p without evidence.
func (s *principals) pardon(p *principal, now time.Time) {
	s.clear(p)
	s.release(p, now)
}

// forgetOld drops the failures that are older than memory.
func (s *principals) forgetOld(now time.Time) {
	for e := s.failing.Front(); e != nil; e = s.failing.Front() {
		p := e.Value.(*principal)
		if p.isFailing(now) {
			return
		}
		s.pardon(p, now)
	}
}

// release forgets p if it is idle and did not fail.
func (s *principals) release(p *principal, now time.Time) {
	if p.inFlight > 0 || p.queued > 0 || p.isFailing(now) {
		return
	}
	s.clear(p)
	delete(s.byName, p.name)
	s.shrink()
}

// shrink replaces the map after a crowd has gone, because a map never frees its
// memory.
func (s *principals) shrink() {
	if s.peak < manyRecords || len(s.byName) > s.peak/8 {
		return
	}
	byName := make(map[string]*principal, len(s.byName))
	for name, p := range s.byName {
		byName[name] = p
	}
	s.byName, s.peak = byName, len(byName)
}
