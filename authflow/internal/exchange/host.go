package exchange

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// host is a host as net/http connects to it, so that two hosts are the same one
// exactly if their values are equal.
type host struct {
	name string // in lower case, without a dot at its end; "" for an address
	addr netip.Addr
}

// newHost returns the host that a name stands for.
func newHost(name string) host {
	if addr, err := netip.ParseAddr(name); err == nil {
		return host{addr: addr.Unmap()}
	}
	if !isASCII(name) {
		name = dialedName(name)
	}
	return host{name: strings.ToLower(strings.TrimSuffix(name, "."))}
}

// is reports whether a name in ASCII is the host. It allocates nothing, unless
// the name has a zone.
func (h host) is(name string) bool {
	if h.name != "" {
		return strings.EqualFold(strings.TrimSuffix(name, "."), h.name)
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap() == h.addr
}

// isLoopback reports whether the host is the machine itself: localhost, or a
// literal loopback address.
func (h host) isLoopback() bool { return h.name == "localhost" || h.addr.IsLoopback() }

// isAddress reports whether the host is an address, not a name.
func (h host) isAddress() bool { return h.name == "" }

func (h host) String() string {
	if h.name != "" {
		return h.name
	}
	return h.addr.String()
}

func (h host) withPort(port string) string { return net.JoinHostPort(h.String(), port) }

// splitHost splits what stands in a URL for the host, and fills in the scheme's
// port.
func splitHost(scheme, hostport string) (name, port string) {
	u := url.URL{Host: hostport}
	name, port = u.Hostname(), u.Port()
	switch {
	case port != "":
		return name, port
	case strings.EqualFold(scheme, "http"):
		return name, "80"
	}
	return name, "443"
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// dialedName returns the name that net/http connects to for a name with letters
// beyond ASCII: "bücher.example" is "xn--bcher-kva.example". The rules for this
// are long, change with Unicode, and are in the standard library for net/http
// alone, so it is asked: by a transport that only notes the address to dial. A
// wrong answer could send a credential to another server.
func dialedName(name string) string {
	var dialed string
	asked := errors.New("only the address was wanted")
	t := &http.Transport{DialContext: func(_ context.Context, _, addr string) (net.Conn, error) {
		dialed = addr
		return nil, asked
	}}
	resp, err := t.RoundTrip(&http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "http", Host: name, Path: "/"}, Header: http.Header{}})
	if err == nil {
		_ = resp.Body.Close() // cannot happen, since there is no connection
	}
	if ascii, _, err := net.SplitHostPort(dialed); err == nil {
		return ascii
	}
	return name
}
