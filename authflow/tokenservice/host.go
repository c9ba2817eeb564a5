package tokenservice

import (
	"net/url"
	"strings"
)

// hosts are the names under which the service accepts requests, in lower case. If
// there are none, it accepts requests under every name.
//
// Requests under other names get 403, like requests of pages of another site. 421 (Misdirected
// Request) would be more exact, but it invites the client to send the request again
// over another connection (RFC 9110, section 15.5.20), and proxies do that by
// themselves.
type hosts map[string]bool

// parseHost returns the name of a host as hosts keeps it. ok is false if name is not
// host or host:port.
func parseHost(name string) (host string, ok bool) {
	host = strings.ToLower(name)
	u, err := url.Parse("//" + host)
	if err != nil || u.Host != host || !isHost(u) {
		return "", false
	}
	return host, true
}

// allow reports whether the service accepts requests with this Host header. A name
// without a port stands for all ports: a page that attacks by DNS rebinding has a
// name of its own, whatever its port.
func (h hosts) allow(header string) bool {
	host := strings.ToLower(header)
	return len(h) == 0 || h[host] || h[withoutPort(host)]
}

// withoutPort returns a host without its port. IPv6 addresses keep their brackets.
func withoutPort(host string) string {
	colon := strings.LastIndexByte(host, ':')
	if colon > strings.LastIndexByte(host, ']') {
		return host[:colon]
	}
	return host
}
