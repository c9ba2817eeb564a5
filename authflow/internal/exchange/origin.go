package exchange

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
)

// apiPath is where the API lies below the server's address.
const apiPath = "/api/rest/2.0/"

// Origin is the scheme, host and port that credentials are for. It is safe for
// concurrent use and must not be copied.
type Origin struct {
	scheme  string
	host    host
	port    string
	spelled string // the host and port as they were given; generated clients repeat them
	api     string // the path of the API, with a slash at its end

	// alias is the last host that was not plain ASCII and turned out to be this
	// one. Asking net/http about such a host costs time and memory.
	alias atomic.Pointer[string]
}

// ParseServer reads the address of a server, such as
// https://acme.thoughtspot.cloud; a bare host means https. It returns the origin,
// and the address without a slash at its end. The error describes
// the problem in words that follow the name of the address. It does not repeat the
// address, which may hold a password.
//
// Plain http is accepted for loopback addresses, and for others only if
// allowPlainHTTP is true.
func ParseServer(server string, allowPlainHTTP bool) (*Origin, string, error) {
	if !strings.Contains(server, "://") && !strings.HasPrefix(server, "/") {
		server = "https://" + server
	}
	server = strings.TrimRight(server, "/")
	if server == "https:" {
		return nil, "", errors.New("must not be empty: give the address of the cluster, " + exampleServer)
	}
	u, err := url.Parse(server)
	if err != nil || u.Opaque != "" || u.Hostname() == "" {
		return nil, "", errors.New("is not the address of a server, " + exampleServer)
	}
	if problem := serverProblem(u); problem != "" {
		return nil, "", errors.New(problem)
	}
	name, port := splitHost(u.Scheme, u.Host)
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, "", errors.New("has a port that does not exist")
	}
	o := &Origin{scheme: u.Scheme, host: newHost(name), port: strconv.FormatUint(number, 10), spelled: u.Host, api: u.Path + apiPath}
	if o.scheme == "http" && !allowPlainHTTP && !o.host.isLoopback() {
		return nil, "", errors.New("is plain http, which would show credentials to the network: use https, or WithPlainHTTP")
	}
	return o, server, nil
}

const exampleServer = "such as https://acme.thoughtspot.cloud"

// serverProblem returns the problem with the parsed address of a server, or "".
func serverProblem(u *url.URL) string {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https://"
	case u.User != nil:
		return "must not hold credentials"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "must not have a query or a fragment"
	case repeatsScheme(u):
		return "has a second scheme, or one without its colon: write it once, as in https://acme.thoughtspot.cloud"
	case strings.Contains(u.Path, "/api/rest"):
		return "must be the address of the cluster, without /api/rest/2.0"
	case strings.ContainsFunc(u.Host+u.Path, isInvisible):
		return "holds a character that cannot be seen"
	}
	return ""
}

// repeatsScheme reports whether an address was meant to have another scheme than
// it got: "https//acme" and "https://https://acme" parse, with a host named
// "https", which would get the credentials.
func repeatsScheme(u *url.URL) bool {
	name := strings.ToLower(u.Hostname())
	return name == "https" || name == "http" || strings.Contains(u.Path, "//")
}

func isInvisible(r rune) bool { return !unicode.IsPrint(r) }

// String returns the origin as scheme://host:port.
func (o *Origin) String() string { return o.scheme + "://" + o.host.withPort(o.port) }

// Matches reports whether req is for the origin: by its URL, by an Opaque that
// names a host, and by its Host header, by which a proxy chooses the server. It
// takes no lock and allocates nothing, unless the host has letters beyond ASCII
// and differs from the host of the last such request.
func (o *Origin) Matches(req *http.Request) bool {
	if req.URL == nil {
		return false
	}
	return o.isSpelled(req) || o.isSame(req)
}

// isSpelled reports whether req names the origin as it was given.
func (o *Origin) isSpelled(req *http.Request) bool {
	u := req.URL
	sameURL := u.Scheme == o.scheme && u.Host == o.spelled && u.Opaque == ""
	return sameURL && (req.Host == "" || req.Host == o.spelled)
}

// isSame reports whether req names the origin in any way.
func (o *Origin) isSame(req *http.Request) bool {
	u := req.URL
	if !strings.EqualFold(u.Scheme, o.scheme) || !o.isHost(u.Host) {
		return false
	}
	if req.Host != "" && req.Host != u.Host && !o.isHost(req.Host) {
		return false
	}
	return u.Opaque == "" || o.isOpaque(u.Opaque)
}

// isOpaque reports whether an Opaque, which is sent in place of the path, names
// no other host.
func (o *Origin) isOpaque(opaque string) bool {
	u, err := url.Parse(opaque)
	if err != nil || u.Scheme != "" {
		return false
	}
	return !strings.HasPrefix(opaque, "//") || o.isHost(u.Host)
}

// isHost reports whether a host, with a port or without, is the origin's.
func (o *Origin) isHost(hostport string) bool {
	name, port := splitHost(o.scheme, hostport)
	if port != o.port {
		return false
	}
	if isASCII(name) {
		return o.host.is(name)
	}
	if known := o.alias.Load(); known != nil && *known == name {
		return true
	}
	return o.learnAlias(name)
}

// learnAlias asks net/http whether a name is the origin's, and notes it if so.
func (o *Origin) learnAlias(name string) bool {
	if newHost(name) != o.host {
		return false
	}
	alias := strings.Clone(name) // the name may be a part of a long URL
	o.alias.Store(&alias)
	return true
}
