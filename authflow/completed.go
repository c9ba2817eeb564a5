package authflow

import (
	"hash/maphash"
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Completed keeps credentials that Logout has to end, and reports the acquisition.
func (s *source) Completed(c renewal.Completion[credential]) {
	f := (*Flow)(s)
	if c.Late { // no caller waits for it, or it was requested before an Invalidate or a Renew
		f.trackForRevocation(c.New)
		return
	}
	e := Event{Kind: Acquired, Reason: "no credential was in use", Duration: time.Since(c.Began)}
	alive := c.Old != nil && c.Old.Remaining(time.Now()) > 0
	switch {
	case c.Err != nil:
		failed := asError(f.method.op(), c.Err)
		e.Kind, e.Err, e.Attempt = RenewalFailed, failed, failed.attempts
		e.Reason = "no credential was acquired"
		if alive {
			e.Remaining, e.Reason = f.remaining(c.Old), "the credential in use stays in use"
		}
		f.report(e)
		return
	case c.Exclusive:
		f.trackForRevocation(c.New)
		e.Reason = "exclusive to one caller"
	case alive:
		f.trackForRevocation(c.Old)
		e.Kind, e.Reason = Renewed, "ahead of its expiry"
	default:
		f.trackForRevocation(c.Old)
	}
	e.Remaining, e.Attempt = f.remaining(c.New), int(c.New.Value.attempts)
	f.report(e)
}

// remaining returns the remaining lifetime of a lease for an event: 0 if it has
// expired, or if it ends only by idleness or rejection.
func (f *Flow) remaining(l *lease) time.Duration {
	d := l.Remaining(time.Now())
	if d == renewal.Forever {
		return 0
	}
	return max(0, d)
}

// idOf returns the ID of a lease: a keyed hash of a token, or a random number for
// a session, whose cookies change.
func (f *Flow) idOf(c *credential) uint64 {
	if c.session != nil {
		return 1 + rand.Uint64N(math.MaxUint64)
	}
	return f.cluster.idOf(c.header[0])
}

// idOf returns the ID of the lease of a token by its Authorization header.
func (c *Cluster) idOf(header string) uint64 { return max(1, maphash.String(c.seed, header)) }
