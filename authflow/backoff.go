package authflow

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// spread returns a Retry-After as it is obeyed: at most five minutes, and up to a
// quarter longer, so that flows that were told the same do not return together.
// The limiter does the same for responses of the server.
func spread(d time.Duration) time.Duration {
	d = min(d, maxRetryAfter)
	return d + rand.N(d/4+1)
}

// Backoff says how long the Flow acquires nothing after failures in a row.
func (s *source) Backoff(err error, failures int) time.Duration {
	e := asError(s.method.op(), err)
	if e.wraps && (*Flow)(s).parent() != nil {
		return time.Second // the Flow below has a back-off of its own
	}
	if e.heldBack && (*Flow)(s).isSupplied() {
		return min(e.RetryAfter, time.Second)
	}
	if e.heldBack {
		return e.RetryAfter
	}
	if e.outcome() == outcome.Rejected && (*Flow)(s).isSupplied() {
		return time.Second // the function may return another one, and the lockout holds back the old one
	}
	longest := maxBackoff
	switch class := e.outcome(); {
	case e.maxBackoff > 0:
		longest = e.maxBackoff
	case class == outcome.Rejected, class == outcome.Invalid:
		longest = time.Minute
	}
	return max(min(time.Second<<min(failures-1, 10), longest), e.RetryAfter)
}

// maxBackoff is the longest time between two acquisitions of a Flow while the
// server is down, so that the first success comes within 10 s of its return
// (R14).
const maxBackoff = 8 * time.Second

// backoff returns the time before the next attempt: 200 ms, doubled each time, at
// random between half and all of it, but not below after.
func backoff(attempt int, after time.Duration) time.Duration {
	d := 200 * time.Millisecond << min(attempt-1, 10)
	return max(d/2+rand.N(d/2), after)
}

// sleep waits for d and reports true, or false at once if ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
