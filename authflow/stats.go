package authflow

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
)

// Stats is a snapshot of a Cluster for metrics and for a person on call.
type Stats struct {
	// Queue is the queue before the server, by urgency.
	Queue QueueStats
	// Budget is how many calls may be sent before the next success: 20 while the
	// server works. Below 10 the server has not succeeded lately, and LastFailure
	// says why.
	Budget float64
	// LastFailure is the class of the latest failure since the last success, or
	// "".
	LastFailure string
	// Rate is the rate in force, in calls a second: lower than configured after
	// responses with 429. 0 means no limit.
	Rate float64
	// Suspects is how many principals failed in their latest call.
	Suspects int
	// RejectedPasswords and UnprovenKeys count credentials that are held back now.
	RejectedPasswords, UnprovenKeys int
	// Outcomes counts the calls for credentials and revocations by class, as
	// [Error.Class] names them, since the Cluster was made.
	Outcomes map[string]uint64
}

// QueueStats describes the requests that wait for their turn.
type QueueStats struct {
	// Callers are requests that a caller waits for, Ahead are renewals ahead of
	// time, and Revocations are calls of Logout.
	Callers, Ahead, Revocations QueueLength
}

// QueueLength is a number of requests and the age of the oldest.
type QueueLength struct {
	Length int
	Oldest time.Duration
}

// Stats returns a snapshot. It sends nothing, and is safe for concurrent use.
func (c *Cluster) Stats() Stats {
	return statsOf(c.limiter.Stats(), c.lockout.Stats())
}

func statsOf(l limiter.Stats, k lockout.Stats) Stats {
	panic("TODO")
}

// Outage returns why the Cluster expects the next call to fail: an [*Error], such
// as one that matches [ErrMaintenance] or [ErrRateLimited], whose RetryAfter is
// the time until the next call may be sent. It returns nil while the server works
// as far as is known. Outage sends nothing: it tells what the latest calls met,
// until one succeeds.
func (c *Cluster) Outage() error {
	f, _, next := c.limiter.Outage()
	if f == nil {
		return nil
	}
	e := newError(f)
	e.RetryAfter, e.heldBack = max(next, 1), true
	return e
}
