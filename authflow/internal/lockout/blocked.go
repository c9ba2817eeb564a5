package lockout

import (
	"errors"
	"fmt"
	"net/http"
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
	// TooMany says that no password of the user is sent, whichever it is, because too
	// many were rejected.
	TooMany bool

	reason string
}

// Error implements error.
func (e *BlockedError) Error() string {
	if e.TooMany {
		return e.reason // which says until when
	}
	return fmt.Sprintf("%s; not sent again for %v", e.reason, e.RetryAfter.Round(time.Millisecond))
}

// Reason is Error without the RetryAfter.
func (e *BlockedError) Reason() string { return e.reason }

// OfPassword reports whether a password is not sent because it, or others of its user,
// were rejected or may have been.
func (e *BlockedError) OfPassword() bool { return e.reason != wasRejectedKey && e.reason != isInFlight }

// The reasons why a password or key is not sent.
const (
	wasRejectedKey = "the server rejected the secret key"

	wasRejected   = "the server rejected the last call with the password"
	wasForeign    = "the response to the password was not one of ThoughtSpot"
	wasForbidden  = "the last call with the password was forbidden"
	wasUnanswered = "the last call with the password got no response and may have been rejected"
	isInFlight    = "another call with a password of the user is in flight"
)

// block returns the error for a password of a user.
func (r ruling) block(user string, last *outcome.Failure, now time.Time) *BlockedError {
	e := &BlockedError{Last: last, RetryAfter: r.until.Sub(now), TooMany: r.isCount, reason: wasRejected}
	switch {
	case r.isCount:
		e.reason = fmt.Sprintf("%s of the user %q were rejected %d times, the last time at %s; none is sent until %s",
			r.which, user, r.rejected, r.last.Format(time.TimeOnly), roundUp(r.until).Format(time.TimeOnly))
	case last.Foreign:
		e.reason = wasForeign
	case last.Status == http.StatusForbidden:
		e.reason = wasForbidden
	case last.Class != outcome.Rejected:
		e.reason = wasUnanswered
	}
	return e
}

// roundUp returns the first whole second that is not before t.
func roundUp(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }

// turnTaken returns the error for a call whose turn another call has taken.
func turnTaken() *BlockedError {
	last := &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New(isInFlight)}
	return &BlockedError{Last: last, RetryAfter: time.Second, reason: isInFlight}
}
