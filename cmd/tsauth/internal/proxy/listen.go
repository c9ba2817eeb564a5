package proxy

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// Listener accepts connections from this machine.
type Listener struct {
	net.Listener
	hosts []string // by which a request may name it
}

// URL returns the address for programs, without the key. A program that connects to a
// socket uses it, too, and names the path of the socket besides.
func (l *Listener) URL() string { return "http://" + l.hosts[0] }

// Listen listens on a loopback address with a port, where port 0 takes a free one, or on
// a socket, as unix: and its path. The folder of the socket belongs to the current user
// and is closed to other users, or is made so. A socket in it that nothing listens on is
// replaced; whatever else has the name is an error.
func Listen(ctx context.Context, address string) (*Listener, error) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		l, err := listenUnix(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("listen on %q: %w", address, err)
		}
		return &Listener{l, []string{"localhost"}}, nil
	}
	if err := checkLoopback(address); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Listener{l, hostsOf(l.Addr().String())}, nil
}

// checkLoopback rejects addresses at which other machines could listen in or knock: the
// key would pass the network in plain text.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("must be an address with a port, such as 127.0.0.1:0, or unix: and a path: %w", err)
	}
	addr, err := netip.ParseAddr(host)
	isLoopback := err == nil && addr.IsLoopback()
	if !isLoopback && host != "localhost" {
		return fmt.Errorf("must be a loopback address, such as 127.0.0.1:0, because requests have the key in plain text")
	}
	return nil
}

// hostsOf returns the hosts by which requests may name an address. Port 80 is left out of
// a URL by most clients.
func hostsOf(address string) []string {
	host, port, _ := net.SplitHostPort(address) // the address of a listener has both
	hosts := []string{address, net.JoinHostPort("localhost", port)}
	if port != "80" {
		return hosts
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return append(hosts, host, "localhost")
}
