package authtest

import "time"

// Now returns the server's time: that of [time.Now], moved by
// [WithClockOffset] and [Simulator.Advance].
func (s *Simulator) Now() time.Time { return time.Now().Add(time.Duration(s.offset.Load())) }

// Advance moves the server's clock forward by d, so that tokens and sessions
// expire; back if d is negative. Delays under way are not shortened. It panics
// if the clock would be more than 292 years wrong.
func (s *Simulator) Advance(d time.Duration) {
	for {
		was := s.offset.Load()
		now := was + int64(d)
		if (now > was) != (d > 0) && d != 0 { // it overflows
			must(mistakef("seconds", "the clock cannot be that wrong"))
		}
		if s.offset.CompareAndSwap(was, now) {
			return
		}
	}
}

// millis is the server's time as its responses have it, without the fraction of
// a millisecond: what a client computes from a response is then what holds.
func (s *Simulator) millis() time.Time { return time.UnixMilli(s.Now().UnixMilli()) }
