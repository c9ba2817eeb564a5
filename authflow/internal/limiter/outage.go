package limiter

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// outage is the time since the first failure after which nobody has succeeded.
// Whether it is an outage of the server or of the few principals that were active
// shows with the next success, which ends it.
type outage struct {
	began   time.Time // the first failure; zero: no outage is known
	last    time.Time // the latest failure
	failure *outcome.Failure
	whose   string        // the principal of the latest failure
	latency time.Duration // of the latest success
}

// lateWait is how long a caller waits for its turn that comes when an outage is
// known to everybody.
const lateWait = 2 * time.Second

// failed notes a failure that may be everybody's.
func (o *outage) failed(p *principal, f *outcome.Failure, now time.Time) {
	if !o.isKnown(now) {
		o.began = now
	}
	o.last, o.failure, o.whose = now, f, p.name
}

// end notes a response.
func (o *outage) end(p *Permit, now time.Time) {
	*o = outage{latency: now.Sub(p.sent)}
}

// isKnown reports whether there is an outage. A failure that is too old says
// nothing about the server of today.
func (o *outage) isKnown(now time.Time) bool {
	return !o.began.IsZero() && now.Sub(o.last) < memory
}

// told returns when an entry learns of the outage, if its turn does not come
// before: timeout after the first failure, or soon if it came later. Where
// responses take long, a later caller waits for twice their time, because a crowd
// of them would not learn that the server works.
func (o *outage) told(e *entry, timeout time.Duration) time.Time {
	wait := min(timeout, max(lateWait, 2*o.latency))
	return latest(o.began.Add(timeout), e.arrived.Add(wait))
}

// deadline returns when a call of e must have ended, so that its caller learns of
// the outage in time. The zero time means that there is no such bound: a call is
// not cut short for a caller that came late.
func (o *outage) deadline(e *entry, timeout time.Duration, now time.Time) time.Time {
	end := o.began.Add(timeout)
	if !o.isKnown(now) || o.told(e, timeout).After(end) {
		return time.Time{}
	}
	return end
}

// enough returns what a call needs at least to have a chance.
func enough(timeout time.Duration) time.Duration { return min(time.Second, timeout/4) }

// isOverBy reports whether the callers of a call that was sent before they learn
// of the outage will have learned of it at t, or soon after.
func (o *outage) isOverBy(t, sent time.Time, timeout time.Duration) bool {
	if o.began.IsZero() {
		return false
	}
	end := o.began.Add(timeout)
	return sent.Before(end) && !t.Before(end.Add(-min(lateWait, timeout/4)))
}

// tell ends the wait of the entries that have to learn of an outage now.
func (l *Limiter) tell(now time.Time) {
	for at := l.nextTold(); !at.IsZero() && !at.After(now); at = l.nextTold() {
		e := l.queue.waiting.Front().Value.(*entry)
		l.fail(e, l.queueError(e.place.principal, l.queue.behind(e), now))
	}
}

// tellHeld ends the wait of the requests of a suspect that is held for longer than
// anybody waits, such as after a Retry-After of some minutes.
func (l *Limiter) tellHeld(who *principal, now time.Time) {
	if who.held(now) <= l.config.Timeout {
		return
	}
	for _, p := range who.places {
		for p != nil && len(p.entries) > 0 {
			e := p.entries[0]
			l.fail(e, l.queueError(who, l.queue.behind(e), now))
		}
	}
}

// nextTold returns when the next entry has to learn of an outage; the zero time
// if there is none.
func (l *Limiter) nextTold() time.Time {
	front := l.queue.waiting.Front()
	if front == nil || !l.outage.isKnown(time.Now()) {
		return time.Time{}
	}
	return l.outage.told(front.Value.(*entry), l.config.Timeout)
}

// Outage returns the latest failure, when the outage began, and how long it is
// until the next call may be sent. The failure is nil while no outage is known.
// The failure may be any principal's, so only its class is fit for another one.
func (l *Limiter) Outage() (f *outcome.Failure, since time.Time, next time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.outage.isKnown(now) {
		return nil, time.Time{}, 0
	}
	return l.outage.failure, l.outage.began, max(0, l.budget.has(1, now).Sub(now))
}
