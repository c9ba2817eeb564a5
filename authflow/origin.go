package authflow

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// apiPath is where the API lies below the server's address.
const apiPath = "/api/rest/2.0/"

// origin is the scheme, host and port that credentials are for.
type origin struct {
	scheme, host, port string
	spelt              string // the host as it was given, which generated clients repeat
	api                string // the path of the API
}

// parseServer checks the address of a server and returns it without a slash at
// the end.
func parseServer(server string, plainHTTP bool) (origin, string, error) {
	const op, example = "New", "such as https://acme.thoughtspot.cloud"
	if !strings.Contains(server, "://") && !strings.HasPrefix(server, "/") {
		server = "https://" + server
	}
	server = strings.TrimRight(server, "/")
	u, err := url.Parse(server)
	switch {
	case server == "https:":
		return origin{}, "", invalid(op, "server", "must not be empty: give the address of the cluster, "+example)
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		// The text of a URL error would repeat a password in the address.
		return origin{}, "", invalid(op, "server", "is not the address of a server, "+example)
	case u.Scheme != "https" && u.Scheme != "http":
		return origin{}, "", invalid(op, "server", "must begin with https://")
	case u.User != nil:
		return origin{}, "", invalid(op, "server", "must not hold credentials")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return origin{}, "", invalid(op, "server", "must not have a query or a fragment")
	case strings.Contains(u.Path, "/api/rest"):
		return origin{}, "", invalid(op, "server", "must be the address of the cluster, without /api/rest/2.0")
	case u.Scheme == "http" && !plainHTTP && !loopback(u.Hostname()):
		return origin{}, "", invalid(op, "server", "is plain http, which would show credentials to the network: use https, or WithPlainHTTP")
	}
	host, port := hostPort(u.Scheme, u.Host)
	return origin{u.Scheme, host, port, u.Host, u.Path + apiPath}, server, nil
}

// holds reports whether req is for the origin: by its URL, also where Opaque
// names a host, and by its Host header, which decides who gets it behind a
// proxy. It allocates nothing.
func (o *origin) holds(req *http.Request) bool {
	u := req.URL
	if u != nil && u.Scheme == o.scheme && u.Host == o.spelt && u.Opaque == "" && (req.Host == "" || req.Host == o.spelt) {
		return true
	}
	return o.holdsOtherwise(req, u)
}

// holdsOtherwise compares what may be written in more than one way.
func (o *origin) holdsOtherwise(req *http.Request, u *url.URL) bool {
	if u == nil || !strings.EqualFold(u.Scheme, o.scheme) || !o.is(u.Host) || req.Host != "" && req.Host != u.Host && !o.is(req.Host) {
		return false
	}
	if u.Opaque == "" {
		return true
	}
	opaque, err := url.Parse(u.Opaque) // what is sent in place of the path, host included
	return err == nil && opaque.Scheme == "" && (o.is(opaque.Host) || !strings.HasPrefix(u.Opaque, "//"))
}

// is reports whether a host, with a port or without, is the origin's.
func (o *origin) is(hostport string) bool {
	host, port := hostPort(o.scheme, hostport)
	return port == o.port && strings.EqualFold(host, o.host)
}

// hostPort splits what stands in a URL for the host, without the dot that may
// stand at its end, and fills in the scheme's port.
func hostPort(scheme, hostport string) (host, port string) {
	u := url.URL{Host: hostport}
	if host, port = strings.TrimSuffix(u.Hostname(), "."), u.Port(); port == "" {
		port = "443"
		if strings.EqualFold(scheme, "http") {
			port = "80"
		}
	}
	return host, port
}

// inAPI reports whether a path is of the REST API, where answers are not pages.
func (o *origin) inAPI(u *url.URL) bool { return strings.HasPrefix(pathOf(u), o.api) }

// pathOf returns the path that is sent.
func pathOf(u *url.URL) string {
	if u.Opaque != "" {
		if opaque, err := url.Parse(u.Opaque); err == nil {
			return opaque.Path
		}
	}
	return u.Path
}

// fromAPI reports whether a request is for the API, or a hop of a redirect that
// began there.
func (o *origin) fromAPI(req *http.Request) bool {
	for !o.inAPI(req.URL) {
		if req.Response == nil || req.Response.Request == nil {
			return false
		}
		req = req.Response.Request
	}
	return true
}

// logsIn reports whether a request carries the credential of somebody in its
// body: a log-in, also by the older API, or one for a token.
func (o *origin) logsIn(req *http.Request) bool {
	p := path.Clean(pathOf(req.URL))
	op, ok := strings.CutPrefix(p, o.api+"auth/token/")
	const login = "/session/login"
	return ok && op != "revoke" && op != "validate" || strings.HasSuffix(p, login) || strings.Contains(p, login+"/")
}

// left reports whether req, or a hop on the redirects that led to it, is for
// another origin. A server that we were sent to does not get to make requests
// in our name, not even to our own server.
func (o *origin) left(req *http.Request) bool {
	for ; ; req = req.Response.Request {
		if !o.holds(req) {
			return true
		}
		if req.Response == nil || req.Response.Request == nil {
			return false
		}
	}
}

// refuse is the error for a request to another origin.
func (o *origin) refuse(req *http.Request) error {
	to := "nowhere"
	if req.URL != nil {
		if to = req.URL.Scheme + "://" + req.URL.Host; req.Host != "" && req.Host != req.URL.Host {
			to += " as host " + line(req.Host)
		}
		if req.URL.Opaque != "" {
			to += " as " + line(req.URL.Opaque)
		}
	}
	return &Error{Op: "request", Err: fmt.Errorf("to %s, but credentials are for %s://%s only", to, o.scheme, net.JoinHostPort(o.host, o.port)), kind: ErrWrongOrigin}
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
