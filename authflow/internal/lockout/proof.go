package lockout

import "time"

// proof is the evidence that a password of a user is right. There is at most one
// for a user: the acceptance of another password tells that it was changed.
type proof struct {
	hash     [32]byte
	accepted time.Time // the latest acceptance; zero if there is no proof
	sent     uint64    // that call, in the order of the user's events
	used     time.Time // the latest call that did not speak against it
	lost     *send     // the latest call since accepted that got no response, or nil
	began    time.Time // the first acceptance
	window   window    // how many calls may be in flight
}

const (
	provenFor = 24 * time.Hour
	freshFor  = 10 * time.Second // how long an acceptance is evidence for a crowd of calls
)

// known reports whether a password is proven. A call without a verdict extends
// the proof, so that an outage of any length does not end it.
func (p *proof) known(now time.Time) bool {
	return !p.accepted.IsZero() && now.Sub(p.used) < provenFor
}

// holds reports whether the password with this hash is proven.
func (p *proof) holds(hash [32]byte, now time.Time) bool {
	return p.known(now) && p.hash == hash
}

// placesAt returns how many calls may be in flight.
func (p *proof) placesAt(now time.Time) int {
	if now.Sub(p.accepted) > freshFor {
		return firstPlaces
	}
	return p.window.places
}

// accept notes an acceptance of a call. All callers that waited for the first
// acceptance of a password are let go, during some seconds. The event is the latest of
// the user.
func (p *proof) accept(hash [32]byte, sent, event uint64, now time.Time) {
	switch {
	case !p.holds(hash, now):
		*p = proof{hash: hash, began: now, window: window{places: maxPlaces, round: event}}
	case now.Sub(p.accepted) > freshFor:
		p.window.restart()
	}
	p.window.accept(sent, event)
	if now.Sub(p.began) <= freshFor {
		p.window.places = maxPlaces
	}
	p.accepted, p.used, p.sent, p.lost = now, now, sent, nil
}

// lose notes a call that got no response, which may have been a rejection: the number of
// calls in flight begins again.
func (p *proof) lose(call send, now time.Time) {
	p.lost, p.used, p.began = &call, now, time.Time{}
	p.window.restart()
}

// extend notes a call that the server did not look at.
func (p *proof) extend(now time.Time) {
	p.window.halve()
	p.used = now
}
