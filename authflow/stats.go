package authflow

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Stats is a snapshot of a Cluster for metrics and for a person on call.
type Stats struct {
	// Queue is the queue before the server, by urgency.
	Queue QueueStats
	// Budget is how many calls may be sent before the next success: 20 while the
	// server works.
	Budget float64
	// Since is when the first call after the latest success was sent; the zero Time
	// means that none was, and that the budget is full.
	Since time.Time
	// LastFailure is the class of the latest failure since then of which the server
	// may be the cause, as [Error.Class] names it, or "". It is forgotten after five
	// minutes.
	LastFailure string
	// Rate is the rate in force, in calls a second: lower than configured after
	// responses with 429. 0 means no limit. SharedRate says that its turns come
	// from the Store.
	Rate       float64
	SharedRate bool
	// Store is the state of the Store of [WithStore]; the zero value without one.
	Store StoreStats
	// Suspects is how many principals failed in their latest call.
	Suspects int
	// RejectedPasswords counts the passwords that count as rejected now. UnprovenKeys
	// counts the secret keys in use that no response has proven since they were new,
	// or since they were rejected.
	RejectedPasswords, UnprovenKeys int
	// Mints counts the calls for credentials, logins included, and Revocations the
	// calls that end them, by class since the Cluster was made. [Classes] has the
	// classes; one without a call is not in the map.
	Mints, Revocations map[string]uint64
}

// QueueStats describes the requests that wait for their turn.
type QueueStats struct {
	// Callers are requests that a caller waits for, Ahead are renewals ahead of
	// time, and Revocations are calls of Logout.
	Callers, Ahead, Revocations QueueLength
}

// StoreStats describes the Store. While it fails, no request fails: each process
// requests its own tokens, counts rejected passwords and keeps to the rate by itself.
type StoreStats struct {
	// Failing is the operation that failed when it was last used, as Reason of the event
	// [StoreFailed] names it: "Load" or "Reserve", for example. If several fail, it is the
	// operation that has failed for longest. It is "" while the Store works, and if nothing has
	// failed for five minutes.
	Failing string
	// Since is when its first operation after the latest success failed; the zero Time
	// while the Store works.
	Since time.Time
	// Failures counts the operations that failed since the Cluster was made. A lock that
	// another process holds does not count, and neither does an operation for which the
	// caller had no time left.
	Failures uint64
}

// QueueLength is a number of requests and the age of the oldest.
type QueueLength struct {
	Length int
	Oldest time.Duration
}

// Stats returns a snapshot. It sends nothing, and is safe for concurrent use.
func (c *Cluster) Stats() Stats {
	l, k := c.limiter.Stats(), c.lockout.Stats()
	s := Stats{
		Queue: QueueStats{
			Callers:     QueueLength(l.Waiting[limiter.Caller]),
			Ahead:       QueueLength(l.Waiting[limiter.Ahead]),
			Revocations: QueueLength(l.Waiting[limiter.Revocation]),
		},
		Budget: l.Budget, Since: l.Since, Rate: l.Rate, SharedRate: l.Shared, Suspects: l.Failing,
		RejectedPasswords: k.RejectedPasswords, UnprovenKeys: k.UnprovenKeys,
		Mints:       countsOf(l.Outcomes[limiter.Caller], l.Outcomes[limiter.Ahead]),
		Revocations: countsOf(l.Outcomes[limiter.Revocation]),
	}
	if c.store != nil {
		s.Store = c.store.record.stats()
	}
	if l.Failure != outcome.OK {
		s.LastFailure = l.Failure.String()
	}
	return s
}

// countsOf adds counts, and returns each that is above 0 by the name of its class.
func countsOf(counts ...[outcome.Classes]uint64) map[string]uint64 {
	sum := make(map[string]uint64, outcome.Classes)
	for _, byClass := range counts {
		for class, n := range byClass {
			if n > 0 {
				sum[outcome.Class(class).String()] += n
			}
		}
	}
	return sum
}

// Classes returns all classes: "ok", and those that [Error.Class] describes. Use it
// to give each its series in your metrics.
func Classes() []string {
	names := make([]string, outcome.Classes)
	for class := range names {
		names[class] = outcome.Class(class).String()
	}
	return names
}

// Outage returns why the Cluster expects the next call to fail: an [*Error], such
// as one that matches [ErrMaintenance] or [ErrRateLimited], whose RetryAfter is
// the time until the next call may be sent. It returns nil while the server works
// as far as is known. Outage sends nothing: it tells what the latest calls met,
// until one succeeds, or until five minutes after the last one failed.
func (c *Cluster) Outage() error {
	f, next := c.limiter.Outage()
	if f == nil || f.Class == outcome.Other {
		return nil // a 500 may be the affair of one user
	}
	return &Error{
		Op: "Outage", Status: f.Status, RetryAfter: max(next, 1), class: f.Class, kind: kindOfPage(f.Page), heldBack: true,
	}
}
