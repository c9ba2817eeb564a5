package limiter

import (
	"math"
	"slices"
	"time"
)

// pace keeps the calls to a rate. The server may allow less than was configured:
// when three principals within a second succeed that got a 429 response before, the
// rate is halved, at most once a second and down to a tenth. It grows back by a
// tenth with each second of success, and is never above the configured rate.
//
// A principal that gets nothing but 429 says something about itself only. If nobody
// succeeds any more, the budget does what is necessary.
type pace struct {
	rate  float64 // calls a second; 0: no limit
	burst int

	part    float64   // of rate that is in force, 0.1 to 1
	due     time.Time // when the next call would be due if there were no burst
	changed time.Time // when part was changed last
	agreed  []limited // in the last second
}

// limited is a principal that succeeded after a 429 response.
type limited struct {
	principal string
	at        time.Time
}

const (
	witnesses    = 3           // principals that have to agree
	smallestPart = 0.1         // of the rate
	grownBack    = 0.1         // of the rate, with each second of success
	assumedRate  = 50.0        // what is halved if there is no limit
	step         = time.Second // between two changes
)

func newPace(rate float64, burst int) pace { return pace{rate: rate, burst: burst, part: 1} }

// isReduced reports whether the rate in force is below the configured one.
func (p *pace) isReduced() bool { return p.part < 1 }

// inForce returns the rate in force; 0: no limit.
func (p *pace) inForce() float64 {
	if p.rate == 0 && p.isReduced() {
		return assumedRate * p.part
	}
	return p.rate * p.part
}

// each returns the time between two calls.
func (p *pace) each() time.Duration {
	rate := p.inForce()
	if rate == 0 {
		return 0
	}
	return duration(float64(time.Second) / rate)
}

// duration converts nanoseconds and keeps clear of the largest time.
func duration(ns float64) time.Duration { return time.Duration(min(ns, math.MaxInt64/4)) }

// next returns when the next call may be sent. A reduced rate has no burst.
func (p *pace) next(now time.Time) time.Time {
	burst := p.burst
	if p.isReduced() {
		burst = 1
	}
	return latest(now, p.due.Add(-duration(float64(burst-1)*float64(p.each()))))
}

// take takes one call.
func (p *pace) take(now time.Time) { p.due = latest(p.due, now).Add(p.each()) }

// giveBack gives back a call that was not sent.
func (p *pace) giveBack() { p.due = p.due.Add(-p.each()) }

// limited notes that a principal succeeds that got a 429 response before and was
// not a suspect then.
func (p *pace) limited(principal string, now time.Time) {
	p.agreed = slices.DeleteFunc(p.agreed, func(l limited) bool {
		return l.principal == principal || now.Sub(l.at) > step
	})
	p.agreed = append(p.agreed, limited{principal, now})
	if len(p.agreed) < witnesses || now.Sub(p.changed) < step {
		return
	}
	p.agreed = nil
	p.part = max(smallestPart, p.part/2)
	p.changed = now
}

// succeeded notes a success.
func (p *pace) succeeded(now time.Time) {
	if p.isReduced() && now.Sub(p.changed) >= step {
		p.part = min(1, p.part+grownBack)
		p.changed = now
	}
}
