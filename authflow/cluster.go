package authflow

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Cluster is one ThoughtSpot server with everything that requests to it share: its
// address, the HTTP client, the settings, the secret key, the rate limit, and the
// evidence about the server and its users. Its methods make a [Flow] for each
// user.
//
// A Cluster sends nothing by itself and does not need to be closed. It is safe for
// concurrent use and must not be copied. Make one for each server: two Clusters
// for the same server share neither the rate limit nor the count of rejected
// passwords, unless they share a Store.
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

	lastIssue atomic.Pointer[issue] // of the last token of any principal
}

// New returns the Cluster for a server address such as
// https://acme.thoughtspot.cloud; a bare host means https. New sends nothing. An
// invalid address or option is an error that matches [ErrInvalid] and names it.
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
	c.sender = &exchange.Sender{Base: c.base, Origin: c.origin, Timeout: c.timeout}
	c.limiter = limiter.New(c.limiterConfig())
	c.lockout = lockout.New(c.lockoutConfig())
	return c, nil
}

// The default rate is half of what the server allows to one client address for
// calls of any kind: 100 a second with a burst of 10 (from 26.2).
const (
	defaultRate  = 50
	defaultBurst = 10
)

// defaultUserAgent names this module and its version in the running program.
func defaultUserAgent() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return userAgent(&debug.BuildInfo{})
	}
	return userAgent(info)
}

// userAgent names this module and, where it is known, the version that a program was
// built with. The module is a dependency of the program, or has the program in it, as
// the command tsauth. A dependency that is replaced may be any version.
func userAgent(info *debug.BuildInfo) string {
	const module, name = "github.com/go-thoughtspot/tsauth", "tsauth"
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		hasVersion := m.Replace == nil && strings.HasPrefix(m.Version, "v")
		if m.Path == module && hasVersion {
			return name + "/" + strings.TrimPrefix(m.Version, "v")
		}
	}
	return name
}

// URL returns the address of the server without a slash at the end, as generated
// clients take it.
func (c *Cluster) URL() string { return c.url }

// String returns the address.
func (c *Cluster) String() string { return "authflow.Cluster(" + c.url + ")" }

// Format writes the same as String for every verb, so that no secret is printed.
func (c *Cluster) Format(s fmt.State, _ rune) { _, _ = fmt.Fprint(s, "authflow.Cluster("+c.url+")") }

// LogValue implements slog.LogValuer.
func (c *Cluster) LogValue() slog.Value { return slog.StringValue(c.String()) }
