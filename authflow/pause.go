package authflow

import "time"

// pause is the time after failed acquisitions in which none is started: one
// second, doubled with each failure. The zero value is none.
type pause struct {
	failures int
	until    time.Time
	err      *Error // the failure, which those who come in the pause are told
}

// How long a pause grows.
const (
	// A server that is down is asked again soon after it is back. With the
	// default policy it gets at most 30 calls in the first minute, then 18 a
	// minute.
	maxPauseOutage = 10 * time.Second
	// Wrong credentials must not lock the account (R6): at most 7 calls in the
	// first minute, then one a minute.
	maxPauseRefused = time.Minute
	// The longest Retry-After that is obeyed.
	maxPauseAsked = 5 * time.Minute
)

// extend notes a failure at now and returns how long the pause is.
func (p *pause) extend(err *Error, now time.Time) time.Duration {
	limit := maxPauseOutage
	if err.refusal() {
		limit = maxPauseRefused
	}
	d := min(time.Second<<min(p.failures, 10), limit)
	d = max(d, min(err.RetryAfter, maxPauseAsked))
	p.failures++
	p.until = now.Add(d)
	p.err = err
	return d
}
