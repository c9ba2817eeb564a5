package authflow

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// EventKind names a change of a Flow's state.
type EventKind string

// The events that a Flow reports. A request that changes nothing reports none.
const (
	// Acquired: the first credential, or one after the last had expired.
	Acquired EventKind = "acquired"
	// Renewed: a new credential replaced one that was still alive.
	Renewed EventKind = "renewed"
	// RenewalFailed: an acquisition failed.
	RenewalFailed EventKind = "renewal failed"
	// Invalidated: the server rejected a credential that was believed to be alive,
	// the caller said so, or a session was idle for too long or lost its cookie.
	Invalidated EventKind = "invalidated"
	// Replayed: a request was repeated with a new credential.
	Replayed EventKind = "replayed"
	// CookieCaptured: a response changed the session's cookies.
	CookieCaptured EventKind = "cookie captured"
	// StoreFailed: the Store of [WithStore] could not be used. The token is
	// requested without it.
	StoreFailed EventKind = "store failed"
	// LockExpired: a lock of the Store expired while its holder waited for the server.
	// It lasts for Timeout of the [Policy], from before the rate-limit queue. Another
	// process may have requested a token as well.
	LockExpired EventKind = "lock expired"
	// Ended: the Flow was closed or logged out.
	Ended EventKind = "ended"
)

// EventKinds returns all kinds of events. Use it to give each its series in your
// metrics.
func EventKinds() []EventKind {
	return []EventKind{Acquired, Renewed, RenewalFailed, Invalidated, Replayed, CookieCaptured, StoreFailed, LockExpired, Ended}
}

// Event is a change of a Flow's state. It never holds a secret.
type Event struct {
	Kind EventKind
	// Op is the operationId of the Flow's acquisitions, or "TokensFrom". It is empty
	// for an event of the Cluster, such as a failure of the shared rate.
	Op string
	// Server and Username identify the Flow. Username is empty where the Flow
	// does not know it.
	Server, Username string
	// Duration is how long the acquisition took, with its time in the rate-limit
	// queue; 0 for an event of another kind.
	Duration time.Duration
	// Attempt counts the attempts of the acquisition, also one that found its token in
	// the Store; 0 for an event of another kind.
	Attempt int
	// Remaining is the remaining lifetime of the new credential if there is one,
	// and otherwise of the credential in use or, if it was just invalidated, of the
	// last one. It is 0 where none is alive, and where the end is not known, as with a
	// session that ends only by being idle.
	Remaining time.Duration
	// Reason says why, in words.
	Reason string
	// Err is the failure.
	Err error
}

// report tells the logger and the observer of an event of f. Both are user code, so
// do not call it with a lock held. A panic of theirs is its panic.
func (f *Flow) report(e Event) {
	e.Op, e.Username = f.method.op(), f.user()
	f.cluster.report(e)
}

// reportToCaller is report for the goroutine of a caller. A panic of user
// code is returned as an error.
func (f *Flow) reportToCaller(e Event) error {
	err := renewal.Guard(func() error {
		f.report(e)
		return nil
	})
	if err != nil {
		return &Error{Op: f.method.op(), Err: fmt.Errorf("reporting the event %q: %w", e.Kind, err)}
	}
	return nil
}

func (c *Cluster) report(e Event) {
	e.Server = c.url
	if c.logger != nil {
		level := slog.LevelDebug
		if e.Err != nil {
			level = slog.LevelWarn
		}
		c.logger.LogAttrs(context.Background(), level, "authflow: "+string(e.Kind), e.attrs()...)
	}
	if c.observe != nil {
		c.observe(e)
	}
}

func (e *Event) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("op", e.Op), slog.String("server", e.Server), slog.String("username", e.Username)}
	if e.Duration > 0 {
		attrs = append(attrs, slog.Duration("duration", e.Duration))
	}
	if e.Attempt > 0 {
		attrs = append(attrs, slog.Int("attempt", e.Attempt))
	}
	if e.Remaining > 0 {
		attrs = append(attrs, slog.Duration("remaining", e.Remaining))
	}
	if e.Reason != "" {
		attrs = append(attrs, slog.String("reason", e.Reason))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}
