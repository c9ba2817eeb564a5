package proxy

import (
	"context"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// exchange is one request to the cluster and its response.
type exchange struct {
	*Proxy
	target string // the path and query for the cluster
	base   string // the address that the caller has for the cluster
}

// proxy returns the reverse proxy for the exchange.
func (e *exchange) proxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Rewrite: e.rewrite, ModifyResponse: e.modifyResponse, ErrorHandler: e.fail,
		Transport:     upstream{e.Proxy},
		FlushInterval: -1, // write what the cluster sends, as soon as it arrives
		ErrorLog:      discard(),
	}
}

// rewrite makes the request for the cluster. ReverseProxy has removed the hop-by-hop
// headers of the caller.
func (e *exchange) rewrite(r *httputil.ProxyRequest) {
	out := r.Out
	out.URL.Scheme, out.URL.Host = e.server.Scheme, e.server.Host
	out.Host = ""
	raw, query, hasQuery := strings.Cut(e.target, "?")
	raw = e.server.EscapedPath() + raw
	out.URL.Path, _ = url.PathUnescape(raw) // net/http has checked it
	out.URL.RawPath = raw
	out.URL.RawQuery, out.URL.ForceQuery = query, hasQuery && query == ""
	out.Trailer = nil
	for _, name := range privateHeaders() {
		out.Header.Del(name)
	}
	for name, values := range out.Header {
		if strings.Contains(strings.Join(values, "\n"), string(e.key)) {
			out.Header.Del(name) // such as a Referer
		}
	}
	if out.Header.Get("Accept-Encoding") == "" {
		out.Header.Set("Accept-Encoding", "identity") // or net/http would decompress, and hold events back
	}
}

// privateHeaders are the headers of the caller that the cluster does not see: the
// credentials, what net/http does itself, and what names another path or method to some
// servers.
func privateHeaders() []string {
	return []string{
		"Authorization", "Cookie", "Cookie2", keyHeader,
		"Connection", "Expect", "Upgrade", "Http2-Settings", "Te", "Sec-Fetch-Mode",
		"X-Original-Url", "X-Rewrite-Url", "X-Http-Method", "X-Http-Method-Override", "X-Method-Override",
	}
}

// modifyResponse removes from a response what is not for the caller.
func (e *exchange) modifyResponse(resp *http.Response) error {
	for name := range resp.Header {
		if isOfCluster(name) {
			resp.Header.Del(name)
		}
	}
	if resp.Header.Get("Location") != "" {
		e.rewriteLocation(resp)
	}
	return nil
}

// isOfCluster reports whether a response header is between the cluster and the proxy, or
// would open the proxy to pages.
func isOfCluster(name string) bool {
	switch name {
	case "Set-Cookie", "Set-Cookie2", "Www-Authenticate", "Authentication-Info", "Alt-Svc":
		return true
	}
	return strings.HasPrefix(name, "Access-Control-")
}

// rewriteLocation makes a Location on the cluster one on the proxy. Any other stays: the
// caller follows it without a credential.
func (e *exchange) rewriteLocation(resp *http.Response) {
	to, err := resp.Location()
	if err != nil {
		resp.Header.Del("Location")
		return
	}
	path, isBelow := strings.CutPrefix(to.EscapedPath(), e.server.EscapedPath())
	isSegment := path == "" || strings.HasPrefix(path, "/")
	if !isSameOrigin(to, e.server) || !isBelow || !isSegment {
		resp.Header.Set("Location", to.String())
		return
	}
	rest := url.URL{RawQuery: to.RawQuery, ForceQuery: to.ForceQuery, Fragment: to.Fragment, RawFragment: to.RawFragment}
	resp.Header.Set("Location", e.base+path+rest.String())
}

func isSameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && portOf(a) == portOf(b)
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// fail writes the response for an error of the Flow or of the network.
func (e *exchange) fail(w http.ResponseWriter, _ *http.Request, err error) { failureOf(err).write(w) }

// upstream sends requests by a Flow, and keeps the 1xx responses and trailers of the
// cluster from ReverseProxy, because they could set cookies.
type upstream struct{ proxy *Proxy }

// RoundTrip implements http.RoundTripper.
func (u upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := u.proxy.flow.Transport().RoundTrip(r.WithContext(withoutValues{r.Context()}))
	u.proxy.rejected.Store(noCredentialBy(err))
	if err != nil {
		return nil, err
	}
	out := *resp
	out.Trailer = nil // net/http sets it in resp, when the body ends
	return &out, nil
}

// withoutValues is a context without values, among them the ClientTrace of ReverseProxy.
type withoutValues struct{ context.Context }

// Value implements context.Context.
func (withoutValues) Value(any) any { return nil }
