package lockout

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// settlement is the outcome of a call that is still to be saved.
type settlement struct {
	user     string
	hash     [32]byte
	outcome  verdict
	cause    cause
	reserved *saved        // the record as the reservation saved it; nil if there was none
	sent, at time.Time     // of the call, and of its outcome
	saved    chan struct{} // closed when it is saved, or will not be
}

// The outcomes are saved by a few goroutines that end when nothing is left, so
// that a crowd costs the store no more than this at a time.
const (
	maxWorkers    = 8
	maxQueue      = 10_000
	settleTime    = 10 * time.Second       // for all tries to save one outcome
	retryPause    = 500 * time.Millisecond // after the Ledger failed, doubled each time
	retryInterval = 25 * time.Millisecond  // after another process was faster
)

// settle saves the outcome of a call, if the Ledger has to know.
func (t *Ticket) settle(outcome verdict, why cause, now time.Time) {
	s := t.registry.shared
	counted := t.reserved != nil
	switch {
	case counted && (outcome == accepted || outcome == noVerdict):
		s.refund(t.spent)
	case counted:
	case outcome != rejected || !s.spend(now):
		return
	}
	t.saved = make(chan struct{})
	s.add(settlement{
		user: t.user, hash: t.hash, outcome: outcome, cause: why, reserved: t.reserved, sent: t.taken, at: now, saved: t.saved,
	})
}

func (s *shared) add(next settlement) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) >= maxQueue {
		close(next.saved)
		return
	}
	s.queue = append(s.queue, next)
	if s.workers >= maxWorkers {
		return
	}
	s.workers++
	go s.work()
}

func (s *shared) work() {
	for {
		next, ok := s.next()
		if !ok {
			return
		}
		s.save(next)
		close(next.saved)
	}
}

// next returns the next outcome to save. It reports false if there is none, and the
// worker is counted as ended then.
func (s *shared) next() (settlement, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		s.queue = nil
		s.workers--
		return settlement{}, false
	}
	next := s.queue[0]
	s.queue = s.queue[1:]
	return next, true
}

// save puts the outcome into the record. If the Ledger fails, save tries again for some
// seconds; after that the call counts as a rejection for other processes.
func (s *shared) save(next settlement) {
	ctx, cancel := context.WithTimeout(context.Background(), settleTime)
	defer cancel()
	known := next.reserved
	for pause := retryPause; ; pause *= 2 {
		tried, err := s.replace(ctx, next, known)
		if err == nil {
			return
		}
		err = sleep(ctx, jitter(pause))
		if err != nil {
			return
		}
		known, err = s.accessTo(next.user).load(ctx)
		if err == nil && tried != nil && bytes.Equal(known.value, tried.value) {
			return // the Ledger has saved it, and its response was lost
		}
	}
}

// replace replaces the record by one with the outcome. The record is usually as the
// reservation left it, which saves a Load. After an error it returns the record that
// may have been saved, if there is one.
func (s *shared) replace(ctx context.Context, next settlement, known *saved) (tried *saved, err error) {
	a := s.accessTo(next.user)
	for {
		if known == nil {
			known, err = a.load(ctx)
		}
		if err != nil {
			return nil, err
		}
		tried, err = a.swap(ctx, known, next.revise(known.entries))
		if tried != nil || err != nil {
			return tried, err
		}
		known = nil
		err = sleep(ctx, jitter(retryInterval))
	}
}

// revise returns the entries of a record with the outcome of the call in place of
// the call itself.
func (s settlement) revise(entries []entry) []entry {
	is := func(e entry, kinds ...kind) bool {
		return e.hash == shortHash(s.hash) && slices.Contains(kinds, e.kind)
	}
	entries = slices.Clone(entries)
	for i := len(entries) - 1; i >= 0; i-- {
		if is(entries[i], kindPending) {
			entries = slices.Delete(entries, i, i+1)
			break
		}
	}
	overtaken := slices.ContainsFunc(entries, func(e entry) bool { return is(e, kindRejected) && e.at().After(s.sent) })
	switch {
	case s.outcome == accepted && !overtaken:
		entries = slices.DeleteFunc(entries, func(e entry) bool {
			stale := is(e, kindPending) && s.at.Sub(e.at()) >= pendingFor
			return stale || is(e, kindUnanswered, kindHidden, kindAccepted)
		})
		return append(entries, s.entry(kindAccepted, acceptedFor))
	case s.outcome == rejected:
		entries = slices.DeleteFunc(entries, func(e entry) bool { return is(e, kindAccepted) })
		return append(entries, s.entry(kindRejected, countsFor))
	case s.outcome == unanswered:
		return append(entries, s.entry(kindUnanswered, countsFor))
	case s.outcome == hidden:
		return append(entries, s.entry(kindHidden, countsFor))
	}
	return entries
}

func (s settlement) entry(k kind, counts time.Duration) entry {
	return entry{hash: shortHash(s.hash), kind: k, cause: s.cause, end: s.at.Add(counts)}
}
