package lockout

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// BlockedError says that a password or key is not sent now, because it was
// rejected.
type BlockedError struct {
	// Last is the latest rejection of the password or key, or of another password
	// of the user if too many were rejected. It is never nil.
	Last *outcome.Failure
	// RetryAfter is the time until the password or key may be sent again, as far as is
	// known, and always above zero.
	RetryAfter time.Duration

	reason string
}

// Error implements error.
func (e *BlockedError) Error() string {
	return fmt.Sprintf("%s; not sent again for %v", e.reason, e.RetryAfter.Round(time.Millisecond))
}

// The reasons why a password or key is not sent.
const (
	wasRejectedKey = "the server rejected the secret key"

	wasRejected   = "the server rejected the password"
	wasUnanswered = "the last call with the password got no response and may have been rejected"
	wereRejected  = "the server rejected too many other passwords of the user within an hour"
	isInFlight    = "another call with a password of the user is in flight"
)

// block returns the error for a password. own reports whether last was a call with
// this very password.
func block(last *outcome.Failure, own bool, until, now time.Time) *BlockedError {
	reason := wasRejected
	switch {
	case !own:
		reason = wereRejected
	case last.Class != outcome.Rejected:
		reason = wasUnanswered
	}
	return &BlockedError{Last: last, RetryAfter: until.Sub(now), reason: reason}
}

// turnTaken returns the error for a call whose turn another call has taken.
func turnTaken() *BlockedError {
	last := &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New(isInFlight)}
	return &BlockedError{Last: last, RetryAfter: time.Second, reason: isInFlight}
}
