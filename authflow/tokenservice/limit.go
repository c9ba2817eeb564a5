package tokenservice

import (
	"time"

	"golang.org/x/time/rate"
)

// take takes one from each of the limits, where nil is no limit, and returns 0.
// Or it takes nothing, and returns how long until it could, for the sake of the
// limit at which: who is refused by their own has taken nothing from the others,
// and the other way round (T5).
func take(now time.Time, limits ...*rate.Limiter) (wait time.Duration, which int) {
	var taken []*rate.Reservation
	for i, l := range limits {
		if l == nil {
			continue
		}
		r := l.ReserveN(now, 1)
		taken = append(taken, r)
		if wait = r.DelayFrom(now); wait > 0 {
			for _, r := range taken {
				r.CancelAt(now)
			}
			return wait, i
		}
	}
	return 0, 0
}
