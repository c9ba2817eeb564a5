package limiter

import (
	"cmp"
	"time"
)

// next returns the place whose turn is next, or nil if no place is ready.
// Revocations go first, but not twice in a row while a caller waits; renewals
// ahead of time go last.
func (q *queue) next(lastWasRevocation bool) *place {
	caller := q.nextCaller()
	revoked := q.revocations.first()
	switch {
	case revoked != nil && (caller == nil || !lastWasRevocation):
		return revoked
	case caller != nil:
		return caller
	}
	return q.ahead.first()
}

// nextCaller returns the place of the caller whose turn is next, or nil.
func (q *queue) nextCaller() *place {
	for i := lane(1); i <= lanes; i++ {
		p := q.firstOf((q.lane + i) % lanes)
		if p != nil {
			return p
		}
	}
	return nil
}

// lane is one of the lines of callers, which take turns.
type lane uint8

const (
	newcomerLane lane = iota
	renewalLane
	returningLane
	repeatLane
	lanes // how many there are
)

// firstOf returns the place in a lane whose turn is next, or nil.
func (q *queue) firstOf(l lane) *place {
	switch l {
	case renewalLane:
		return q.renewals.first()
	case returningLane:
		return q.returning.first()
	case repeatLane:
		return q.dueRepeat()
	}
	g := q.nextGroup()
	if g == nil {
		return nil
	}
	return g.line.first()
}

// dueRepeat returns the first of the repeats if as many first requests have left as
// stood in the queue when it joined its line, or if none are left.
func (q *queue) dueRepeat() *place {
	p := q.repeats.first()
	if p == nil || q.left < min(p.turn, q.came) {
		return nil
	}
	return p
}

// nextGroup returns the group whose turn is next, and drops the empty ones before
// it.
func (q *queue) nextGroup() *group {
	for e := q.ring.Front(); e != nil; e = q.ring.Front() {
		g := e.Value.(*group)
		if len(g.line.places) > 0 {
			return g
		}
		q.ring.Remove(e)
		delete(q.groups, g.name)
	}
	return nil
}

// turnTaken passes the turn on after a request of p was sent. p still stands in
// its line.
func (q *queue) turnTaken(p *place) {
	switch p.line {
	case &q.renewals:
		q.lane = renewalLane
	case &q.returning:
		q.lane = returningLane
	case &q.repeats:
		q.lane = repeatLane
	case &q.revocations, &q.ahead:
	default:
		q.lane = newcomerLane
		q.ring.MoveToBack(q.groups[p.group()].turn)
	}
}

// ready returns how many places wait for nothing but their turn.
func (q *queue) ready() int {
	firsts := int(q.came - q.left)
	return firsts + len(q.revocations.places) + len(q.repeats.places) + len(q.ahead.places)
}

// candidate is a place as [Limiter.nextScarce] compares it. The fields are in the
// order in which they count, and less is better.
type candidate struct {
	place   *place
	failing int     // 1: its principal's last call failed, 2: it is a suspect
	urgency int     // 0 is first
	unknown int     // 1: its principal was not served before
	order   float64 // within these
}

func (c *candidate) precedes(d *candidate) bool {
	if d.place == nil {
		return true
	}
	return cmp.Or(
		cmp.Compare(c.failing, d.failing),
		cmp.Compare(c.urgency, d.urgency),
		cmp.Compare(c.unknown, d.unknown),
		cmp.Compare(c.order, d.order),
	) < 0
}

// nextScarce returns the place whose turn is next while the budget is scarce:
// principals that were served before, then the newest one and one at random in
// turn, then principals whose last call failed, and then suspects. If the crowd at
// the front cannot succeed, somebody behind it may, and one success ends the
// scarcity.
//
// It looks at every place, but only when a call can be sent, which is once a second
// then.
func (l *Limiter) nextScarce(now time.Time) *place {
	const callers, renewalsAhead = 1, 3
	revocations := 0
	if l.lastWasRevocation {
		revocations = 2
	}
	q := &l.queue
	var chosen candidate
	consider := func(places []*place, urgency int) {
		for _, p := range places {
			c := l.candidate(p, now)
			c.urgency = urgency
			if c.precedes(&chosen) {
				chosen = c
			}
		}
	}
	consider(q.revocations.places, revocations)
	consider(q.returning.places, callers)
	consider(q.renewals.places, callers)
	consider(q.repeats.places, callers)
	for e := q.ring.Front(); e != nil; e = e.Next() {
		consider(e.Value.(*group).line.places, callers)
	}
	consider(q.ahead.places, renewalsAhead)
	return chosen.place
}

func (l *Limiter) candidate(p *place, now time.Time) candidate {
	c := candidate{place: p, order: float64(p.number)}
	who := p.principal
	switch {
	case who.isSuspect(now):
		c.failing = 2
		c.order = float64(who.lastFailure.UnixNano())
	case who.isFailing(now):
		c.failing = 1
	case l.principals.served.has(who.name):
	case l.nextIsRandom:
		c.unknown = 1
		c.order = l.random.Float64()
	default:
		c.unknown = 1
		c.order = -c.order
	}
	return c
}
