package tokenservice

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Option changes a Service. [New] checks it.
type Option func(*settings)

type settings struct {
	origins    []string
	originFunc func(*http.Request, string) bool
	hosts      []string

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

// WithOrigins allows pages of other origins to fetch tokens, with the credentials
// that the browser has for the service. An origin is scheme, host and port as the
// browser sends them:
//
//	https://app.example             a web application; localhost with its port
//	capacitor://localhost           Capacitor on iOS; https://localhost on Android
//	ionic://localhost               older Ionic
//	tauri://localhost               Tauri; http://tauri.localhost on Windows
//	app://.                         Electron, with the scheme that it registers
//	chrome-extension://abcdef…      an extension, by its id; moz-extension as well
//
// The origin "null" cannot be named: every sandboxed frame and local file has it.
// Pages of the same origin as the service need no naming, except where a proxy
// changes the Host header and browsers send no Sec-Fetch-Site: those from before 2023,
// and all over plain HTTP except to localhost. Optional; without it and [WithOriginFunc]
// all other origins are rejected.
func WithOrigins(origins ...string) Option {
	return func(s *settings) { s.origins = append(s.origins, origins...) }
}

// WithOriginFunc also allows the origins for which allow returns true, such as those
// of customers who are added while the service runs.
//
// Do not return true for every origin: each page of the web could then read the
// tokens of the users who visit it. Compare whole origins; "ends in app.example" is
// also true of https://evilapp.example.
//
// allow gets the request and its origin in the form of [WithOrigins], never "null".
// A preflight carries no cookies and no headers of the page, so decide by the origin,
// the Host header and the URL. allow is called at most once for a request, from many
// goroutines, and not if WithOrigins names the origin or Sec-Fetch-Site is
// same-origin. A panic in it counts as false and is logged. Optional.
func WithOriginFunc(allow func(r *http.Request, origin string) bool) Option {
	return func(s *settings) { s.originFunc = allow }
}

// WithHosts names the hosts under which browsers reach the service, such as
// "app.example" or "localhost:8080". A name without a port stands for all ports. A
// request with another Host header gets 403; X-Forwarded-Host is not read. Behind a
// proxy that changes the Host header, name the host that it sends.
//
// It prevents DNS rebinding: when the owner of evil.example makes that name lead to the
// address of the service, the browser considers the service a part of evil.example.
// The pages of evil.example do not have your cookies. So they are dangerous if
// authenticate recognizes a user by something that the browser sends to every name,
// such as a client certificate or an address in a private network.
//
// [Service.Live] and [Service.Ready] accept every Host header. Optional; without it
// the service does so too.
func WithHosts(hosts ...string) Option {
	return func(s *settings) { s.hosts = append(s.hosts, hosts...) }
}

// WithUserLimit limits each user to perSecond requests a second, after the first
// burst requests. A request over the limit gets 429 with Retry-After. Checking for a
// token (HEAD) and signing out count as well. 0 means no limit; other rates must be
// at least one in a year. Optional; 1 and 20.
func WithUserLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.perUser = limit{perSecond, burst} }
}

// WithLimit limits all users together to perSecond requests for tokens a second,
// after the first burst requests. Signing out does not count. 0 means no limit; other
// rates must be at least one in a year. Optional; the default is no limit, because
// requests wait in the rate-limit queue of the cluster, see
// [authflow.WithRateLimit].
func WithLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.overall = limit{perSecond, burst} }
}

// WithMinTTL sets the minimum remaining lifetime of a token that is handed out. A new
// token with a shorter lifetime is an error of the configuration: its
// ValidityTimeInSec is too small. Optional; 0.
func WithMinTTL(d time.Duration) Option { return func(s *settings) { s.minLife = d } }

// WithReuse hands one token to all requests for the same user and rules within d of
// its arrival, such as several tabs. Optional; 0: each request gets a new token,
// because the vendor's SDK alerts "Duplicate token", and leaves the page signed out,
// when it has found a token dead and gets the same one again. Use WithReuse only for
// pages that do not fetch another token for d after they got one.
func WithReuse(d time.Duration) Option { return func(s *settings) { s.reuse = d } }

// WithStaleIfError hands the user's last token out again while the cluster issues
// none, if it has at least minLife left. Optional; without it the response is 503.
func WithStaleIfError(minLife time.Duration) Option {
	return func(s *settings) { s.staleFor, s.isStaleAllowed = minLife, true }
}

// WithSignOutEverywhere makes a sign-out also end the tokens that other programs have
// made for the user, by one call of revokeToken that names the user and no token. If
// administrator is nil, the credential of the call is a token of full or custom access
// that the user has, or one that is requested for the call, with AutoCreate off and
// without groups or rules. Otherwise administrator is a Flow whose user may revoke the
// tokens of other users.
//
// Use it only where a ThoughtSpot user is one person: if several visitors share a user,
// the sign-out of one ends the tokens of all. Cookie sessions stay alive, and perhaps
// tokens of Orgs other than the Org of the credential, which the vendor does not
// document. Without an administrator it fails for a user whose account is not active.
// Optional; without it, a sign-out ends the tokens that the service has handed out, also
// to other visitors who share the user.
func WithSignOutEverywhere(administrator *authflow.Flow) Option {
	return func(s *settings) { s.everywhere, s.administrator = true, administrator }
}

// WithMaxUsers bounds how many users are remembered. A user who is forgotten because
// others need the room starts with a full limit. Without a Store, signing out does not end
// that user's earlier tokens, and says so: choose more than the number of users who are
// active at once. Optional; 100,000, of about 1.2 kB each with one token, and 0.4 kB for
// each other token that is alive.
func WithMaxUsers(n int) Option { return func(s *settings) { s.maxUsers = n } }

// WithIdle sets how long a user without requests is remembered. Without a Store, choose
// at least the lifetime of the tokens, so that signing out ends them. Optional; 24 h.
func WithIdle(d time.Duration) Option { return func(s *settings) { s.idle = d } }

// WithLogger logs each response: faults of the service as errors, other failures as
// warnings, the rest as debug messages. Optional.
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// WithObserver calls fn with every event, from the goroutine that served the request,
// after the response was written. The events of a sign-out that is tried again,
// [EndedLater] and [StillAlive], come from a goroutine of their own. fn must be safe for
// concurrent use. A panic in it costs no response and is logged. Optional.
func WithObserver(fn func(Event)) Option { return func(s *settings) { s.observe = fn } }

// check returns an error for the first option with an impossible value.
func (s *settings) check() error {
	bad := func(option, problem string) error {
		return fmt.Errorf("tokenservice: %s %s: %w", option, problem, authflow.ErrInvalid)
	}
	const limitProblem = "needs a rate of 0 for no limit, or of at least one in a year, and a burst of at least 1"
	switch {
	case !s.perUser.isPossible():
		return bad("WithUserLimit", limitProblem)
	case !s.overall.isPossible():
		return bad("WithLimit", limitProblem)
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

// minRate is one request in a year. The wait for the next request at a much smaller
// rate, such as 1e-10, is more than a time.Duration can hold, 292 years.
const minRate = 1.0 / (365 * 24 * 60 * 60)

func (l limit) isPossible() bool {
	if l.perSecond == 0 {
		return true
	}
	isRate := l.perSecond >= minRate && !math.IsInf(l.perSecond, 1) // false for NaN
	return isRate && l.burst >= 1
}

// limiter returns nil for no limit.
func (l limit) limiter() *rate.Limiter {
	if l.perSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(l.perSecond), l.burst)
}
