package control

import (
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guard keeps pages in browsers away from h. The Host header defends against a
// name that a page's owner lets point to the loopback interface, Origin and
// Sec-Fetch-Site against requests from other origins. The content types are
// those that no page can send without asking first, and it gets no permission.
func guard(h http.Handler, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch {
		case !local(r.Host, hosts):
			reject(w, &rejection{http.StatusForbidden, "Host", "the control API is not served to that host"})
		case !sameOrigin(r):
			reject(w, &rejection{http.StatusForbidden, "Origin", "the control API is not served to pages of other origins"})
		case !sendable(r):
			reject(w, &rejection{http.StatusUnsupportedMediaType, "Content-Type", "it must be application/json, or application/yaml for a document"})
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// local reports whether a Host header names the loopback interface, or one of
// the hosts that the owner of the control API has named.
func local(host string, hosts []string) bool {
	name := strings.ToLower((&url.URL{Host: host}).Hostname())
	if slices.Contains(hosts, AnyHost) || name == "localhost" || slices.ContainsFunc(hosts, func(h string) bool { return strings.EqualFold(h, name) }) {
		return true
	}
	ip := net.ParseIP(name)
	return ip != nil && ip.IsLoopback()
}

func sameOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	isOne := err == nil && len(origins) == 1
	return isOne && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func sendable(r *http.Request) bool {
	if r.ContentLength == 0 && r.Header.Get("Content-Type") == "" {
		return true
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (media == "application/json" || media == "application/yaml")
}
