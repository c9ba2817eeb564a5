package tokenservice

import (
	"net/url"
	"strings"
	"unicode"
)

// parseOrigin returns an origin as browsers send it, such as https://app.example or
// capacitor://localhost. ok is false if text is not the origin of a page.
//
// Browsers write the scheme in lower case. For http and https they also write the
// host in lower case, and leave out the default port. For other schemes they keep
// the host as the page has it (URL Standard, "opaque host").
func parseOrigin(text string) (origin string, ok bool) {
	u, err := url.Parse(text)
	if err != nil || !isOrigin(u, text) {
		return "", false
	}
	host := u.Host
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(strings.ToLower(host), ":443")
	case "http":
		host = strings.TrimSuffix(strings.ToLower(host), ":80")
	}
	return u.Scheme + "://" + host, true
}

// isOrigin reports whether text, which was parsed to u, is scheme://host or
// scheme://host:port and nothing else.
func isOrigin(u *url.URL, text string) bool {
	isWhole := strings.EqualFold(u.Scheme+"://"+u.Host, text)
	return isWhole && hasPages(u.Scheme) && isHost(u)
}

// hasPages reports whether a page of this scheme can have an origin. The pages of
// the others have the origin "null", or there are none.
func hasPages(scheme string) bool {
	switch scheme {
	case "", "about", "blob", "data", "file", "ftp", "javascript", "ws", "wss":
		return false
	}
	return true
}

// isHost reports whether the host of u is a single name as browsers write it, with
// or without a port: no wildcard, no list, xn-- in place of other alphabets, and
// brackets around IPv6 addresses.
func isHost(u *url.URL) bool {
	isASCII := !strings.ContainsFunc(u.Host, func(c rune) bool { return c > unicode.MaxASCII })
	isOne := !strings.ContainsAny(u.Host, "*,") && !strings.HasSuffix(u.Host, ":")
	isBare := strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(u.Host, "[")
	isName := u.Hostname() != "" && !isBare
	return isName && isASCII && isOne
}

// originOf returns the origin of a URL, or "" if it has none.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
