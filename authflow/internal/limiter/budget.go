package limiter

import (
	"math"
	"time"
)

// budget is the circuit breaker: calls since anybody's last success. Each call
// that is sent takes one, and a success refills the budget. Because a call is
// counted when it is sent, it does not matter how late failures arrive, or whether
// they arrive at all.
//
// A dead server gets 20 calls at once, then 1.5 a second for 12 seconds, and then
// 0.4 a second: 57 in the first minute, and some that were sent before the last
// success arrived. After that minute at most 10 are saved up, so that no later
// minute has more than 40.
type budget struct {
	left        float64
	at          time.Time // when left was computed
	drought     time.Time // when the first call since the last success was sent; zero: none was
	lastSuccess time.Time
}

const (
	fullBudget    = 20
	scarce        = fullBudget / 2 // below it, the order of the queue changes
	spared        = 5              // left to others by principals whose last call failed
	droughtBudget = 10             // saved up at most in a long drought
	aSecond       = 1.5            // calls that come back in a second
	aSecondLater  = 0.4            // the same after early
	early         = 12 * time.Second
	longDrought   = time.Minute
	rounding      = 1e-6
)

func newBudget() budget { return budget{left: fullBudget} }

// fill refills the budget, because a call succeeded.
func (b *budget) fill(now time.Time) {
	*b = budget{left: fullBudget, at: now, lastSuccess: now}
}

// refill adds the calls for the time since it was last called.
func (b *budget) refill(now time.Time) {
	if b.drought.IsZero() {
		return
	}
	b.left += returned(now.Sub(b.drought)) - returned(b.at.Sub(b.drought))
	b.at = now
	limit := float64(fullBudget)
	if now.Sub(b.drought) >= longDrought {
		limit = droughtBudget
	}
	b.left = min(b.left, limit)
}

// has returns when n calls are left: now, or later.
func (b *budget) has(n float64, now time.Time) time.Time {
	b.refill(now)
	missing := n - b.left
	if missing <= rounding {
		return now
	}
	return b.drought.Add(untilReturned(returned(now.Sub(b.drought)) + missing))
}

// returned returns how many calls come back in the first d of a drought.
func returned(d time.Duration) float64 {
	return aSecond*min(d, early).Seconds() + aSecondLater*max(0, d-early).Seconds()
}

// untilReturned returns the time from the beginning of a drought until that many
// calls have come back.
func untilReturned(calls float64) time.Duration {
	atFirst := returned(early)
	if calls <= atFirst {
		return seconds(calls / aSecond)
	}
	return early + seconds((calls-atFirst)/aSecondLater)
}

// seconds converts s, and rounds up so that a timer is never early.
func seconds(s float64) time.Duration {
	return duration(s*float64(time.Second)) + time.Microsecond
}

// duration converts nanoseconds and keeps clear of the largest time.
func duration(ns float64) time.Duration { return time.Duration(min(ns, math.MaxInt64/4)) }

// take takes one call, which is sent now.
func (b *budget) take(now time.Time) {
	b.refill(now)
	b.left--
	if b.drought.IsZero() {
		b.drought, b.at = now, now
	}
}

// giveBack returns a call that was not sent.
func (b *budget) giveBack() { b.left = min(b.left+1, fullBudget) }

// isScarce reports whether less than half is left.
func (b *budget) isScarce(now time.Time) bool {
	b.refill(now)
	return b.left < scarce-rounding
}

// succeededWithin reports whether anybody succeeded in the last d.
func (b *budget) succeededWithin(d time.Duration, now time.Time) bool {
	return !b.lastSuccess.IsZero() && now.Sub(b.lastSuccess) < d
}
