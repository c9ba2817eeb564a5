package tokenservice

import (
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Option changes a Service. [New] checks it.
type Option func(*settings)

type settings struct {
	origins []string

	perUser, overall limit
	minLife          time.Duration
	reuse            time.Duration
	staleFor         time.Duration // 0: never
	isStaleAllowed   bool

	everywhere    bool
	administrator *authflow.Flow // nil: the user's own tokens

	maxUsers int
	idle     time.Duration

	logger  *slog.Logger
	observe func(Event)
}

type limit struct {
	perSecond float64
	burst     int
}

func defaults() settings {
	return settings{perUser: limit{1, 20}, maxUsers: 100_000, idle: 24 * time.Hour}
}

// WithOrigins lets pages of other origins ask, with the credentials that the
// browser has for this one: by name, such as https://app.example, scheme, host
// and port as the browser sends them. Pages of the service's own origin need no
// naming, unless a proxy changes the Host header. Optional; without it all
// others are refused.
func WithOrigins(origins ...string) Option {
	return func(s *settings) { s.origins = append(s.origins, origins...) }
}

// WithUserLimit lets each user ask perSecond times a second, after the first
// burst times. What is more is answered with 429. 0 means no limit. Optional; 1
// and 20.
func WithUserLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.perUser = limit{perSecond, burst} }
}

// WithLimit lets all users together ask perSecond times a second, after the
// first burst times. Optional; the default is no limit, because requests wait in the
// rate-limit queue of the cluster, see [authflow.WithRateLimit].
func WithLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.overall = limit{perSecond, burst} }
}

// WithMinTTL sets how long a token has to live at least that is handed out. A
// new one that lives shorter is an error of the configuration: its
// ValidityTimeInSec is too small. Optional; 0.
func WithMinTTL(d time.Duration) Option { return func(s *settings) { s.minLife = d } }

// WithReuse gives one token to all who ask for the same user and rules
// within d of its coming, such as several tabs. Optional; 0: each gets a new one,
// because the vendor's SDK alerts "Duplicate token", and leaves the page signed
// out, when it gets one again that it holds for dead. Use it only for pages that
// do not ask again for d after they got one.
func WithReuse(d time.Duration) Option { return func(s *settings) { s.reuse = d } }

// WithStaleIfError hands the user's last token out again while the cluster gives
// none, if it has at least minLife left. Optional; without it the answer is 503.
func WithStaleIfError(minLife time.Duration) Option {
	return func(s *settings) { s.staleFor, s.isStaleAllowed = minLife, true }
}

// WithSignOutEverywhere makes a sign-out also end the tokens that other programs have
// made for the user, by one call of revokeToken that names the user and no token. Without
// an administrator, which is nil then, the call carries a token of full or custom access
// that the user has, or one that is requested for it, with AutoCreate off and without
// groups or rules. An administrator is a Flow whose user may revoke tokens of others.
//
// Use it only where a ThoughtSpot user is one person: if several visitors share a user,
// the sign-out of one ends the tokens of all. What it leaves alive: cookie sessions, and
// perhaps tokens of other Orgs than that of the credential, which the vendor does not
// document. Without an administrator it fails for a user whose account is not active.
// Optional; without it, a sign-out ends what the service has handed out.
func WithSignOutEverywhere(administrator *authflow.Flow) Option {
	return func(s *settings) { s.everywhere, s.administrator = true, administrator }
}

// WithMaxUsers bounds how many users are remembered. Whoever is forgotten for
// want of room begins with a full limit, and the tokens are not ended by a
// log-out: let it be above the number of users who are there at once. Optional;
// 100,000, of about 1 kB each with one token, and 0.4 kB for each other one that is
// alive.
func WithMaxUsers(n int) Option { return func(s *settings) { s.maxUsers = n } }

// WithIdle sets how long a user is remembered who does not ask. Let it be no
// shorter than tokens live, so that a log-out ends them. Optional; 24 h.
func WithIdle(d time.Duration) Option { return func(s *settings) { s.idle = d } }

// WithLogger logs each answer: what is wrong with the service as errors, other
// failures as warnings, the rest as debug messages. Optional.
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// WithObserver calls fn with every event, from the goroutine that served it, when
// the answer is written. fn must be safe for concurrent use. Optional.
func WithObserver(fn func(Event)) Option { return func(s *settings) { s.observe = fn } }

// check refuses what cannot be.
func (s *settings) check() error {
	bad := func(option, problem string) error {
		return fmt.Errorf("tokenservice: %s %s: %w", option, problem, authflow.ErrInvalid)
	}
	switch {
	case !s.perUser.possible():
		return bad("WithUserLimit", "needs a rate that is not negative, and a burst of at least 1")
	case !s.overall.possible():
		return bad("WithLimit", "needs a rate that is not negative, and a burst of at least 1")
	case s.minLife < 0:
		return bad("WithMinTTL", "must not be negative")
	case s.reuse < 0:
		return bad("WithReuse", "must not be negative")
	case s.isStaleAllowed && (s.staleFor <= 0 || s.staleFor < s.minLife):
		return bad("WithStaleIfError", "must be above 0, and not below WithMinTTL")
	case s.maxUsers < 1:
		return bad("WithMaxUsers", "must be at least 1")
	case s.idle <= 0:
		return bad("WithIdle", "must be above 0")
	}
	return nil
}

func (l limit) possible() bool { return l.perSecond == 0 || l.perSecond > 0 && l.burst >= 1 }

// limiter returns nil for no limit.
func (l limit) limiter() *rate.Limiter {
	if l.perSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
}
