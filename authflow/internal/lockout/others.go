package lockout

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// othersBlock says that calls of other processes block a password, as the Ledger
// counts them. It is trusted for a second, so that a crowd of callers costs the
// Ledger one Load a second.
type othersBlock struct {
	ruling  ruling
	hash    [32]byte
	force   Force
	trusted time.Time
	last    entry // the latest call
}

const trustedFor = time.Second

// applies reports whether it blocks a call with this password. A nil othersBlock blocks
// none.
func (e *othersBlock) applies(hash [32]byte, force Force, now time.Time) bool {
	if e == nil || e.hash != hash || e.force != force {
		return false
	}
	return now.Before(e.trusted) && now.Before(e.ruling.until)
}

// blocked returns the error for a caller with a password of the user.
func (e *othersBlock) blocked(user string, now time.Time) *BlockedError {
	last := &outcome.Failure{Class: outcome.Rejected}
	switch {
	case e.last.cause == causeForeign:
		last.Foreign = true
	case e.last.cause == causeForbidden:
		last.Status = http.StatusForbidden
	case e.last.kind != kindRejected:
		last = &outcome.Failure{Class: outcome.OutcomeUnknown, Err: errors.New("another process sent it and got no response")}
	}
	return e.ruling.block(user, last, now)
}
