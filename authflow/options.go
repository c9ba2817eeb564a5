package authflow

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Option changes how a Flow works. Options are checked by the constructor.
type Option func(*settings)

// settings are what the options of a Flow set. They do not change after the
// constructor has returned.
type settings struct {
	roundTripper  http.RoundTripper // nil: http.DefaultTransport
	checkRedirect func(*http.Request, []*http.Request) error
	timeout       time.Duration

	logger    *slog.Logger
	observe   func(Event)
	policy    RenewalPolicy
	userAgent string
	plainHTTP bool
	server    string // the address, as it was given
	username  string // the principal, where it is known
	password  CredentialFunc
	secretKey CredentialFunc
}

// CredentialFunc supplies a password or a secret key at the moment it is
// needed. It is called for every acquisition, for each Flow by one goroutine at
// a time, one of this package's own: a panic in it ends the process. Its
// context ends with the acquisition's time limit or when the Flow is closed,
// and it has to obey it. Its error is returned to those who wait, wrapped, and
// it is called again after a pause.
type CredentialFunc func(context.Context) (gen.Secret, error)

// WithHTTPClient sends everything as c does: its Transport, Timeout and
// CheckRedirect are kept, except that auth calls never follow a redirect. Its
// Jar is not used, and later changes of c are not seen. A Flow that is built on
// another acquires through that one's client. Optional; the default is
// http.DefaultTransport without a time-out.
func WithHTTPClient(c *http.Client) Option {
	return func(s *settings) {
		if c == nil {
			c = &http.Client{}
		}
		s.roundTripper, s.checkRedirect, s.timeout = c.Transport, c.CheckRedirect, c.Timeout
	}
}

// WithLogger logs every change of the Flow's state: failures as warnings, the
// rest as debug messages, nothing for an ordinary request. Optional.
func WithLogger(l *slog.Logger) Option { return func(s *settings) { s.logger = l } }

// WithObserver calls fn with every event, from the goroutine in which it
// happens. fn must be safe for concurrent use, and return soon: those who wait
// for a credential are woken after it. It may use the Flow. An acquisition that
// Close has ended reports after Ended. Optional.
func WithObserver(fn func(Event)) Option { return func(s *settings) { s.observe = fn } }

// WithPassword asks fn for the password at each acquisition, so that a changed
// password needs no restart. The request then carries neither password nor
// secret key. Optional.
func WithPassword(fn CredentialFunc) Option { return func(s *settings) { s.password = fn } }

// WithSecretKey asks fn for the secret key at each acquisition, so that a
// rotated key needs no restart. The request then carries neither password nor
// secret key. Optional.
func WithSecretKey(fn CredentialFunc) Option { return func(s *settings) { s.secretKey = fn } }

// WithRenewal changes when and how credentials are renewed. Optional.
func WithRenewal(p RenewalPolicy) Option { return func(s *settings) { s.policy = p } }

// WithUserAgent sets the User-Agent of auth calls. Optional; the default is
// "tsauth".
func WithUserAgent(ua string) Option { return func(s *settings) { s.userAgent = ua } }

// WithPlainHTTP permits a server address with http:// beyond the loopback
// interface. Credentials and tokens then cross the network readable by all.
// Optional.
func WithPlainHTTP() Option { return func(s *settings) { s.plainHTTP = true } }

// RenewalPolicy says when and how credentials are renewed. The zero value of
// each field stands for its default.
type RenewalPolicy struct {
	// At is the part of a credential's lifetime after which the next request
	// starts its renewal in the background. Optional; 0.8.
	At float64
	// Spread is the greatest part of the lifetime by which At is brought
	// forward at random, so that processes that started together do not renew
	// together. Optional; 0.05.
	Spread float64
	// Timeout bounds one acquisition with all its tries. Optional; 30 s.
	Timeout time.Duration
	// Tries is how often one acquisition calls the server when it does not
	// answer or answers 429, 500, 502, 503 or 504. Optional; 3.
	Tries int
}

func (p *RenewalPolicy) fill() {
	if p.At == 0 {
		p.At = 0.8
	}
	if p.Spread == 0 {
		p.Spread = min(0.05, p.At)
	}
	if p.Timeout == 0 {
		p.Timeout = 30 * time.Second
	}
	if p.Tries == 0 {
		p.Tries = 3
	}
}

// apply sets the options on s and checks them.
func (s *settings) apply(op string, opts []Option) error {
	for _, o := range opts {
		if o != nil {
			o(s)
		}
	}
	if s.userAgent == "" {
		s.userAgent = "tsauth"
	}
	s.policy.fill()
	if strings.ContainsFunc(s.userAgent, unicode.IsControl) {
		return invalid(op, "WithUserAgent", "must not hold control characters")
	}
	switch p := s.policy; {
	case !(p.At > 0 && p.At <= 1):
		return invalid(op, "RenewalPolicy.At", "must be above 0 and at most 1")
	case !(p.Spread >= 0 && p.Spread <= p.At):
		return invalid(op, "RenewalPolicy.Spread", "must be from 0 to At")
	case p.Timeout < 0:
		return invalid(op, "RenewalPolicy.Timeout", "must not be negative")
	case p.Tries < 0:
		return invalid(op, "RenewalPolicy.Tries", "must not be negative")
	}
	return nil
}
