package authflow

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// origin is the scheme, host and port that a Flow's credentials are for.
type origin struct {
	scheme    string
	host      string // as the user wrote it, which generated clients repeat
	canonical string // lower case, with the port
}

// parseServer checks the address of a server.
func parseServer(op, server string, plainHTTP bool) (origin, error) {
	u, err := url.Parse(server)
	switch {
	case server == "":
		return origin{}, invalid(op, "server", "must not be empty: give the address of the cluster, such as https://acme.thoughtspot.cloud")
	case err != nil || u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		// The text of a URL error would repeat a password in the address.
		return origin{}, invalid(op, "server", "is not an absolute URL such as https://acme.thoughtspot.cloud")
	case u.Scheme != "https" && u.Scheme != "http":
		return origin{}, invalid(op, "server", "must begin with https://")
	case u.User != nil:
		return origin{}, invalid(op, "server", "must not hold credentials")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return origin{}, invalid(op, "server", "must not have a query or a fragment")
	case strings.Contains(u.Path, "/api/rest"):
		return origin{}, invalid(op, "server", "must be the address of the cluster, without /api/rest/2.0")
	case u.Scheme == "http" && !plainHTTP && !loopback(u.Hostname()):
		return origin{}, invalid(op, "server", "is plain http, which would show credentials to the network: use https, or WithPlainHTTP")
	}
	return origin{scheme: u.Scheme, host: u.Host, canonical: canonicalHost(u)}, nil
}

// holds reports whether u has the origin's scheme, host and port.
func (o *origin) holds(u *url.URL) bool {
	return u != nil && (u.Scheme == o.scheme && u.Host == o.host || o.holdsOtherwise(u))
}

// holdsOtherwise compares what may be written in more than one way. It stands
// apart so that holds can be inlined.
func (o *origin) holdsOtherwise(u *url.URL) bool {
	return strings.EqualFold(u.Scheme, o.scheme) && canonicalHost(u) == o.canonical
}

// left reports whether req, or a hop on the redirects that led to it, is for
// another origin. A server that we were sent to does not get to make requests
// in our name, not even to our own server.
func (o *origin) left(req *http.Request) bool {
	for {
		if !o.holds(req.URL) {
			return true
		}
		if req.Response == nil || req.Response.Request == nil {
			return false
		}
		req = req.Response.Request
	}
}

// refuse is the error for a request to another origin.
func (o *origin) refuse(req *http.Request) error {
	to := "nowhere"
	if req.URL != nil {
		to = req.URL.Scheme + "://" + req.URL.Host
	}
	return &Error{Op: "request", Err: fmt.Errorf("to %s, but credentials are for %s://%s only", to, o.scheme, o.host), kind: ErrWrongOrigin}
}

func canonicalHost(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if strings.EqualFold(u.Scheme, "http") {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
