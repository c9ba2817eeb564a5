package authtest

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// WithRateLimit lets each client address make perSecond calls a second, of
// whatever kind, after the first burst ones; what is more is answered with 429.
// The server's own limit is 100 and 10 (from 26.2). Without it there is none.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.rate, s.burst = perSecond, burst }
}

// WithRetryAfter adds a Retry-After header, in whole seconds rounded up, to
// what [WithRateLimit] answers: the time until the next call is let through, and
// at least d.
func WithRetryAfter(d time.Duration) Option {
	return func(s *settings) { s.retryAfter = max(d, 1) }
}

// limiter counts the calls of each client address.
type limiter struct {
	mu   sync.Mutex
	next map[string]time.Time // when the next call would be due if there were no burst
}

// exceeded reports whether a call is one too many, and answers it if so.
func (s *Simulator) exceeded(w http.ResponseWriter, r *http.Request) bool {
	if s.settings.rate <= 0 {
		return false
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	l, now := &s.limiter, time.Now() // by the real clock: Advance lets nobody make more calls
	each := time.Duration(float64(time.Second) / s.settings.rate)
	l.mu.Lock()
	if l.next == nil {
		l.next = make(map[string]time.Time)
	}
	next := l.next[host]
	if next.Before(now) {
		next = now
	}
	wait := next.Sub(now) - time.Duration(s.settings.burst-1)*each
	if wait <= 0 {
		l.next[host] = next.Add(each)
	}
	l.mu.Unlock()
	if wait <= 0 {
		return false
	}
	if s.settings.retryAfter > 0 {
		seconds := math.Ceil(max(wait, s.settings.retryAfter).Seconds())
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	s.refuse(w, refusalFor(http.StatusTooManyRequests, "too many requests"))
	return true
}
