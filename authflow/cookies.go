package authflow

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// session is a cookie session in use. Its cookies are kept as net/http/cookiejar
// keeps them, but for one origin, within a bound, and by ages (R1): an instant
// of the server's clock is never compared with one of ours. Requests share
// no lock while the cookies do not change.
type session struct {
	origin  *origin
	bounded bool // it ends of idleness
	named   bool // it began with a cookie of the name sessionCookie
	cookies atomic.Pointer[cookies]
	used    atomic.Int64 // age at which the server last heard of it
	sent    atomic.Int64 // how long after the log-in that was sent

	mu sync.Mutex // held to change the cookies
}

// cookies are what a session sends. They never change.
type cookies struct {
	list   []cookie
	header string        // of them all, if each is for every path
	whole  bool          // header may be used
	until  time.Duration // age at which the first of them ends
	main   time.Duration // age at which the session does, for want of a cookie
}

type cookie struct {
	name, text, domain, path string // text is name=value
	ends                     time.Duration
}

// How much a session keeps of what a server sets.
const (
	maxCookies     = 64
	maxCookieBytes = 4096    // of one: name, value and path
	maxCookieAge   = 1 << 30 // in seconds
)

// sessionCookie is the cookie that is the session.
const sessionCookie = "JSESSIONID"

// set takes in the cookies of an answer to a request for a path, which came at
// age. It reports whether that changed anything.
func (s *session) set(h http.Header, reqPath string, age time.Duration) bool {
	if len(h["Set-Cookie"]) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []cookie
	old := s.cookies.Load()
	if old != nil {
		list = slices.DeleteFunc(slices.Clone(old.list), func(c cookie) bool { return c.ends <= age })
	}
	date, dateErr := http.ParseTime(h.Get("Date"))
	for _, c := range (&http.Response{Header: h}).Cookies() {
		domain, ok := s.domain(c.Domain)
		if !ok || len(c.Name)+len(c.Value)+len(c.Path) > maxCookieBytes {
			continue
		}
		in := cookie{name: c.Name, text: c.Name + "=" + c.Value, domain: domain, path: c.Path, ends: renewal.Forever}
		if c.Quoted {
			in.text = c.Name + `="` + c.Value + `"`
		}
		if !strings.HasPrefix(in.path, "/") {
			in.path = "/"
			if i := strings.LastIndexByte(reqPath, '/'); i > 0 && reqPath[0] == '/' {
				in.path = reqPath[:i]
			}
		}
		switch {
		case c.MaxAge < 0, c.Secure && s.origin.scheme != "https": // which would never be sent
			in.ends = age
		case c.MaxAge > 0:
			in.ends = age + min(time.Duration(c.MaxAge), maxCookieAge)*time.Second
		case !c.Expires.IsZero() && dateErr == nil:
			in.ends = age + min(c.Expires.Sub(date), maxCookieAge*time.Second)
		case !c.Expires.IsZero():
			in.ends = age + min(time.Until(c.Expires), maxCookieAge*time.Second)
		}
		if len(list) == maxCookies && in.name == sessionCookie {
			list = list[:maxCookies-1]
		}
		same := func(o cookie) bool { return o.name == in.name && o.domain == in.domain && o.path == in.path }
		switch i := slices.IndexFunc(list, same); {
		case i >= 0 && in.ends <= age:
			list = slices.Delete(list, i, i+1)
		case i >= 0:
			list[i] = in
		case in.ends > age && len(list) < maxCookies:
			list = append(list, in)
		}
	}
	if old == nil {
		s.named = slices.ContainsFunc(list, func(c cookie) bool { return c.name == sessionCookie })
	}
	if old != nil && slices.Equal(list, old.list) {
		return false
	}
	now := s.bake(list)
	s.cookies.Store(now)
	return old == nil || old.header != now.header
}

// domain returns whom a cookie is for, and whether that may be: our host, or a
// domain that it is in.
func (s *session) domain(attribute string) (string, bool) {
	host, domain := strings.ToLower(s.origin.host), strings.ToLower(strings.TrimPrefix(attribute, "."))
	named := net.ParseIP(host) == nil // an address is in no domain
	if attribute == "" || attribute == host || named && domain == host {
		return host, true
	}
	return domain, named && strings.Contains(domain, ".") && strings.HasSuffix(host, "."+domain)
}

func (s *session) bake(list []cookie) *cookies {
	c := &cookies{list: list, whole: true, until: renewal.Forever}
	slices.SortStableFunc(c.list, func(a, b cookie) int { return len(b.path) - len(a.path) })
	texts := make([]string, len(list))
	for i, one := range c.list {
		texts[i] = one.text
		c.whole = c.whole && one.path == "/"
		c.until = min(c.until, one.ends)
		if (one.name == sessionCookie || !s.named) && one.isFor(s.origin.api) {
			c.main = max(c.main, one.ends)
		}
	}
	c.header = strings.Join(texts, "; ")
	return c
}

// at returns the Cookie header for a path at an age.
func (c *cookies) at(reqPath string, age time.Duration) string {
	if c.whole && age < c.until {
		return c.header
	}
	var texts []string
	for _, one := range c.list {
		if one.ends > age && one.isFor(cmp.Or(reqPath, "/")) {
			texts = append(texts, one.text)
		}
	}
	return strings.Join(texts, "; ")
}

// isFor reports whether a cookie is sent with a request for a path.
func (c *cookie) isFor(reqPath string) bool {
	rest, ok := strings.CutPrefix(reqPath, c.path)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(c.path, "/"))
}

// heard notes that the server has heard of the session at age, unless it has
// heard of it since: sent counts by the clock that is never set.
func (s *session) heard(sent, age time.Duration) {
	for last := s.sent.Load(); last <= int64(sent); last = s.sent.Load() {
		if s.sent.CompareAndSwap(last, int64(sent)) {
			s.used.Store(int64(age))
			return
		}
	}
}

// alive reports whether the session can be used at an age: it has not rested
// for too long, and has a cookie for the API (S2).
func (s *session) alive(age, idle time.Duration) bool {
	if s.bounded && age-time.Duration(s.used.Load()) >= idle-min(5*time.Second, idle/20) {
		return false
	}
	return age < s.cookies.Load().main
}

// attachCookies adds the session's cookies to req, after the caller's own,
// which stay as they are but for those of the same names (I5). It returns the
// cookies that it took.
func (s *session) attach(req *http.Request, age time.Duration) *cookies {
	c := s.cookies.Load()
	ours := joinCookies(without(takeCookies(req.Header), func(name, _ string) bool {
		return slices.ContainsFunc(c.list, func(one cookie) bool { return one.name == name })
	}), c.at(req.URL.Path, age))
	if ours != "" {
		req.Header["Cookie"] = []string{ours}
	}
	return c
}

// takeCookies removes the Cookie headers, in any spelling, and returns them as
// one.
func takeCookies(h http.Header) string {
	var all []string
	for name, values := range h {
		if strings.EqualFold(name, "Cookie") {
			all = append(all, values...)
			delete(h, name)
		}
	}
	return strings.Join(all, "; ")
}

// without returns a Cookie header but for some of its pairs, byte for byte.
func without(header string, drop func(name, pair string) bool) string {
	var kept []string
	dropped := false
	for part := range strings.SplitSeq(header, ";") {
		pair := strings.TrimSpace(part)
		if name, _, _ := strings.Cut(pair, "="); drop(strings.TrimSpace(name), pair) {
			dropped = true
		} else {
			kept = append(kept, part)
		}
	}
	if !dropped {
		return header
	}
	return strings.TrimSpace(strings.Join(kept, ";"))
}

func joinCookies(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
