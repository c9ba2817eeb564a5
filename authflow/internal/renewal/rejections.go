package renewal

import (
	"slices"
	"time"
)

const (
	// stillNew is how long a credential counts as new. An older one that is
	// rejected has probably been revoked.
	stillNew = time.Minute
	// maxCleared is how often in a row the success of another request ends the
	// suspicion: one path may reject everybody while the others work.
	maxCleared = 8
	// firstStep and maxStep bound the wait for the next credential after new ones
	// were rejected.
	firstStep, maxStep = time.Second, time.Minute
)

// history is what a Keeper knows of rejected credentials, and of those that its
// Source returns again.
type history struct {
	rejected *ring
	requests []firstRequest // the oldest first
	suspicion
}

// suspicion is what the latest rejections say of the next credential. The zero
// suspicion says nothing.
type suspicion struct {
	of    uint64        // the credential that was rejected last, or 0
	since time.Time     // of the first rejection: older credentials may be dead for the same reason
	step  time.Duration // the latest wait for another credential
	until time.Time     // when that wait ends

	withheld bool // the credential is out of use, and no other is requested before until
	untried  bool // the rejected request is not repeated with the next credential
	cleared  int  // how often the success of another request ended the suspicion
}

// firstRequest is when a credential was first requested.
type firstRequest struct {
	id uint64
	at time.Time
}

// A Verdict says what follows from a rejection.
type Verdict uint8

// The verdicts.
const (
	// Useless: another credential is not worth requesting yet.
	Useless Verdict = iota
	// Replaceable: another credential is worth requesting.
	Replaceable
	// NewlyRejected: as Replaceable, and it is the first rejection of the lease in
	// use.
	NewlyRejected
)

// Reject notes that the server rejected a request with l, which is repeated if
// another credential is worth requesting. The first credential that is rejected
// is replaced at once. If the next one is rejected, too, it is replaced after 1 s,
// and so on, doubling to 1 min.
func (k *Keeper[V, S]) Reject(l *Lease[V]) Verdict { return k.reject(l, false) }

// RejectUntried is Reject for a request that cannot be repeated. It does not show
// whether the next credential works, so the success of any other request does.
func (k *Keeper[V, S]) RejectUntried(l *Lease[V]) Verdict { return k.reject(l, true) }

func (k *Keeper[V, S]) reject(l *Lease[V], untried bool) (v Verdict) {
	k.update(func(s *state[V]) { v = s.reject(l, untried, time.Now()) })
	return v
}

// Invalidate puts l out of use, because the caller knows that it does not work,
// and reports whether it was in use. A credential that was requested before and
// arrives later is discarded.
func (k *Keeper[V, S]) Invalidate(l *Lease[V]) (inUse bool) {
	k.update(func(s *state[V]) {
		now := time.Now()
		inUse = l != nil && s.lease == l
		if !inUse {
			return
		}
		verdict := s.reject(l, false, now)
		h := s.know()
		h.withheld = h.withheld || verdict == Useless
		h.rejected = h.rejected.with(l.ID)
		s.history = &h
		s.putOutOfUse(now)
	})
	return inUse
}

// Expire is Invalidate for a credential that has come to its end although its
// schedule does not say so, such as an idle session. It says nothing about the next
// credential.
func (k *Keeper[V, S]) Expire(l *Lease[V]) (inUse bool) {
	k.update(func(s *state[V]) {
		inUse = l != nil && s.lease == l
		if inUse {
			s.putOutOfUse(time.Now())
		}
	})
	return inUse
}

// putOutOfUse drops the lease in use, and makes flights discard a credential that
// was requested before now.
func (s *state[V]) putOutOfUse(now time.Time) {
	s.remember(s.lease)
	s.lease, s.rejected = nil, false
	for l := s.flights; l != nil; l = l.others {
		l.notBefore = now
	}
}

// Accepted notes that a request with l succeeded.
func (k *Keeper[V, S]) Accepted(l *Lease[V]) {
	if !k.load().know().clearedBy(l.ID) {
		return
	}
	k.update(func(s *state[V]) {
		h := s.know()
		if h.clearedBy(l.ID) {
			h.suspicion = suspicion{cleared: h.cleared + 1}
			s.history = &h
		}
	})
}

// clearedBy reports whether a success with a credential ends the suspicion.
func (s suspicion) clearedBy(id uint64) bool {
	return s.untried && s.of != id && s.cleared < maxCleared
}

