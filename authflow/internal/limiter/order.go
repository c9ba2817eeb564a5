package limiter

import "time"

// next returns the place whose turn is next, or nil if no place is ready.
// Revocations go first, but not twice in a row while a caller waits; renewals
// ahead of time go last.
func (q *queue) next(lastWasRevocation bool, now time.Time) *place {
	caller := q.nextCaller(now)
	revoked := q.revocations.first()
	switch {
	case revoked != nil && (caller == nil || !lastWasRevocation):
		return revoked
	case caller != nil:
		return caller
	}
	return q.ahead.first()
}

// While a renewal is pressing, the other callers get one turn in ten. With one in two,
// 3,000 leases that were acquired as fast as the rate allows could not be renewed in
// time beside a crowd of newcomers.
const (
	pressing     = 20 * time.Second // before the lease expires
	renewalTurns = 9                // in a row
)

// isPressing reports whether the renewal p is pressing. p may be nil.
func isPressing(p *place, now time.Time) bool {
	if p == nil {
		return false
	}
	end := p.entries[0].request.Expires
	return !end.IsZero() && end.Sub(now) <= pressing
}

// nextCaller returns the place of the caller whose turn is next, or nil.
func (q *queue) nextCaller(now time.Time) *place {
	renewal := q.renewals.first()
	if q.renewalsInARow < renewalTurns && isPressing(renewal, now) {
		return renewal
	}
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
		q.renewalsInARow++
		return
	case &q.returning:
		q.lane = returningLane
	case &q.repeats:
		q.lane = repeatLane
	case &q.revocations, &q.ahead:
		return
	default:
		q.lane = newcomerLane
		q.ring.MoveToBack(q.groups[p.group()].turn)
	}
	q.renewalsInARow = 0
}

// ready returns how many places wait for nothing but their turn.
func (q *queue) ready() int {
	firsts := int(q.came - q.left)
	return firsts + len(q.revocations.places) + len(q.repeats.places) + len(q.ahead.places)
}
