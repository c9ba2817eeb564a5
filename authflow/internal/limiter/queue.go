package limiter

import (
	"container/list"
	"time"
)

// queue holds the requests that wait, in lines of places. Callers stand in one of
// four lines:
//
//   - newcomers, by group; the groups take turns
//   - renewals of leases that are alive
//   - returning: further attempts of flights, and principals whose back-off is over;
//     both have waited before
//   - repeats: principals that have more requests after one was sent
//
// The lines take turns. A repeat is due when as many first requests have left as
// stood in the queue when it joined its line. So a group of one principal with 1,000
// requests does not get half of the rate beside a group of 6,000 principals, and a
// stream of newcomers does not starve that principal.
type queue struct {
	waiting list.List // of *entry, in the order of arrival
	entries uint64    // how many have arrived
	numbers uint64    // how many places have been taken

	revocations, returning, renewals, repeats, ahead line

	groups map[string]*group
	ring   list.List // of *group, in the order of their turns; some may be empty
	lane   lane      // which of the lines of callers had the last turn

	renewalsInARow int // turns of renewals since another caller had one

	came, left uint64 // first requests of callers that entered and left the lines

	parked  line                           // places that have to wait, by until
	blocked map[string]map[*place]struct{} // parked because of their Ticket, by group
	gates   map[string]gate                // of the groups whose Tickets had to wait
}

// group is the line of newcomers that use one secret in one Org.
type group struct {
	name string
	line line
	turn *list.Element // in ring
}

func newQueue() queue {
	var q queue
	for _, l := range []*line{&q.revocations, &q.returning, &q.renewals, &q.repeats} {
		l.before = byNumber
	}
	q.ahead.before, q.parked.before = byPromote, byUntil
	q.groups, q.blocked = map[string]*group{}, map[string]map[*place]struct{}{}
	q.gates = map[string]gate{}
	return q
}

// tidy frees the memory of a crowd after the last entry has gone.
func (q *queue) tidy() {
	const few = 16
	clear(q.gates)
	if len(q.groups) > few {
		entries, numbers := q.entries, q.numbers
		*q = newQueue()
		q.entries, q.numbers = entries, numbers
	}
}

// add puts an entry into the queue.
func (q *queue) add(e *entry, who *principal, now time.Time) {
	q.entries++
	e.number = q.entries
	e.waiting = q.waiting.PushBack(e)
	who.queued++
	q.join(e, who, kindOf(&e.request), now)
}

// join gives e to the place of its kind.
func (q *queue) join(e *entry, who *principal, k kind, now time.Time) {
	p := who.places[k]
	if p != nil {
		q.change(p, func() { p.add(e) }, now)
		return
	}
	p = &place{principal: who, kind: k}
	who.places[k] = p
	p.add(e)
	q.take(p, now)
}

// take takes the next place at the back for p.
func (q *queue) take(p *place, now time.Time) {
	q.numbers++
	p.number = q.numbers
	p.turn = q.came
	q.settle(p, now)
}

// remove takes an entry out of the queue.
func (q *queue) remove(e *entry, now time.Time) {
	p := e.place
	q.waiting.Remove(e.waiting)
	p.principal.queued--
	q.leave(e, now)
	e.place = nil
}

// leave takes an entry out of its place.
func (q *queue) leave(e *entry, now time.Time) {
	p := e.place
	q.change(p, func() { p.remove(e) }, now)
}

// sent takes an entry that was sent out of the queue. The other entries of its place
// go to the back.
func (q *queue) sent(e *entry, now time.Time) {
	p := e.place
	q.waiting.Remove(e.waiting)
	p.principal.queued--
	q.leaveLine(p)
	p.remove(e)
	e.place = nil
	p.delayed, p.again = false, true
	q.take(p, now)
}

// change calls f, which changes the line to which p belongs, and moves p there. A
// place that stands in a line of first requests before and after counts neither as
// one that left nor as one that came.
func (q *queue) change(p *place, f func(), now time.Time) {
	before := q.isFirst(p.line)
	q.leaveLine(p)
	f()
	q.settle(p, now)
	if before && q.isFirst(p.line) {
		q.came--
		q.left--
	}
}

// settle puts a place that stands nowhere into the line in which it belongs.
func (q *queue) settle(p *place, now time.Time) {
	if len(p.entries) == 0 {
		p.principal.places[p.kind] = nil
		return
	}
	wait := max(p.principal.held(now), p.principal.busy(now))
	if wait > 0 {
		p.delayed = true
		q.park(p, now.Add(wait))
		return
	}
	q.enterLine(p)
}

// resettle moves the places of a principal that has changed to the right lines.
func (q *queue) resettle(who *principal, now time.Time) {
	for _, p := range who.places {
		if p != nil {
			q.change(p, func() {}, now)
		}
	}
}

// enterLine puts p into the line of those whose turn may come now.
func (q *queue) enterLine(p *place) {
	l := q.lineOf(p)
	if q.isFirst(l) {
		q.came++
	}
	l.insert(p)
}

// leaveLine takes p out of the line in which it stands.
func (q *queue) leaveLine(p *place) {
	l := p.line
	if l == nil {
		return
	}
	if q.isFirst(l) {
		q.left++
	}
	if l == &q.parked {
		q.forgetBlocked(p)
	}
	l.remove(p)
}

// isFirst reports whether l is one of the lines of callers' first requests.
func (q *queue) isFirst(l *line) bool {
	switch l {
	case nil, &q.revocations, &q.repeats, &q.ahead, &q.parked:
		return false
	}
	return true
}

// lineOf returns the line of p while p waits for nothing but its turn.
func (q *queue) lineOf(p *place) *line {
	switch {
	case p.kind == revocation:
		return &q.revocations
	case p.kind == ahead:
		return &q.ahead
	case p.delayed, p.entries[0].request.Attempt > 1:
		return &q.returning
	case p.again:
		return &q.repeats
	case p.kind == renewal:
		return &q.renewals
	}
	return q.groupLine(p.group())
}

// groupLine returns the line of newcomers of a group.
func (q *queue) groupLine(name string) *line {
	g := q.groups[name]
	if g == nil {
		g = &group{name: name, line: line{before: byNumber}}
		q.groups[name] = g
		g.turn = q.ring.PushBack(g)
	}
	return &g.line
}

// behind returns how many requests that came before e still wait, as far as can be told
// without a look at each.
func (q *queue) behind(e *entry) int {
	first := q.waiting.Front().Value.(*entry)
	return min(int(e.number-first.number), q.waiting.Len()-1)
}

// promote makes waiting callers of the renewals ahead of time whose time has come.
func (q *queue) promote(now time.Time) {
	for p := q.ahead.first(); p != nil; p = q.ahead.first() {
		e := p.entries[0]
		if e.request.Promote.IsZero() || e.request.Promote.After(now) {
			return
		}
		q.promoteEntry(e, now)
	}
}

// promoteEntry makes a waiting caller of a renewal ahead of time.
func (q *queue) promoteEntry(e *entry, now time.Time) {
	who := e.place.principal
	q.leave(e, now)
	k := newcomer
	if e.request.Renewal {
		k = renewal
	}
	q.join(e, who, k, now)
}
