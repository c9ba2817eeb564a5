package authflow

import (
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Cluster is one ThoughtSpot server, and what all who go there share: its
// address, the way to send, the settings, the secret key, and what is known of
// it, such as that it is down. Its methods make a [Flow] for each principal.
//
// A Cluster sends nothing by itself and needs no closing. It is safe for
// concurrent use and must not be copied. Make one for each server: two for the
// same one know nothing of each other, and so cannot keep their promises
// together.
type Cluster struct {
	origin *exchange.Origin
	sender *exchange.Sender
	url    string // without a slash at the end

	base          http.RoundTripper
	checkRedirect func(*http.Request, []*http.Request) error
	timeout       time.Duration

	logger    *slog.Logger
	observe   func(Event)
	policy    Policy
	userAgent string
	plainHTTP bool

	secretKey SecretKeyFunc
	orgKeys   map[string]gen.Secret
	keyErr    *Error // of an option that gave a key

	store    *sealedStore // or nil
	storeErr *Error       // of WithStore

	rate    float64 // calls a second
	burst   int
	limiter *limiter.Limiter
	lockout *lockout.Registry
	seed    maphash.Seed
}

// New returns the cluster at server, an address such as
// https://acme.thoughtspot.cloud; a bare host means https. It sends nothing. An
// address or option that cannot be is an error that matches [ErrInvalid] and
// names it.
func New(server string, opts ...Option) (*Cluster, error) {
	c := &Cluster{userAgent: defaultUserAgent(), rate: defaultRate, burst: defaultBurst, seed: maphash.MakeSeed()}
	for _, o := range opts {
		if o != nil {
			o(c)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	var err error
	c.origin, c.url, err = exchange.ParseServer(server, c.plainHTTP)
	if err != nil {
		return nil, invalid("New", "server", err.Error())
	}
	if c.base == nil {
		c.base = exchange.NewTransport(c.policy.Timeout / time.Duration(c.policy.MaxAttempts))
	}
	c.sender = &exchange.Sender{Base: c.base, Origin: c.origin, Timeout: c.timeout, Redact: withholdSecrets}
	c.limiter = limiter.New(c.limiterConfig())
	c.lockout = lockout.New(c.lockoutConfig())
	return c, nil
}

// The default rate is half of what the server allows to one client address, with
// a burst of 10, over all calls (from 26.2).
const (
	defaultRate  = 50
	defaultBurst = 10
)

// defaultUserAgent names this module and its version, where the program was
// built with one.
func defaultUserAgent() string {
	const module, name = "github.com/go-thoughtspot/tsauth", "tsauth"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	for _, dep := range info.Deps {
		if dep.Path == module && dep.Replace == nil && dep.Version != "" {
			return name + "/" + strings.TrimPrefix(dep.Version, "v")
		}
	}
	return name
}

// URL returns the cluster's address, without a slash at the end: what a
// generated client takes as its server.
func (c *Cluster) URL() string { return c.url }

// String returns the address.
func (c *Cluster) String() string { return "authflow.Cluster(" + c.url + ")" }

// Format writes what String returns, whatever the verb: no secret.
func (c *Cluster) Format(s fmt.State, _ rune) { _, _ = fmt.Fprint(s, "authflow.Cluster("+c.url+")") }

// LogValue is what package slog shows.
func (c *Cluster) LogValue() slog.Value { return slog.StringValue(c.String()) }

// Option changes a Cluster. [New] checks it.
type Option func(*Cluster)

// CredentialFunc supplies a password at the moment it is needed. It is called
// for every acquisition, in a goroutine of this package's own. Its context ends
// with the time limit or the Flow, and it has to obey it: one that does not is
// left behind, and called again meanwhile. Its error, or panic, is the error of
// those who wait; it is called again after a pause.
type CredentialFunc func(context.Context) (gen.Secret, error)

// SecretKeyFunc is a CredentialFunc for the secret key that is good for an Org,
// which is named as the token request names it, or "" where it names none.
type SecretKeyFunc func(ctx context.Context, org string) (gen.Secret, error)

// WithSecretKey gives the cluster's secret key, for all requests for tokens
// that carry neither a key nor a password. Optional.
func WithSecretKey(key gen.Secret) Option { return WithOrgSecretKey("", key) }

// WithOrgSecretKey gives the key of one Org, named as its token requests name
// it, by number or name. It goes before that of WithSecretKey. Optional.
func WithOrgSecretKey(org string, key gen.Secret) Option {
	option := "WithOrgSecretKey"
	if org == "" {
		option = "WithSecretKey"
	}
	return func(c *Cluster) {
		if c.orgKeys == nil {
			c.orgKeys = make(map[string]gen.Secret)
		}
		c.orgKeys[org] = key
		if c.keyErr == nil {
			c.keyErr = checkSecret("New", option, key)
		}
	}
}

// WithSecretKeyFunc asks fn for the secret key at each acquisition, so that a
// rotated key needs no restart. Optional; it goes before the other two.
func WithSecretKeyFunc(fn SecretKeyFunc) Option { return func(c *Cluster) { c.secretKey = fn } }

// WithHTTPClient sends everything as hc does: its Transport, Timeout and
// CheckRedirect are kept, but auth calls follow no redirect. Its Jar is not
// used. The Transport has to be one exchange for each request: one that follows
// redirects or repeats requests by itself belongs above a Flow. Optional; the
// default is http.DefaultTransport.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Cluster) {
		if hc == nil {
			return
		}
		c.checkRedirect, c.timeout = hc.CheckRedirect, hc.Timeout
		c.base = hc.Transport
		if hc.Transport == nil {
			c.base = http.DefaultTransport
		}
	}
}

// WithLogger logs every change of a Flow's state: failures as warnings, the
// rest as debug messages, nothing for an ordinary request. Optional.
func WithLogger(l *slog.Logger) Option { return func(c *Cluster) { c.logger = l } }

// WithObserver calls fn with every event, from the goroutine in which it
// happens. fn must be safe for concurrent use and return soon: those who wait for
// a credential get it after fn was told of it. Optional.
func WithObserver(fn func(Event)) Option { return func(c *Cluster) { c.observe = fn } }

// WithRateLimit lets all flows together ask for at most perSecond credentials a
// second, after the first burst ones, in the order in which they come. The
// server allows 100 calls a second of any kind to one client address (from
// 26.2). 0 means no limit. Optional; the default is 50 and 10.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Cluster) { c.rate, c.burst = perSecond, burst }
}

