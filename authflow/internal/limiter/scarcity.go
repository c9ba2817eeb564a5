package limiter

import (
	"cmp"
	"time"
)

// candidate is a place as [Limiter.nextScarce] compares it. The fields are in the
// order in which they count, and less is better.
type candidate struct {
	place   *place
	failing int     // 1: its principal's last call failed or was rejected, 2: it is a suspect
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

// nextScarce returns the place whose turn is next among some while turns are scarce:
// principals that were served before, then the newest one and one at random in turn,
// then principals whose last call failed or was rejected, and then suspects. If the
// crowd at the front cannot succeed, somebody behind it may, and one success ends the
// scarcity.
//
// It looks at every place, but only when a call can be sent, which is once a second
// then.
func (l *Limiter) nextScarce(now time.Time, among func(*place) bool) *place {
	const callers, renewalsAhead = 1, 3
	revocations := 0
	if l.lastWasRevocation {
		revocations = 2
	}
	q := &l.queue
	var chosen candidate
	consider := func(places []*place, urgency int) {
		for _, p := range places {
			if !among(p) {
				continue
			}
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
		c.order = float64(who.lastFailure.Sub(now)) // by the monotonic clock
	case who.isFailing(now), l.principals.rejected.has(who.name):
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
