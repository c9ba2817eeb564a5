package limiter

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Permit is the right to send one call now.
type Permit struct {
	limiter   *Limiter
	principal *principal
	group     string
	attempt   int
	urgency   Urgency
	ticket    bool // whether a Ticket was taken for it
	sent      time.Time
	deadline  time.Time

	over    bool // Done or Cancel has been called
	verdict Verdict
}

// Verdict says whether a flight may attempt its call again.
type Verdict struct {
	Again bool          // whether another attempt is allowed
	After time.Duration // how long to wait before it
	Held  time.Duration // how long the next calls of the principal are held back
}

// Deadline returns when the attempt must have ended, so that its caller gets the
// error of an outage in time. The zero time means that there is no such bound.
func (p *Permit) Deadline() time.Time { return p.deadline }

// Done reports the failure of the call to the limiter, nil if it succeeded. A second
// call changes nothing and returns the first verdict.
func (p *Permit) Done(f *outcome.Failure) Verdict {
	l := p.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.over {
		return p.verdict
	}
	p.over = true
	now := time.Now()
	p.principal.inFlight--
	p.verdict = l.conclude(p, f, now)
	l.tellHeld(p.principal, now)
	l.settle(p, now)
	return p.verdict
}

// Cancel gives the permit back: nothing was sent, and nothing is concluded. After
// Done it does nothing.
func (p *Permit) Cancel() {
	l := p.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.over {
		return
	}
	p.over = true
	now := time.Now()
	p.principal.inFlight--
	l.budget.giveBack()
	l.pace.giveBack()
	l.shared.giveBack(now)
	l.settle(p, now)
}

// settle moves on the requests that have waited for the call of p.
func (l *Limiter) settle(p *Permit, now time.Time) {
	l.queue.resettle(p.principal, now)
	if p.ticket {
		l.queue.unblock(p.group, now)
	}
	l.principals.release(p.principal, now)
	l.dispatch()
}