// WithPolicy changes when and how credentials are renewed. Optional.
func WithPolicy(p Policy) Option { return func(c *Cluster) { c.policy = p } }

// WithUserAgent sets the User-Agent of auth calls. Optional; "tsauth".
func WithUserAgent(ua string) Option { return func(c *Cluster) { c.userAgent = ua } }

// WithPlainHTTP permits an address with http:// beyond the loopback interface.
// Credentials then cross the network readable by all. Optional.
func WithPlainHTTP() Option { return func(c *Cluster) { c.plainHTTP = true } }

// Policy says when and how credentials are renewed. The zero value of each
// field stands for its default.
type Policy struct {
	// RenewAt is the part of a lifetime after which the next request starts the
	// renewal in the background. Optional; 0.8.
	RenewAt float64
	// Jitter is the greatest part of the lifetime by which RenewAt is brought
	// forward at random. Optional; 0.05.
	Jitter float64
	// MinTTL is how long a token lives at least that Token returns. Optional;
	// the smaller of 10 s and a tenth of the token's lifetime.
	MinTTL time.Duration
	// Timeout bounds one acquisition with all its tries, each of which gets an
	// equal share of what is left. Waiting for the pace is not counted.
	// Optional; 30 s.
	Timeout time.Duration
	// MaxAttempts is how often one acquisition asks the server when the failure may
	// pass. Optional; 3.
	MaxAttempts int
	// SessionIdle is how long a session without RememberMe may rest. Optional; 3 h.
	SessionIdle time.Duration
}

// check fills in defaults and refuses what cannot be.
func (c *Cluster) check() error {
	p := &c.policy
	or(&p.RenewAt, 0.8)
	or(&p.Jitter, min(0.05, p.RenewAt))
	or(&p.Timeout, 30*time.Second)
	or(&p.MaxAttempts, 3)
	or(&p.SessionIdle, 3*time.Hour)
	const op = "New"
	switch {
	case c.keyErr != nil:
		return c.keyErr
	case c.storeErr != nil:
		return c.storeErr
	case strings.ContainsFunc(c.userAgent, unicode.IsControl):
		return invalid(op, "WithUserAgent", "must not hold control characters")
	case !(c.rate >= 0) || c.rate > 0 && c.burst < 1:
		return invalid(op, "WithRateLimit", "needs a rate that is not negative, and a burst of at least 1")
	case !(p.RenewAt > 0 && p.RenewAt <= 1):
		return invalid(op, "Policy.RenewAt", "must be above 0 and at most 1")
	case !(p.Jitter >= 0 && p.Jitter <= p.RenewAt):
		return invalid(op, "Policy.Jitter", "must be from 0 to RenewAt")
	case p.Timeout > 24*time.Hour:
		return invalid(op, "Policy.Timeout", "must not be above 24 hours")
	case p.MinTTL < 0 || p.Timeout < 0 || p.MaxAttempts < 0 || p.SessionIdle < 0:
		return invalid(op, "Policy", "must not hold a negative value")
	}
	return nil
}

func or[T comparable](v *T, otherwise T) {
	if *v == *new(T) {
		*v = otherwise
	}
}

// hasKey reports whether there is a secret key for requests that name org.
func (c *Cluster) hasKey(org string) bool {
	return c.secretKey != nil || c.orgKeys[org] != "" || c.orgKeys[""] != ""
}

// key returns the secret key for requests that name org, or "".
func (c *Cluster) key(org string) gen.Secret { return cmp.Or(c.orgKeys[org], c.orgKeys[""]) }
