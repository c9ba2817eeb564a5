package tokenservice

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Outcome is how a request ended.
type Outcome int

// The outcomes, with the status of the response.
const (
	Served          Outcome = iota // 200: a new token
	Reused                         // 200: the token of an earlier request, see [WithReuse]
	ServedStale                    // 200: the last token, because the cluster issues none, see [WithStaleIfError]
	Checked                        // 200: HEAD
	Ended                          // 204: the user was signed out
	Unauthenticated                // 401: authenticate returned [ErrUnauthenticated]
	Forbidden                      // 403: authenticate returned [ErrForbidden]
	CrossSite                      // 403: the request comes from a page of another site
	BadMethod                      // 405
	Limited                        // 429: over [WithUserLimit]
	LimitedAll                     // 429: over [WithLimit]
	ClientClosed                   // 499: the browser closed the connection; no body
	InternalError                  // 500: authenticate failed, or returned an impossible Request
	Refused                        // 502: the cluster rejected the request, and would reject it again
	Unavailable                    // 503: the cluster is down or in maintenance, or failed
	Throttled                      // 503: the cluster responded with 429
	Superseded                     // 503: the user was signed out after the request began
	EndedLater                     // no response: a sign-out that had failed was tried again, and succeeded
	StillAlive                     // 503, or no response: a sign-out has failed for good; tokens live until they expire
	ShuttingDown                   // 503: after [Service.Shutdown]
	outcomes
)

// Outcomes returns all outcomes, for metrics.
func Outcomes() []Outcome {
	all := make([]Outcome, outcomes)
	for i := range all {
		all[i] = Outcome(i)
	}
	return all
}

// statusClientClosed is the status that nginx logs for a client that closed the
// connection. The client does not see it, but a response without a status would count as
// 200.
const statusClientClosed = 499

// about returns the name of an outcome, the status of its response, or 0, and the detail
// of its problem document.
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
		return "cross_site", http.StatusForbidden, "Pages of other sites may not request tokens."
	case BadMethod:
		return "bad_method", http.StatusMethodNotAllowed, ""
	case Limited:
		return "limited", http.StatusTooManyRequests, "You have sent too many requests."
	case LimitedAll:
		return "limited_all", http.StatusTooManyRequests, "The service gets too many requests at the moment."
	case ClientClosed:
		return "client_closed", statusClientClosed, ""
	case Refused:
		return "refused", http.StatusBadGateway, "ThoughtSpot rejected the request."
	case Unavailable:
		return "unavailable", http.StatusServiceUnavailable, "ThoughtSpot is not available at the moment."
	case Throttled:
		return "throttled", http.StatusServiceUnavailable, "ThoughtSpot gets too many requests at the moment."
	case Superseded:
		return "superseded", http.StatusServiceUnavailable, "Your tokens were revoked in the meantime. Try again."
	case EndedLater:
		return "ended_later", 0, ""
	case StillAlive:
		return "still_alive", http.StatusServiceUnavailable, "Some of your tokens are still valid."
	case ShuttingDown:
		return "shutting_down", http.StatusServiceUnavailable, "The service is being restarted. Try again."
	}
	return "internal_error", http.StatusInternalServerError, "The service has a fault or is not configured correctly. See its log."
}

// String returns the name, such as "served_stale", as in metrics.
func (o Outcome) String() string { name, _, _ := o.about(); return name }

// Event is the end of a request, or of a sign-out that was tried again. It never holds a
// secret, unless an error of authenticate does. Preflights and other OPTIONS have no
// event.
type Event struct {
	Outcome Outcome
	// Method is the method of the request, or "other" if the service does not support
	// it; empty if there was no request.
	Method string
	// User is the user that authenticate named; empty if it named none, or was not
	// called.
	User string
	// Status is the status of the response; 0 if there was no request.
	Status int
	// Duration is how long the request took. Wait is the part of it that was spent
	// waiting for the cluster, its rate-limit queue included.
	Duration, Wait time.Duration
	// Err is why there was no new token, or why the sign-out failed.
	Err error
}

// report passes an event to the logger and the observer. A panic of theirs must not cost
// the browser its response, which net/http has perhaps not sent yet.
func (s *Service) report(e Event) {
	s.log(e.level(), "tokenservice: "+e.Outcome.String(), e.attrs()...)
	if s.observe == nil {
		return
	}
	err := renewal.Guard(func() error {
		s.observe(e)
		return nil
	})
	if err != nil {
		s.log(slog.LevelError, "tokenservice: WithObserver panicked", slog.String("error", err.Error()))
	}
}

// log calls the logger, if there is one.
func (s *Service) log(level slog.Level, text string, attrs ...slog.Attr) {
	if s.logger == nil {
		return
	}
	_ = renewal.Guard(func() error { // there is nowhere to tell of a panic
		s.logger.LogAttrs(context.Background(), level, text, attrs...)
		return nil
	})
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
