package renewal

import "time"

// request is what a caller wants.
type request[V any] struct {
	otherThan *Lease[V] // any lease except this one, if it is not nil
	verified  bool      // one that was not rejected, if there is one
	exclusive bool      // one that no other caller gets
	forced    bool      // one that is requested after since, also during a pause
	since     time.Time
	inUse     *Lease[V] // the lease in use when the caller joined its flight
	waits     bool      // the caller waits for the flight, because no lease will do
	deadline  time.Time // of the caller; zero if it has none
}

// state is all that decides what a caller gets. It is replaced as a whole.
type state[V any] struct {
	lease     *Lease[V]   // in use, or nil
	flight    *Flight[V]  // the one that gets the next lease, or nil
	pause     *PauseError // since the latest flight failed; nil after a success
	flights   *flights[V] // all that are under way, or nil
	closed    *closing    // nil while the Keeper is open
	rejected  bool        // the server rejected lease, which is used if no other is available
	discarded bool        // the credential of the latest flight was discarded
	forceNext bool        // the next flight is for a Renew
	past      *ring       // credentials that are out of use; nil until there is one
	history   *history    // nil until a credential is rejected or returned again
}

type closing struct{ why error }

func (k *Keeper[V, S]) load() *state[V] {
	s := k.state.Load()
	if s == nil {
		return &state[V]{}
	}
	return s
}

// update changes the state.
func (k *Keeper[V, S]) update(change func(*state[V])) {
	k.mu.Lock()
	defer k.mu.Unlock()
	next := *k.load()
	change(&next)
	k.state.Store(&next)
}

// candidate returns the lease in use, unless the request is for another one.
func (s *state[V]) candidate(want *request[V]) *Lease[V] {
	if want.forced || want.exclusive || s.lease == want.otherThan {
		return nil
	}
	return s.lease
}

// usable returns the lease that answers a request, or nil.
func (s *state[V]) usable(want *request[V], now time.Time) *Lease[V] {
	l := s.candidate(want)
	if l == nil || l.Remaining(now) <= 0 {
		return nil
	}
	if s.rejected && want.verified {
		return nil
	}
	return l
}

// lastResort returns the lease for a request that no other lease can answer: the
// lease that was in use when the caller joined and still is, although it was
// rejected, is in its last moments, or is beyond the end that we expected.
func (s *state[V]) lastResort(want *request[V], now time.Time) *Lease[V] {
	l := s.candidate(want)
	if l == nil || l != want.inUse || l.RemainingAtMost(now) <= 0 {
		return nil
	}
	return l
}

// pausing returns why no flight may begin now, or nil.
func (s *state[V]) pausing(now time.Time) *PauseError {
	if s.pause != nil && now.Before(s.pause.Until) {
		return s.pause
	}
	return s.withholding(now)
}

// wantsFlight reports whether a flight is to begin although the lease in use is
// alive.
func (s *state[V]) wantsFlight(now time.Time) bool {
	due := s.rejected || s.lease.Age(now) >= s.lease.dueAt
	return due && s.flight == nil && s.pausing(now) == nil
}
