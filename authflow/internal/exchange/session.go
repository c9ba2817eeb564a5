package exchange

import (
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Session is the cookies of a session in use. It keeps them as
// net/http/cookiejar does, for one origin, within a bound, and by ages: an
// instant of the server's clock is never compared with one of ours (R1). It is
// safe for concurrent use; requests share no lock while the cookies stay as they
// are.
type Session struct {
	origin  *Origin
	idle    time.Duration // how long it may be idle; 0 for no limit
	named   bool          // it began with a cookie named sessionCookie
	began   start
	cookies atomic.Pointer[cookies]

	// The age by each clock of the last request that reached the server. They
	// are two numbers, not one struct, so that requests share no lock; a mixture
	// of two requests at the same time does no harm.
	usedMonotonic, usedWall atomic.Int64

	mu sync.Mutex // held while the cookies are changed
}

// NewSession begins a session with the cookies of the response to a login that
// was sent at sent (S3). It ends after it was idle for idle, if that is not zero.
// NewSession returns nil if the response set no cookie for the API that may be
// sent back.
func NewSession(origin *Origin, sent time.Time, idle time.Duration, h http.Header) *Session {
	s := &Session{origin: origin, idle: idle, began: newStart(sent)}
	s.Update(h, origin.APIPath("auth/session/login"), sent)
	c := s.cookies.Load()
	if c == nil || c.sessionEnd == (age{}) {
		return nil
	}
	return s
}

// Lifetime returns the age at which the session ends because its cookie does: the
// largest Duration for a cookie that does not. Later cookies may put that off.
func (s *Session) Lifetime() time.Duration { return s.cookies.Load().sessionEnd.monotonic }

// Update takes in the cookies of a response that came at now to a request for a
// path. It reports whether the Cookie header has changed.
func (s *Session) Update(h http.Header, reqPath string, now time.Time) bool {
	if len(h["Set-Cookie"]) == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.began.age(now)
	var list []cookie
	old := s.cookies.Load()
	if old != nil {
		list = slices.DeleteFunc(slices.Clone(old.list), func(c cookie) bool { return at.reached(c.end) })
	}
	date, _ := http.ParseTime(h.Get("Date"))
	for _, set := range (&http.Response{Header: h}).Cookies() {
		if c, ok := s.origin.newCookie(set, reqPath); ok {
			c.end = cookieEnd(set, at, date, now)
			list = putCookie(list, c, at)
		}
	}
	if old == nil {
		s.named = slices.ContainsFunc(list, func(c cookie) bool { return c.name == sessionCookie })
	}
	if old != nil && slices.Equal(list, old.list) {
		return false
	}
	changed := newCookies(list, s.isSessionCookie)
	s.cookies.Store(changed)
	return old == nil || old.header[0] != changed.header[0]
}

// isSessionCookie reports whether the session lasts as long as a cookie does.
func (s *Session) isSessionCookie(c cookie) bool {
	return (c.name == sessionCookie || !s.named) && c.isFor(s.origin.api)
}

// Touch notes that a request that was sent at sent has reached the server. A
// request that was sent earlier than the last one changes nothing.
func (s *Session) Touch(sent time.Time) {
	at := s.began.age(sent)
	for last := s.usedMonotonic.Load(); last <= int64(at.monotonic); last = s.usedMonotonic.Load() {
		if s.usedMonotonic.CompareAndSwap(last, int64(at.monotonic)) {
			s.usedWall.Store(int64(at.wall))
			return
		}
	}
}

// IsAlive reports whether the session can be used: it was not idle for too long,
// and has its cookie (S2). The last moments of the idle time are not used, 5 s or
// a twentieth of it: a request takes some time to arrive.
func (s *Session) IsAlive(now time.Time) bool {
	at := s.began.age(now)
	if s.idle > 0 {
		used := age{time.Duration(s.usedMonotonic.Load()), time.Duration(s.usedWall.Load())}
		if at.reached(used.plus(s.idle - min(5*time.Second, s.idle/20))) {
			return false
		}
	}
	return !at.reached(s.cookies.Load().sessionEnd)
}

// Attach adds the session's cookies to req, behind the caller's own, which stay
// as they are except for those of the same names (I5). The value of the header
// may be shared between requests: it may be replaced and must not be written to.
// Attach returns a mark for [Session.ChangedSince].
func (s *Session) Attach(req *http.Request, now time.Time) string {
	c := s.cookies.Load()
	mark := c.header[0]
	own := withoutCookies(takeCookies(req.Header), func(name, _ string) bool {
		return slices.ContainsFunc(c.list, func(one cookie) bool { return one.name == name })
	})
	at := s.began.age(now)
	if own == "" && c.isWhole(at) {
		if mark != "" {
			req.Header["Cookie"] = c.header[:1:1]
		}
		return mark
	}
	if all := joinCookies(own, c.value(req.URL.Path, at)); all != "" {
		req.Header["Cookie"] = []string{all}
	}
	return mark
}

// ChangedSince reports whether the cookies have changed since Attach returned
// mark.
func (s *Session) ChangedSince(mark string) bool { return s.cookies.Load().header[0] != mark }

// Has reports whether a cookie, as name=value, belongs to the session.
func (s *Session) Has(pair string) bool {
	return slices.ContainsFunc(s.cookies.Load().list, func(c cookie) bool { return c.text == pair })
}
