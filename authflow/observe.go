package authflow

import (
	"context"
	"log/slog"
	"time"
)

// EventKind names a change of a Flow's state.
type EventKind string

// The events that a Flow reports. An ordinary request reports none.
const (
	// Acquired: the first credential, or one after the last had ended.
	Acquired EventKind = "acquired"
	// Renewed: a credential that took the place of one that was still alive.
	Renewed EventKind = "renewed"
	// RenewalFailed: an acquisition that brought no credential.
	RenewalFailed EventKind = "renewal failed"
	// Invalidated: the server answered 401 to a credential that was believed
	// to be alive.
	Invalidated EventKind = "invalidated"
	// Replayed: a request was sent again with a new credential.
	Replayed EventKind = "replayed"
	// CookieCaptured: an answer changed the session's cookies.
	CookieCaptured EventKind = "cookie captured"
	// StoreFailed: the Store of [WithStore] could not be used. The token is asked
	// for without it.
	StoreFailed EventKind = "store failed"
	// Ended: the Flow was closed or logged out.
	Ended EventKind = "ended"
)

// Event is a change of a Flow's state. It never holds a secret.
type Event struct {
	Kind EventKind
	// Op is the operationId of the acquisition behind the Flow.
	Op string
	// Server and Username say whose Flow it is. Username is empty where the
	// Flow does not know it.
	Server, Username string
	// Duration is how long the operation took; 0 where nothing was sent.
	Duration time.Duration
	// Attempt counts the calls that an acquisition made.
	Attempt int
	// Remaining is how long the credential lives on: the new one where there is a
	// new one, else the one in use. 0 where there is none alive, or where a
	// session ends only of idleness.
	Remaining time.Duration
	// Reason says why, in words.
	Reason string
	// Err is the failure.
	Err error
}

// report tells the logger and the observer. It must not be called with a lock
// held.
func (f *Flow) report(e Event) {
	c := f.cluster
	e.Op, e.Server, e.Username = f.way.op(), c.url, f.user()
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
