package limiter

import "time"

// recheck bounds the time between two calls of Ticket.Eligible, because a Ticket may
// wait for a call of another group.
const recheck = time.Second

// park lets a place wait until a time, or until a call of its principal or its group
// is done.
func (q *queue) park(p *place, until time.Time) {
	p.until = until
	q.parked.insert(p)
}

// block lets a place wait for its Ticket.
func (q *queue) block(p *place, wait time.Duration, now time.Time) {
	q.leaveLine(p)
	q.park(p, now.Add(min(wait, recheck)))
	group := p.group()
	if wait <= recheck {
		q.gates[group] = gate{opens: now.Add(wait), turns: gateTurns}
	}
	if q.blocked[group] == nil {
		q.blocked[group] = map[*place]struct{}{}
	}
	q.blocked[group][p] = struct{}{}
}

// gate is for a group whose Tickets had to wait.
type gate struct {
	opens time.Time // when one of them may be sent
	turns int       // how many turns of the group are still scarce
}

// gateTurns is how many turns of a group are scarce after its Tickets had to wait. The
// first success lets all of them go, and a few rejections hold them back again. In the
// order of arrival, the requests that are rejected could use up these turns each time.
const gateTurns = 10

// gateOpens reports whether the Tickets of a group had to wait for a time that has
// come.
func (q *queue) gateOpens(group string, now time.Time) bool {
	g := q.gates[group]
	return g.turns > 0 && !g.opens.After(now)
}

// passGate notes a turn of a group.
func (q *queue) passGate(group string) {
	g, isGated := q.gates[group]
	if !isGated {
		return
	}
	g.turns--
	if g.turns == 0 {
		delete(q.gates, group)
		return
	}
	q.gates[group] = g
}

// forgetBlocked removes p from the places that wait for a Ticket.
func (q *queue) forgetBlocked(p *place) {
	group := p.group()
	delete(q.blocked[group], p)
	if len(q.blocked[group]) == 0 {
		delete(q.blocked, group)
	}
}

// unpark brings back the places whose time has come.
func (q *queue) unpark(now time.Time) {
	for p := q.parked.first(); p != nil && !p.until.After(now); p = q.parked.first() {
		q.leaveLine(p)
		q.settle(p, now)
	}
}

// nextUnpark returns when the next place comes back; the zero time if none waits.
func (q *queue) nextUnpark() time.Time {
	p := q.parked.first()
	if p == nil {
		return time.Time{}
	}
	return p.until
}

// unblock brings back the places of a group that wait for a Ticket.
func (q *queue) unblock(group string, now time.Time) {
	for p := range q.blocked[group] {
		q.leaveLine(p)
		q.settle(p, now)
	}
	g, isGated := q.gates[group]
	if isGated {
		q.gates[group] = gate{opens: now, turns: g.turns}
	}
}
