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
	places   int       // calls that may be in flight
	streak   int       // acceptances since places was changed
}

// How long a proof lasts, and how many calls may be in flight with it. An
// acceptance is evidence of the last seconds only, so that later the number of
// calls begins at the number of rejections that do no harm.
const (
	provenFor   = 24 * time.Hour
	freshFor    = 10 * time.Second
	firstPlaces = maxSame
	maxPlaces   = 1 << 14
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
	return p.places
}

// accept notes an acceptance of a call. All callers that waited for the first
// acceptance of a password are let go.
func (p *proof) accept(hash [32]byte, sent uint64, now time.Time) {
	switch {
	case !p.holds(hash, now):
		*p = proof{hash: hash, places: maxPlaces}
	case p.placesAt(now) != p.places:
		p.places, p.streak = firstPlaces, 1
	default:
		p.streak++
	}
	if p.streak >= p.places {
		p.places, p.streak = min(2*p.places, maxPlaces), 0
	}
	p.accepted, p.used, p.sent, p.lost = now, now, sent, nil
}

// restart notes a call that got no verdict: the number of calls in flight begins
// again.
func (p *proof) restart(now time.Time) {
	p.places, p.streak, p.used = firstPlaces, 0, now
}