// AcceptedAgain notes that a request succeeded that was rejected before: the next
// credential works where the last one did not.
func (k *Keeper[V, S]) AcceptedAgain() {
	if k.load().know().suspicion == (suspicion{}) {
		return
	}
	k.update(func(s *state[V]) {
		h := s.know()
		h.suspicion = suspicion{}
		s.history = &h
	})
}

// Issued reports whether a credential is in use, or was used recently, by the Keeper.
func (k *Keeper[V, S]) Issued(id uint64) bool {
	s := k.load()
	return s.lease != nil && s.lease.ID == id || s.past.contains(id)
}

// Rejected reports whether the server rejected a credential recently.
func (k *Keeper[V, S]) Rejected(id uint64) bool {
	return k.load().know().rejected.contains(id)
}

// FirstRequested returns when a credential that a Source has just returned was first
// requested: now, or earlier if the Source has returned it before. It is for sources
// that may return a credential again, which then keeps its age.
func (k *Keeper[V, S]) FirstRequested(id uint64, now time.Time) (at time.Time) {
	k.update(func(s *state[V]) {
		h := s.know()
		at = now
		i := slices.IndexFunc(h.requests, func(r firstRequest) bool { return r.id == id })
		if i >= 0 {
			at = h.requests[i].at
			return
		}
		oldest := max(0, len(h.requests)-len(ring{})+1)
		h.requests = append(slices.Clone(h.requests[oldest:]), firstRequest{id, now})
		s.history = &h
	})
	return at
}

// know returns a copy of the history.
func (s *state[V]) know() history {
	if s.history == nil {
		return history{}
	}
	return *s.history
}

// reject is [Keeper.Reject].
func (s *state[V]) reject(l *Lease[V], untried bool, now time.Time) Verdict {
	h := s.know()
	latest, worth := suspect(h.suspicion, l, now)
	switch {
	case !worth:
		h.suspicion = latest
		s.history = &h
		return Useless
	case s.lease != l || s.rejected:
		return Replaceable
	}
	h.suspicion = suspicion{of: l.ID, since: now, step: latest.step, untried: untried, cleared: latest.cleared}
	h.rejected = h.rejected.with(l.ID)
	s.history, s.rejected = &h, true
	return NewlyRejected
}

// suspect returns the suspicion after a rejection of l, and whether another
// credential is worth requesting. It is not while the wait after an earlier rejection
// of l lasts. It is not, either, if l is new and was requested after another credential
// was rejected: the next one would be rejected, too, so a longer wait begins. In all
// other cases it is: l may have been revoked, if it is old, or for the reason of that
// rejection, if it was requested before. If l is old and the last wait has been over
// for a minute, the next wait is short again.
func suspect[V any](s suspicion, l *Lease[V], now time.Time) (next suspicion, worth bool) {
	age := l.Age(now)
	successor := s.of != 0 && s.of != l.ID && !l.RequestedAt.Before(s.since)
	switch {
	case s.of == l.ID && now.Before(s.until):
		return s, false
	case successor && age < stillNew:
		step := min(max(2*s.step, firstStep), maxStep)
		return suspicion{of: l.ID, since: s.since, step: step, until: now.Add(step), cleared: s.cleared}, false
	case age >= stillNew && now.Sub(s.until) >= stillNew:
		return suspicion{}, true
	}
	return s, true
}

// withholding returns why no credential is requested now although none is in
// use, or nil.
func (s *state[V]) withholding(now time.Time) *PauseError {
	if s.history == nil || !s.history.withheld || !now.Before(s.history.until) {
		return nil
	}
	return &PauseError{error: ErrRejected, Until: s.history.until}
}

// ring has the IDs of the latest credentials, the newest first, and 0 where there
// are fewer.
type ring [6]uint64

// contains reports whether a ring, which may be nil, has the ID of a credential.
func (r *ring) contains(id uint64) bool { return r != nil && slices.Contains(r[:], id) }

// with returns a copy of the ring, which may be nil, that has id.
func (r *ring) with(id uint64) *ring {
	var next ring
	if r != nil {
		next = *r
	}
	if !next.contains(id) {
		copy(next[1:], next[:])
		next[0] = id
	}
	return &next
}

// remember notes that l, which may be nil, is out of use or was never used.
func (s *state[V]) remember(l *Lease[V]) {
	if l != nil {
		s.past = s.past.with(l.ID)
	}
}
