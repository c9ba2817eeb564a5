package limiter

import (
	"slices"
	"time"
)

// kind tells the places of a principal apart.
type kind uint8

const (
	newcomer   kind = iota // a caller without a lease
	renewal                // a caller, or a renewal whose time has come, with a lease that is alive
	ahead                  // a renewal ahead of time
	revocation             // a token to be revoked
	kinds                  // how many there are
)

func kindOf(r *Request) kind {
	switch {
	case r.Urgency == Revocation:
		return revocation
	case r.Urgency == Ahead:
		return ahead
	case r.Renewal:
		return renewal
	}
	return newcomer
}

// place stands in the queue for all requests of one kind of one principal, so
// that a thousand of them delay another principal by one.
type place struct {
	principal *principal
	kind      kind
	entries   []*entry  // in the order in which they are sent
	number    uint64    // in the order in which places were taken
	turn      uint64    // of a repeat: it is due when queue.left has reached this
	line      *line     // where it stands, or nil
	index     int       // in line
	until     time.Time // while it is parked: when to look again

	again   bool // whether one of its requests was sent before
	delayed bool // whether a back-off has delayed it
}

// group returns the group in which the place stands.
func (p *place) group() string { return p.entries[0].request.Group }

// add puts e among the entries: another attempt of a flight goes before first
// attempts, because its flight has waited before, and renewals ahead of time
// stand in the order in which they become urgent.
func (p *place) add(e *entry) {
	e.place = p
	last := len(p.entries)
	for last > 0 && p.precedes(e, p.entries[last-1]) {
		last--
	}
	p.entries = slices.Insert(p.entries, last, e)
}

func (p *place) precedes(a, b *entry) bool {
	if p.kind == ahead {
		return promotedBefore(a, b)
	}
	return a.request.Attempt > 1 && b.request.Attempt <= 1
}

// promotedBefore orders renewals ahead of time by when they become urgent. The
// zero time means never.
func promotedBefore(a, b *entry) bool {
	switch at, bt := a.request.Promote, b.request.Promote; {
	case at.IsZero():
		return false
	case bt.IsZero():
		return true
	default:
		return at.Before(bt)
	}
}

// remove takes e out.
func (p *place) remove(e *entry) {
	if p.entries[0] == e { // the usual case
		p.entries[0] = nil
		p.entries = p.entries[1:]
	} else {
		i := slices.Index(p.entries, e)
		p.entries = slices.Delete(p.entries, i, i+1)
	}
	if len(p.entries) == 0 {
		p.entries = nil
	}
}
