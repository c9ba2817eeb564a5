package limiter

import "time"

// dispatch gives their turns to all requests that are due, fails the requests that
// have waited too long in an outage, and sets the timer for the next event. The
// caller holds mu.
func (l *Limiter) dispatch() {
	now := time.Now()
	l.queue.unpark(now)
	l.queue.promote(now)
	l.tell(now)
	next := l.serve(now)
	l.setTimer(now, next, l.queue.nextUnpark(), l.nextTold())
}

// serve gives out the turns that are due, and returns when the next one is; the zero
// time if no place is ready, or if a reservation under way decides.
func (l *Limiter) serve(now time.Time) time.Time {
	for l.queue.ready() > 0 {
		at := l.budget.has(1, now)
		if !l.shared.isActive() || l.pace.isReduced() {
			at = latest(at, l.pace.next(now))
		}
		if at.After(now) {
			return at
		}
		p, at := l.choose(now)
		if at.After(now) {
			return at
		}
		at = l.reservedTurn(now)
		if at.IsZero() || at.After(now) {
			return at
		}
		l.offer(p, now)
	}
	return time.Time{}
}

// choose returns the place whose turn is next, and when that is. While the budget is
// scarce, principals whose last call failed leave the last calls to others, so that a
// request of another principal that arrives later does not have to wait. The turns of
// a group whose Tickets go one by one are scarce, too, and so are the next ones when
// its Tickets may go again.
func (l *Limiter) choose(now time.Time) (*place, time.Time) {
	if !l.budget.isScarce(now) {
		p := l.queue.next(l.lastWasRevocation, now)
		if !l.queue.gateOpens(p.group(), now) {
			return p, now
		}
		group := p.group()
		return l.nextScarce(now, func(p *place) bool { return p.group() == group }), now
	}
	p := l.nextScarce(now, func(*place) bool { return true })
	if p.principal.isFailing(now) {
		return p, l.budget.has(1+spared, now)
	}
	return p, now
}

// offer gives the turn to the first request of p that wants it and may have it.
func (l *Limiter) offer(p *place, now time.Time) {
	e := p.entries[0]
	r := &e.request
	deadline := l.outage.deadline(e, l.config.Timeout, now)
	if !deadline.IsZero() && deadline.Sub(now) <= enough(l.config.Timeout) {
		l.queue.leaveLine(p)
		l.queue.park(p, deadline) // its caller gets the error of the outage then
		return
	}
	if r.Wanted != nil && !r.Wanted() {
		l.fail(e, ErrUnwanted)
		return
	}
	if r.Ticket != nil {
		wait, err := r.Ticket.Eligible(now)
		if err != nil {
			l.fail(e, err)
			return
		}
		if wait > 0 {
			l.queue.block(p, wait, now)
			return
		}
		r.Ticket.Take(now)
		l.queue.passGate(p.group())
	}
	l.grant(e, deadline, now)
}

// grant gives e its permit.
func (l *Limiter) grant(e *entry, deadline, now time.Time) {
	p := e.place
	who := p.principal
	if p.kind != ahead {
		l.lastWasRevocation = p.kind == revocation
	}
	l.nextIsRandom = !l.nextIsRandom
	l.budget.take(now)
	l.pace.take(now)
	l.shared.take()
	who.inFlight++
	who.lastSent = now
	e.permit = &Permit{
		limiter: l, principal: who, group: e.request.Group, attempt: max(e.request.Attempt, 1),
		urgency: e.request.Urgency, ticket: e.request.Ticket != nil, sent: now, deadline: deadline,
	}
	l.queue.turnTaken(p)
	l.queue.sent(e, now)
	close(e.decided)
}

// fail ends the wait of e with an error.
func (l *Limiter) fail(e *entry, err error) {
	who, now := e.place.principal, time.Now()
	e.err = err
	l.queue.remove(e, now)
	l.principals.release(who, now)
	close(e.decided)
}

// setTimer calls dispatch again at the earliest of the times that are not zero. While
// no request waits there is no timer.
func (l *Limiter) setTimer(now time.Time, times ...time.Time) {
	var at time.Time
	if l.queue.waiting.Len() > 0 {
		at = earliest(times...)
	} else {
		l.queue.tidy()
		l.shared.stop()
	}
	if at.Equal(l.wakeAt) {
		return
	}
	l.wakeAt = at
	if l.timer != nil {
		l.timer.Stop()
		l.timer = nil
	}
	if !at.IsZero() {
		l.timer = time.AfterFunc(at.Sub(now), l.fired)
	}
}

// fired is what the timer calls.
func (l *Limiter) fired() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !time.Now().Before(l.wakeAt) {
		l.wakeAt = time.Time{}
	}
	l.dispatch()
}

// earliest returns the earliest of the times that are not zero.
func earliest(times ...time.Time) time.Time {
	var first time.Time
	for _, t := range times {
		if first.IsZero() || !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
