package diagnosis

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// checkTime bounds each call to a server.
const checkTime = 15 * time.Second

// maxClockDifference is the difference of clocks above which the check warns. It does no
// harm here, but other programs compare expiry times with their clock.
const maxClockDifference = time.Minute

// hostName returns the name of the host of an address, without its port.
func hostName(address string) string {
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// checkNames resolves the name of the host.
func (c *checkup) checkNames(ctx context.Context) bool {
	client, err := newClient(ctx, c.settings)
	if err != nil {
		return c.fail("settings", err)
	}
	c.client = client
	name := hostName(client.cluster.URL())
	if _, err := netip.ParseAddr(name); err == nil {
		c.add("dns", Skip, "%s is an address", name)
		return true
	}
	if proxy := proxyFor(client.cluster.URL()); proxy != "" {
		c.add("dns", Skip, "requests go through the proxy %s", proxy)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return c.fail("dns", unreachable(err))
	}
	c.add("dns", OK, "%d addresses", len(addresses))
	return true
}

// proxyFor returns the host of the proxy for an address, "" without one.
func proxyFor(address string) string {
	req, err := http.NewRequest(http.MethodGet, address, http.NoBody) //nolint:noctx // it is not sent
	if err != nil {
		return ""
	}
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil || proxy == nil {
		return ""
	}
	return proxy.Host
}

// checkServer calls the server without a credential. Any response shows that it can be
// reached.
func (c *checkup) checkServer(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	req, err := gen.NewGetCurrentUserInfoRequest(c.client.cluster.URL())
	if err != nil {
		return c.fail("settings", err)
	}
	plain := *c.client.http
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	sent := time.Now()
	resp, err := plain.Do(req.WithContext(ctx))
	if err != nil {
		return c.fail(failedStep(req, err), unreachable(err))
	}
	defer func() { _ = resp.Body.Close() }()
	c.add("connect", OK, "the server responds")
	if resp.TLS == nil {
		c.add("tls", Warn, "not used: the address is http")
	} else {
		c.add("tls", OK, "%s, certificate until %s", tls.VersionName(resp.TLS.Version), resp.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.DateOnly))
	}
	if resp.StatusCode/100 == 3 {
		c.add("server", Warn, "redirects to another page (%s), as with single sign-on: passwords may not work", resp.Status)
	}
	c.checkClock(resp.Header.Get("Date"), sent)
	return true
}

// failedStep returns the check that a call without a response has failed: the connection,
// or TLS on it.
func failedStep(req *http.Request, err error) string {
	var network *net.OpError
	isDial := errors.As(err, &network) && (network.Op == "dial" || network.Op == "proxyconnect")
	if isDial || req.URL.Scheme == "http" {
		return "connect"
	}
	return "tls"
}

// checkClock compares the clock with the one of the server.
func (c *checkup) checkClock(date string, sent time.Time) {
	theirs, err := http.ParseTime(date)
	if err != nil {
		c.add("clock", Skip, "the server does not say what time it is")
		return
	}
	difference := sent.Add(time.Since(sent) / 2).Sub(theirs).Round(time.Second)
	if difference.Abs() > maxClockDifference {
		where := "ahead of"
		if difference < 0 {
			where = "behind"
		}
		c.add("clock", Warn, "this machine is %v %s the server; tokens work, but programs that compare expiry times may fail: set the clock",
			difference.Abs(), where)
		return
	}
	c.add("clock", OK, "within %v of the server", maxClockDifference)
}
