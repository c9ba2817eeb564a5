package limiter

import (
	"container/list"
	"hash/maphash"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// principal is what is known of a user in an Org while there is something to
// know: requests in the queue, calls under way, or a suspicion.
//
// A suspect is a principal whose last flight failed. Its back-off holds its
// queued requests too, and it has one call under way at a time.
type principal struct {
	name     string
	inFlight int              // calls under way
	queued   int              // requests in the queue
	places   [kinds]place     // its places in the queue
	suspects *list.Element    // in principals.suspects; nil: not a suspect
	failures int              // counted failures in a row
	failure  *outcome.Failure // the latest one
	heldTo   time.Time        // before it, nothing is sent

	lastFailure time.Time // that was counted
}

// memory is how long a suspicion lasts without another failure.
const memory = 5 * time.Minute

// isSuspect reports whether the principal's last flight failed.
func (p *principal) isSuspect(now time.Time) bool {
	return p.suspects != nil && now.Before(p.suspectUntil())
}

func (p *principal) suspectUntil() time.Time {
	if end := p.lastFailure.Add(memory); end.After(p.heldTo) {
		return end
	}
	return p.heldTo
}

// held returns how long the back-off of a suspect lasts yet.
func (p *principal) held(now time.Time) time.Duration {
	if !p.isSuspect(now) {
		return 0
	}
	return max(0, p.heldTo.Sub(now))
}

// isBusy reports whether the principal is a suspect with a call under way.
func (p *principal) isBusy(now time.Time) bool { return p.inFlight > 0 && p.isSuspect(now) }

// holdFor delays what the principal sends, at least by d from now.
func (p *principal) holdFor(d time.Duration, now time.Time) {
	if until := now.Add(d); until.After(p.heldTo) {
		p.heldTo = until
	}
}

// principals knows the principals. What it keeps of idle ones is bounded: at most
// maxSuspects suspicions, and a set of fixed size of those that were served.
type principals struct {
	byName   map[string]*principal
	peak     int        // the most that byName has held since it was made
	suspects *list.List // *principal, in the order of their last failure
	served   served
}

const maxSuspects = 2048

func newPrincipals() principals {
	return principals{byName: map[string]*principal{}, suspects: list.New(), served: served{seed: maphash.MakeSeed()}}
}

// find returns the principal of that name, or one of which nothing is known.
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

// accuse makes p a suspect and begins its back-off: 1 s, doubled with each
// failure up to 10 s.
func (s *principals) accuse(p *principal, f *outcome.Failure, now time.Time) {
	if !p.isSuspect(now) {
		s.clear(p)
	}
	if p.suspects == nil {
		p.suspects = s.suspects.PushBack(p)
	} else {
		s.suspects.MoveToBack(p.suspects)
	}
	p.failures++
	p.failure, p.lastFailure = f, now
	p.holdFor(min(time.Second<<min(p.failures-1, 10), 10*time.Second), now)
	s.served.remove(p.name)
	if s.suspects.Len() > maxSuspects {
		s.pardon(s.suspects.Front().Value.(*principal), now)
	}
}

// trust ends the suspicion of a principal that got a response.
func (s *principals) trust(p *principal) {
	s.clear(p)
	s.served.add(p.name)
}

// clear removes what is held against p.
func (s *principals) clear(p *principal) {
	if p.suspects != nil {
		s.suspects.Remove(p.suspects)
	}
	p.suspects, p.failures, p.failure = nil, 0, nil
	p.heldTo, p.lastFailure = time.Time{}, time.Time{}
}

// pardon ends the suspicion of p without evidence.
func (s *principals) pardon(p *principal, now time.Time) {
	s.clear(p)
	s.release(p, now)
}

// forgetOld ends suspicions that are too old to say anything.
func (s *principals) forgetOld(now time.Time) {
	for e := s.suspects.Front(); e != nil; e = s.suspects.Front() {
		p := e.Value.(*principal)
		if p.isSuspect(now) {
			return
		}
		s.pardon(p, now)
	}
}

// release forgets p if there is nothing left to know about it.
func (s *principals) release(p *principal, now time.Time) {
	if p.inFlight > 0 || p.queued > 0 || p.isSuspect(now) || s.byName[p.name] != p {
		return
	}
	s.clear(p)
	delete(s.byName, p.name)
	s.shrink()
}

// shrink makes the map anew after a crowd has gone, because a map never gives
// memory back by itself.
func (s *principals) shrink() {
	if s.peak < 1024 || len(s.byName) > s.peak/8 {
		return
	}
	byName := make(map[string]*principal, len(s.byName))
	for name, p := range s.byName {
		byName[name] = p
	}
	s.byName, s.peak = byName, len(byName)
}
