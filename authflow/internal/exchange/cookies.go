package exchange

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// How much a session keeps of what a server sets (X2).
const (
	maxCookies       = 64
	maxCookieBytes   = 4096 // of one: name, value and path
	maxCookieSeconds = 1 << 30
)

// sessionCookie is the cookie that is the session.
const sessionCookie = "JSESSIONID"

type cookie struct {
	name, text, domain, path string // text is name=value
	end                      age
}

// cookies are what a session sends. They never change.
type cookies struct {
	list       []cookie  // the longest path first, as RFC 6265 has it
	header     [1]string // of all of them
	everywhere bool      // each of them is for every path
	firstEnd   age       // of the first one that ends
	sessionEnd age       // of the session, with its last cookie; zero if it has none
}

// newCookies returns what a session sends; isSession tells the cookies that the
// session needs.
func newCookies(list []cookie, isSession func(cookie) bool) *cookies {
	c := &cookies{list: list, everywhere: true, firstEnd: never()}
	slices.SortStableFunc(c.list, func(a, b cookie) int { return len(b.path) - len(a.path) })
	texts := make([]string, len(list))
	for i, one := range c.list {
		texts[i] = one.text
		c.everywhere = c.everywhere && one.path == "/"
		c.firstEnd = c.firstEnd.earliest(one.end)
		if isSession(one) {
			c.sessionEnd = c.sessionEnd.latest(one.end)
		}
	}
	c.header[0] = strings.Join(texts, "; ")
	return c
}

// isWhole reports whether all of the cookies are sent at an age, to any path.
func (c *cookies) isWhole(at age) bool { return c.everywhere && !at.reached(c.firstEnd) }

// value returns the Cookie header for a path at an age.
func (c *cookies) value(reqPath string, at age) string {
	if c.isWhole(at) {
		return c.header[0]
	}
	var b strings.Builder
	b.Grow(len(c.header[0]))
	for i := range c.list {
		one := &c.list[i]
		if at.reached(one.end) || !one.isFor(cmp.Or(reqPath, "/")) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("; ")
		}
		b.WriteString(one.text)
	}
	return b.String()
}

// isFor reports whether a cookie is sent with a request for a path.
func (c *cookie) isFor(reqPath string) bool {
	rest, ok := strings.CutPrefix(reqPath, c.path)
	isWhole := rest == "" || rest[0] == '/' || strings.HasSuffix(c.path, "/")
	return ok && isWhole
}

// newCookie reads a cookie that the response to a request for a path has set. It
// reports false for one that is not for this origin, is too long, or is Secure
// where the origin is not. A Secure cookie must not replace ours there: it would not
// be sent back, so an attacker who can write into plain http could end the session.
func (o *Origin) newCookie(set *http.Cookie, reqPath string) (cookie, bool) {
	domain, ok := o.cookieDomain(set.Domain)
	isTooLong := len(set.Name)+len(set.Value)+len(set.Path) > maxCookieBytes
	isBarred := set.Secure && !o.isSecure()
	if !ok || isTooLong || isBarred {
		return cookie{}, false
	}
	c := cookie{name: set.Name, text: set.Name + "=" + set.Value, domain: domain, path: set.Path}
	if set.Quoted {
		c.text = set.Name + `="` + set.Value + `"`
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = defaultPath(reqPath)
	}
	return c, true
}

// isSecure reports whether Secure cookies may be sent to the origin: by https,
// or without leaving the machine.
func (o *Origin) isSecure() bool { return o.scheme == "https" || o.host.isLoopback() }

// cookieDomain returns the domain that gets a cookie, and whether the server may
// set it: for its own host, or for a domain that its host is in. An address is in no domain.
func (o *Origin) cookieDomain(attribute string) (string, bool) {
	own := o.host.String()
	domain := strings.ToLower(strings.TrimPrefix(attribute, "."))
	switch {
	case attribute == "", attribute == own:
		return own, true
	case o.host.isAddress():
		return domain, false
	case domain == own:
		return own, true
	}
	isTopLevel := !strings.Contains(domain, ".")
	return domain, !isTopLevel && strings.HasSuffix(own, "."+domain)
}

// defaultPath is the path of a cookie without one (RFC 6265, section 5.1.4).
func defaultPath(reqPath string) string {
	i := strings.LastIndexByte(reqPath, '/')
	if i > 0 && reqPath[0] == '/' {
		return reqPath[:i]
	}
	return "/"
}

// cookieEnd returns the age at which a cookie ends that was set at now, when the
// session had the age at. Expires counts from date, the Date of the response,
// because both are of the server's clock. A proxy's clock may have written the
// Date: if a cookie would have ended by it, it is kept if it is alive by ours.
// An empty value is a cookie that is to be deleted.
func cookieEnd(set *http.Cookie, at age, date, now time.Time) age {
	switch {
	case set.MaxAge < 0:
		return at
	case set.MaxAge > 0:
		return at.plus(time.Duration(min(set.MaxAge, maxCookieSeconds)) * time.Second)
	case set.Expires.IsZero():
		return never()
	}
	life := set.Expires.Sub(now)
	if !date.IsZero() {
		byDate := set.Expires.Sub(date)
		if byDate > 0 || set.Value == "" {
			life = byDate
		}
	}
	return at.plus(min(max(0, life), maxCookieSeconds*time.Second))
}

// putCookie returns list with c in it, or without the one that c deletes.
func putCookie(list []cookie, c cookie, at age) []cookie {
	if len(list) == maxCookies && c.name == sessionCookie {
		list = list[:maxCookies-1]
	}
	i := slices.IndexFunc(list, func(o cookie) bool { return o.name == c.name && o.domain == c.domain && o.path == c.path })
	isOver := at.reached(c.end)
	switch {
	case i >= 0 && isOver:
		return slices.Delete(list, i, i+1)
	case i >= 0:
		list[i] = c
	case !isOver && len(list) < maxCookies:
		return append(list, c)
	}
	return list
}
