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

// lateWait is how long a caller waits for its turn if its request arrives when an
// outage is already known.
const lateWait = 2 * time.Second

// failed notes a failure, of which the server may be the cause.
func (o *outage) failed(p *principal, f *outcome.Failure, now time.Time) {
	if !o.isKnown(now) {
		o.began = now
	}
	o.last, o.failure, o.whose = now, f, p.name
}

// end notes a response of the server.
func (o *outage) end(p *Permit, now time.Time) {
	*o = outage{latency: now.Sub(p.sent)}
}

// isKnown reports whether there is an outage. A failure older than memory says
// nothing about the server now.
func (o *outage) isKnown(now time.Time) bool {
	return !o.began.IsZero() && now.Sub(o.last) < memory
}

// told returns when an entry fails because of the outage, if its turn does not come
// before: timeout after the first failure, or soon after its arrival if that is
// later. Where responses take long, a later caller waits for twice their time.
// Otherwise a crowd of them would give up before the first response.
func (o *outage) told(e *entry, timeout time.Duration) time.Time {
	wait := min(timeout, max(lateWait, 2*o.latency))
	return latest(o.began.Add(timeout), e.arrived.Add(wait))
}

// deadline returns when a call of e must have ended, so that its caller gets the
// error of the outage in time. The zero time means that there is no such bound: the
// call of a caller that arrived late is not cut short.
func (o *outage) deadline(e *entry, timeout time.Duration, now time.Time) time.Time {
	end := o.began.Add(timeout)
	if !o.isKnown(now) || o.told(e, timeout).After(end) {
		return time.Time{}
	}
	return end
}

// enough returns the shortest time in which a call can succeed.
func enough(timeout time.Duration) time.Duration { return min(time.Second, timeout/4) }

// isOverBy reports whether a flight with a call that was sent at sent cannot make
// another attempt at t: its callers fail because of the outage before t, or soon
// after.
func (o *outage) isOverBy(t, sent time.Time, timeout time.Duration) bool {
	if o.began.IsZero() {
		return false
	}
	end := o.began.Add(timeout)
	return sent.Before(end) && !t.Before(end.Add(-min(lateWait, timeout/4)))
}

// tell fails the entries whose time in an outage is over.
func (l *Limiter) tell(now time.Time) {
	for at := l.nextTold(); !at.IsZero() && !at.After(now); at = l.nextTold() {
		e := l.queue.waiting.Front().Value.(*entry)
		l.fail(e, l.queueError(e.place.principal, l.queue.behind(e), now))
	}
}

// tellHeld fails the requests of a suspect that is held for longer than any caller
// waits, such as after a Retry-After of some minutes.
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

// nextTold returns when the next entry fails because of an outage; the zero time if
// none does.
func (l *Limiter) nextTold() time.Time {
	front := l.queue.waiting.Front()
	if front == nil || !l.outage.isKnown(time.Now()) {
		return time.Time{}
	}
	return l.outage.told(front.Value.(*entry), l.config.Timeout)
}

// Outage returns the latest failure and the time until the next call may be sent.
// The failure is nil while no outage is known. It may be the failure of any
// principal, so only its class and status may be shown to another one.
func (l *Limiter) Outage() (f *outcome.Failure, next time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !l.outage.isKnown(now) {
		return nil, 0
	}
	return l.outage.failure, max(0, l.budget.has(1, now).Sub(now))
}
