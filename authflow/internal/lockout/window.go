package lockout

// window says how many calls with a proven password may be in flight. All of them are
// rejected if the password is changed on the server now, so there are more than three
// only while callers need them.
//
// It is slow start of TCP. After a round of calls in which a caller was held back,
// each acceptance makes room for one more call, which doubles the window with each round.
// After a round in which no caller was held back, it shrinks to what callers had in use.
// Renewals ahead of time neither widen it nor keep it wide: they have the first places,
// and wait while callers have more calls in flight.
type window struct {
	places int    // calls that may be in flight
	peak   int    // calls that were in flight at once in this round, when a caller's was sent
	held   uint64 // the latest event when a caller was held back
	round  uint64 // the latest event when this round began
	crowd  uint64 // the latest event when the first round of a crowd was over; 0 if there is none
}

const (
	firstPlaces = maxSame // as many rejections do no harm
	maxPlaces   = 1 << 14
)

// hold notes that a caller is held back.
func (w *window) hold(event uint64) { w.held = event }

// take notes how many calls are in flight with one more of a caller.
func (w *window) take(inFlight int) { w.peak = max(w.peak, inFlight) }

// accept notes the acceptance of a call. A round ends with the first acceptance of a
// call that was sent in it.
func (w *window) accept(sent, event uint64) {
	if w.crowd > 0 && sent > w.crowd {
		w.places = min(w.places+1, maxPlaces)
	}
	if sent <= w.round {
		return
	}
	switch {
	case w.held < w.round:
		w.places = min(w.places, max(w.peak, firstPlaces))
		w.crowd = 0
	case w.crowd == 0:
		w.crowd = event
	}
	w.round, w.peak = event, 0
}

// halve leaves room for half as many calls.
func (w *window) halve() { w.places = max(w.places/2, firstPlaces) }

// restart begins again with the first places.
func (w *window) restart() { w.places, w.crowd = firstPlaces, 0 }
