package authflow

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Option configures a Cluster. [New] checks it.
type Option func(*Cluster)

// CredentialFunc supplies a password when it is needed. It is called for every
// acquisition, in its own goroutine, and has the whole time of the acquisition.
// Its context ends with that time or with the Flow. A function that does not
// return then is abandoned, and may be called again while it still runs. Waiting
// callers receive its error, or its panic as an error; it is called again after a
// back-off. With [WithStore], Logout calls it once more, to find the tokens in the
// Store.
type CredentialFunc func(context.Context) (gen.Secret, error)

// SecretKeyFunc is a CredentialFunc for the secret key of an Org. org is the name
// or number in the token request, or "" if the request has none.
type SecretKeyFunc func(ctx context.Context, org string) (gen.Secret, error)

// WithSecretKey sets the cluster's secret key, for all token requests that
// contain neither a key nor a password. It must not be empty. Optional.
func WithSecretKey(key gen.Secret) Option { return WithOrgSecretKey("", key) }

// WithOrgSecretKey sets the secret key of one Org, by the name or number that its
// token requests use. It takes precedence over WithSecretKey. Optional.
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
		switch {
		case c.keyErr != nil:
		case key == "": // such as a variable that is not set
			c.keyErr = invalid("New", option, "must not be empty")
		default:
			c.keyErr = checkSecret("New", option, key)
		}
	}
}

// WithSecretKeyFunc sets a function that supplies the secret key for each
// acquisition, so that a rotated key needs no restart. It takes precedence over
// the other two options. Optional.
func WithSecretKeyFunc(fn SecretKeyFunc) Option { return func(c *Cluster) { c.secretKey = fn } }

// WithHTTPClient sends everything through the Transport of hc, with its Timeout
// and CheckRedirect; auth calls follow no redirect. The Jar of hc is not used.
//
// The Transport must make one exchange for each request: a client that follows
// redirects or retries belongs above a Flow. It also decides how soon a dead
// connection is noticed. For HTTP/2, set SendPingTimeout plus PingTimeout of
// [net/http.HTTP2Config] below Policy.Timeout divided by Policy.MaxAttempts.
//
// Optional; the default is a clone of http.DefaultTransport with such pings.
func WithHTTPClient(hc *http.Client) Option {
	return func(c *Cluster) {
		if hc == nil {
			return
		}
		c.checkRedirect, c.timeout = hc.CheckRedirect, hc.Timeout
		c.base = hc.Transport
	}
}

// WithLogger logs every change of a Flow's state: failures as warnings, other
// changes as debug messages, and nothing for a request that changes nothing.
// Optional.
func WithLogger(l *slog.Logger) Option { return func(c *Cluster) { c.logger = l } }

// WithObserver calls fn with every event, from the goroutine in which it happens.
// fn must be safe for concurrent use and return soon, because callers that wait
// for a credential get it after fn has returned. Optional.
// Package authflow/prometheus counts them for Prometheus.
func WithObserver(fn func(Event)) Option { return func(c *Cluster) { c.observe = fn } }

// WithRateLimit limits the calls that acquire and revoke credentials, of all flows
// together, to perSecond calls a second with a burst. Users take turns. The server
// allows 100 calls a second of any kind to one client address, with a burst of 10
// (from 26.2). perSecond 0 means no limit. Optional; the default is 50 and 10.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(c *Cluster) { c.rate, c.burst = perSecond, burst }
}

// WithPolicy changes when and how credentials are renewed. Optional.
func WithPolicy(p Policy) Option { return func(c *Cluster) { c.policy = p } }

// WithUserAgent sets the User-Agent of auth calls. Optional; the default is
// "tsauth" with the version of this module, where it is known.
func WithUserAgent(ua string) Option { return func(c *Cluster) { c.userAgent = ua } }

// WithPlainHTTP permits an http:// address that is not a loopback address.
// Anyone on the network path can then read the credentials. Optional.
func WithPlainHTTP() Option { return func(c *Cluster) { c.plainHTTP = true } }
