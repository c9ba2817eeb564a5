package limiter

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Stats is a snapshot of a [Limiter].
type Stats struct {
	// Waiting is the queue, by [Urgency].
	Waiting [Revocation + 1]Waiting
	// Budget is how many calls may be sent without a success. Since is when the first
	// call after the latest success was sent; the zero time means that none was, and
	// that the budget is full.
	Budget float64
	Since  time.Time
	// Failure is the class of the latest failure since then of which the server may be
	// the cause; OK if there is none, or if it is older than memory.
	Failure outcome.Class
	// Rate is the rate in force, in calls a second; 0 means no limit.
	Rate float64
	// Shared says that the turns come from the rate that several processes share.
	Shared bool
	// Failing is how many principals' last call failed.
	Failing int
	// Outcomes counts the calls that have ended, by [Urgency] and class.
	Outcomes [Revocation + 1][outcome.Classes]uint64
}

// Waiting is a part of the queue.
type Waiting struct {
	Length int
	Oldest time.Duration // how long its oldest request has waited
}

// Stats returns a snapshot.
func (l *Limiter) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.principals.forgetOld(now)
	l.budget.refill(now)
	s := Stats{
		Budget: l.budget.left, Since: l.budget.drought,
		Rate: l.pace.inForce(), Shared: l.shared.isActive(),
		Failing: l.principals.failing.Len(), Outcomes: l.outcomes,
	}
	if l.outage.isKnown(now) {
		s.Failure = l.outage.failure.Class
	}
	for e := l.queue.waiting.Front(); e != nil; e = e.Next() {
		w := &s.Waiting[e.Value.(*entry).request.Urgency]
		if w.Length == 0 {
			w.Oldest = now.Sub(e.Value.(*entry).arrived)
		}
		w.Length++
	}
	return s
}
