package lockout

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// BlockedError says that a password is not sent now, because it was rejected.
type BlockedError struct {
	// Last is the latest rejection of the password, or of another password of the
	// user if too many were rejected. It is never nil.
	Last *outcome.Failure
	// Until is when the password may be sent again, as far as is known.
	Until time.Time
	// RetryAfter is the time until then, and always above zero.
	RetryAfter time.Duration
}

// Error implements error.
func (e *BlockedError) Error() string {
	what := "the server rejected the password"
	if e.Last.Class != outcome.Rejected {
		what = "a call with the password got no response, and may have been rejected"
	}
	return fmt.Sprintf("%s; not sent again for %v", what, e.RetryAfter.Round(time.Millisecond))
}

// elsewhere is what the Ledger told: a password is blocked because of calls of
// other processes. It is trusted for a second, so that a crowd of callers costs
// the Ledger one Load a second.
type elsewhere struct {
	hash    [32]byte
	force   Force
	until   time.Time
	trusted time.Time
	kind    kind // of the latest call
}

const trustedFor = time.Second

// applies reports whether a call with this password is blocked by it.
func (e *elsewhere) applies(hash [32]byte, force Force, now time.Time) bool {
	if e.hash != hash || e.force != force {
		return false
	}
	return now.Before(e.trusted) && now.Before(e.until)
}

// blocked returns the reason for the caller.
func (e *elsewhere) blocked(now time.Time) *BlockedError {
	last := &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("another process sent the password and got no response")}
	if e.kind == kindRejected {
		last = &outcome.Failure{Class: outcome.Rejected, Err: errors.New("the server rejected the password when another process sent it")}
	}
	return &BlockedError{Last: last, Until: e.until, RetryAfter: e.until.Sub(now)}
}

// anotherCall stands for the outcome of a call that is not done.
func anotherCall() *outcome.Failure {
	return &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("another call with a password of the user is in flight")}
}
