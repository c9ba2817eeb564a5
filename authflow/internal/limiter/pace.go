package limiter

import (
	"slices"
	"time"
)

// pace keeps the calls to a rate. The server may allow less than was configured:
// when three principals that got a 429 response succeed within a second, the rate is
// halved, at most once a second and down to a tenth. It grows back by a tenth with
// each second of success, and is never above the configured rate. A 429 response to a
// call that was sent before the last halving says nothing of the rate in force.
//
// Without a configured limit, the rate is halved from 50 calls a second, grows back
// to 45, and is without a limit again when a minute has passed. Otherwise a crowd in
// the queue would be sent at once every few seconds, and get 429 responses again.
//
// A principal that gets only 429 responses may have a limit of its own, so it does
// not count. If nobody succeeds any more, the budget bounds the calls.
type pace struct {
	rate  float64 // calls a second; 0: no limit
	burst int

	saved  float64   // calls that may be sent at once
	at     time.Time // when saved was computed
	part   float64   // the part of rate that is in force, 0.1 to 1
	halved time.Time
	grown  time.Time // when part last grew, or a 429 was noted
	agreed []limited // principals that were limited in the last second
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
	unlimitedIn  = time.Minute // after the last halving, if there is no limit
)

func newPace(rate float64, burst int) pace {
	return pace{rate: rate, burst: burst, saved: float64(burst), part: 1}
}

// isReduced reports whether the rate in force is below the configured one.
func (p *pace) isReduced() bool { return p.part < 1 }

// inForce returns the rate in force; 0: no limit.
func (p *pace) inForce() float64 {
	if p.rate == 0 && p.isReduced() {
		return assumedRate * p.part
	}
	return p.rate * p.part
}

// refill adds the calls for the time since it was last called. A reduced rate has no
// burst.
func (p *pace) refill(now time.Time) {
	most := 1.0
	if !p.isReduced() {
		most = float64(p.burst)
	}
	p.saved = min(most, p.saved+p.inForce()*now.Sub(p.at).Seconds())
	p.at = now
}

// next returns when the next call may be sent.
func (p *pace) next(now time.Time) time.Time {
	p.refill(now)
	missing := 1 - p.saved
	if p.inForce() == 0 || missing <= rounding {
		return now
	}
	return now.Add(seconds(missing / p.inForce()))
}

// take takes one call.
func (p *pace) take(now time.Time) {
	p.refill(now)
	if p.inForce() > 0 {
		p.saved--
	}
}

// giveBack gives back a call that was not sent.
func (p *pace) giveBack() {
	if p.inForce() > 0 {
		p.saved++
	}
}

// limited notes the success of a principal that got a 429 response before, when it
// was not a suspect. sent is when the call with that response was sent.
func (p *pace) limited(principal string, sent, now time.Time) {
	if !sent.After(p.halved) {
		return
	}
	p.agreed = slices.DeleteFunc(p.agreed, func(l limited) bool {
		return l.principal == principal || now.Sub(l.at) > step
	})
	p.agreed = append(p.agreed, limited{principal, now})
	p.grown = now // a second with a 429 does not count as one of success
	if len(p.agreed) < witnesses || now.Sub(p.halved) < step {
		return
	}
	p.agreed = nil
	p.part = max(smallestPart, p.part/2)
	p.halved = now
}

// succeeded notes a success.
func (p *pace) succeeded(now time.Time) {
	if !p.isReduced() || now.Sub(p.grown) < step {
		return
	}
	p.grown = now
	p.part = min(p.part+grownBack, p.most(now))
	if p.part > 1-rounding {
		p.part = 1
	}
}

// most returns how much of the rate may be in force.
func (p *pace) most(now time.Time) float64 {
	if p.rate == 0 && now.Sub(p.halved) < unlimitedIn {
		return 1 - grownBack
	}
	return 1
}
