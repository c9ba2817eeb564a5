package lockout

import (
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// othersBlock says that calls of other processes block a password, as the Ledger
// counts them. It is trusted for a second, so that a crowd of callers costs the
// Ledger one Load a second.
type othersBlock struct {
	hash    [32]byte
	force   Force
	until   time.Time
	trusted time.Time
	last    kind // of the latest call
	own     bool // the latest call was one with this password
}

const trustedFor = time.Second

// applies reports whether it blocks a call with this password.
func (e *othersBlock) applies(hash [32]byte, force Force, now time.Time) bool {
	if e.hash != hash || e.force != force {
		return false
	}
	return now.Before(e.trusted) && now.Before(e.until)
}

// blocked returns the error for a caller.
func (e *othersBlock) blocked(now time.Time) *BlockedError {
	last := &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("another process sent it and got no response")}
	if e.last == kindRejected {
		last = &outcome.Failure{Class: outcome.Rejected, Err: errors.New("another process sent it")}
	}
	return block(last, e.own, e.until, now)
}
