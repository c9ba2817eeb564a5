package tokenservice

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Outcome is how an ask ended.
type Outcome int

// The outcomes, with the status of the answer.
const (
	Served          Outcome = iota // 200: a token that nobody was given before
	Reused                         // 200: that of another ask just before, see [WithReuse]
	ServedStale                    // 200: the last one, as the cluster gives none, see [WithStaleIfError]
	Checked                        // 200: HEAD
	Ended                          // 204: the user's tokens were ended
	Unauthenticated                // 401: authenticate returned [ErrUnauthenticated]
	Forbidden                      // 403: authenticate returned [ErrForbidden]
	CrossSite                      // 403: a page of another site
	BadMethod                      // 405
	Limited                        // 429: over [WithUserLimit]
	LimitedAll                     // 429: over [WithLimit]
	ClientClosed                   // 499: the browser went away; no body
	InternalError                  // 500: authenticate failed, or asked for what cannot be
	Refused                        // 502: the cluster refused, and would again
	Unavailable                    // 503: the cluster is down or in maintenance, or failed
	Throttled                      // 503: the cluster answered 429
	Superseded                     // 503: the user's tokens were ended meanwhile
	EndedLater                     // none: a sign-out that had failed was tried again, and nothing is alive any more
	StillAlive                     // none: another try of a sign-out is of no use; tokens live until they expire
	ShuttingDown                   // 503: after [Service.Shutdown]
	outcomes
)

// Outcomes returns all of them, for metrics.
func Outcomes() []Outcome {
	all := make([]Outcome, outcomes)
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// statusClientClosed is what nginx logs for a client that went away. Nobody reads it, but
// an answer without a status would count as 200.
const statusClientClosed = 499

// about is what there is to say of an outcome.
func (o Outcome) about() (name string, status int, detail string) {
	switch o {
	case Served:
		return "served", http.StatusOK, ""
	case Reused:
		return "reused", http.StatusOK, ""
	case ServedStale:
		return "served_stale", http.StatusOK, ""
	case Checked:
		return "checked", http.StatusOK, ""
	case Ended:
		return "ended", http.StatusNoContent, ""
	case Unauthenticated:
		return "unauthenticated", http.StatusUnauthorized, "Sign in first."
	case Forbidden:
		return "forbidden", http.StatusForbidden, "You may not have a token."
	case CrossSite:
		return "cross_site", http.StatusForbidden, "Pages of other sites may not ask for tokens."
	case BadMethod:
		return "bad_method", http.StatusMethodNotAllowed, ""
	case Limited:
		return "limited", http.StatusTooManyRequests, "You ask for tokens too often."
	case LimitedAll:
		return "limited_all", http.StatusTooManyRequests, "Too many ask for tokens at the moment."
	case ClientClosed:
		return "client_closed", statusClientClosed, ""
	case Refused:
		return "refused", http.StatusBadGateway, "ThoughtSpot refused to issue a token."
	case Unavailable:
		return "unavailable", http.StatusServiceUnavailable, "ThoughtSpot is not available at the moment."
	case Throttled:
		return "throttled", http.StatusServiceUnavailable, "ThoughtSpot is asked too much at the moment."
	case Superseded:
		return "superseded", http.StatusServiceUnavailable, "Your tokens were ended meanwhile. Ask again."
	case EndedLater:
		return "ended_later", 0, ""
	case StillAlive:
		return "still_alive", 0, ""
	case ShuttingDown:
		return "shutting_down", http.StatusServiceUnavailable, "The service is being restarted. Ask again."
	}
	return "internal_error", http.StatusInternalServerError, "The service is not set up as it should be. Its log says more."
}

// String returns the name, such as "served_stale", as in metrics.
func (o Outcome) String() string { name, _, _ := o.about(); return name }

// Event is the end of an ask. It never holds a secret, as far as the errors of
// authenticate hold none. Preflights and other OPTIONS have no event.
type Event struct {
	Outcome Outcome
	// Method is that of the request, or "other" where it is none of the service's.
	Method string
	// User is whom the application named; empty where it was not asked, or named
	// nobody.
	User string
	// Status is that of the answer.
	Status int
	// Duration is how long all took, Wait how much of it waiting for the cluster,
	// its rate-limit queue included.
	Duration, Wait time.Duration
	// Err says why no new token was given.
	Err error
}

// report tells the logger and the observer.
func (s *Service) report(e Event) {
	if s.logger != nil {
		s.logger.LogAttrs(context.Background(), e.level(), "tokenservice: "+e.Outcome.String(), e.attrs()...)
	}
	if s.observe != nil {
		s.observe(e)
	}
}

func (e *Event) level() slog.Level {
	switch e.Outcome {
	case InternalError:
		return slog.LevelError
	case StillAlive, ServedStale, CrossSite, Limited, LimitedAll, Refused, Unavailable, Throttled:
		return slog.LevelWarn
	}
	return slog.LevelDebug
}

func (e *Event) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("method", e.Method), slog.String("user", e.User), slog.Int("status", e.Status), slog.Duration("duration", e.Duration)}
	if e.Wait > 0 {
		attrs = append(attrs, slog.Duration("wait", e.Wait))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.String("error", e.Err.Error()))
	}
	return attrs
}
