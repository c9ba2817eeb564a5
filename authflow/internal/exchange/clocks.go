package exchange

import (
	"math"
	"time"
)

// start is an instant by both clocks of the machine. The monotonic clock stands
// still while a machine sleeps, and the wall clock can be set.
type start struct {
	at   time.Time // has the monotonic reading
	wall int64     // nanoseconds since the Unix epoch
}

func newStart(at time.Time) start { return start{at: at, wall: at.UnixNano()} }

// age is how long ago an instant was, by each clock. Spans are compared by one
// clock at a time: a wall clock that ran two hours ahead when a cookie was set
// would otherwise make it two hours younger once the clock was set right.
type age struct{ monotonic, wall time.Duration }

// never is the age at which something ends that does not end.
func never() age { return age{math.MaxInt64, math.MaxInt64} }

func (s start) age(now time.Time) age {
	return age{monotonic: now.Sub(s.at), wall: time.Duration(now.UnixNano() - s.wall)}
}

// plus returns the age that is d later; d is below 100 years.
func (a age) plus(d time.Duration) age { return age{a.monotonic + d, a.wall + d} }

// reached reports whether an end has come, by either clock.
func (a age) reached(end age) bool { return a.monotonic >= end.monotonic || a.wall >= end.wall }

func (a age) earliest(b age) age {
	return age{min(a.monotonic, b.monotonic), min(a.wall, b.wall)}
}

func (a age) latest(b age) age { return age{max(a.monotonic, b.monotonic), max(a.wall, b.wall)} }
