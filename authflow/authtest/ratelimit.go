package authtest

import (
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// RateLimit bounds the calls that arrive from one client address, of whatever
// kind. The zero value bounds nothing.
type RateLimit struct {
	// PerSecond is how many calls a second are let through in the long run.
	PerSecond float64
	// Burst is how many may come at once; at least 1.
	Burst int
	// RetryAfter, if not 0, adds a Retry-After header to what is answered with
	// 429, in whole seconds rounded up: the time until the next call is let
	// through, and at least this long.
	RetryAfter time.Duration
}

// WithRateLimit lets each client address make perSecond calls a second, of
// whatever kind, after the first burst ones; what is more is answered with 429.
// The server's own limit is 100 and 10 (from 26.2). Without it there is none.
//
// Clients in process are all at one address, except for those of
// [Simulator.ClientAt]. The clock of this is the real one, or the bubble's:
// [Simulator.Advance] lets nobody make more calls.
func WithRateLimit(perSecond float64, burst int) Option {
	return func(s *settings) { s.rateLimit.PerSecond, s.rateLimit.Burst = perSecond, burst }
}

// WithRetryAfter adds a Retry-After header to what [WithRateLimit] answers; see
// [RateLimit].
func WithRetryAfter(d time.Duration) Option {
	return func(s *settings) { s.rateLimit.RetryAfter = max(d, 1) }
}

// SetRateLimit changes the rate limit, and forgets which calls have been made.
// It panics if the limit would let nothing through.
func (s *Simulator) SetRateLimit(limit RateLimit) {
	switch {
	case !(limit.PerSecond >= 0) || math.IsInf(limit.PerSecond, 1):
		must(mistakef("rate_limit.per_second", "a rate limit of %v calls a second", limit.PerSecond))
	case limit.PerSecond > 0 && limit.Burst < 1:
		must(mistakef("rate_limit.burst", "a rate limit with a burst of %d lets no call through", limit.Burst))
	case limit.PerSecond > 0 && float64(limit.Burst)/limit.PerSecond > maxRefill.Seconds():
		must(mistakef("rate_limit.per_second", "a rate limit of %v calls a second takes years to allow %d", limit.PerSecond, limit.Burst))
	}
	l := &s.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.next = limit, make(map[string]time.Time)
}

// maxRefill is how long it may take until as many calls as the burst are let
// through again: a [time.Duration] has an end.
const maxRefill = 100 * 365 * 24 * time.Hour

// limiter counts the calls of each client address.
type limiter struct {
	mu    sync.Mutex
	limit RateLimit
	next  map[string]time.Time // when the next call would be due if there were no burst
}

// wait lets a call through and returns 0, or returns how long it is too early.
func (l *limiter) wait(host string) (time.Duration, RateLimit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now() // under the lock: a call that waited for it is not early
	if l.limit.PerSecond == 0 {
		return 0, l.limit
	}
	each := time.Duration(float64(time.Second) / l.limit.PerSecond)
	next := l.next[host]
	if next.Before(now) {
		next = now
	}
	wait := next.Sub(now) - time.Duration(l.limit.Burst-1)*each
	if wait <= 0 {
		l.next[host] = next.Add(each)
		return 0, l.limit
	}
	return wait, l.limit
}

// exceeded reports whether a call is one too many, and responds to it if so.
func (s *Simulator) exceeded(w http.ResponseWriter, r *http.Request) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	s.lock(exchangeOf(r.Context()))
	wait, limit := s.limiter.wait(host)
	s.mu.Unlock()
	if wait == 0 {
		return false
	}
	if limit.RetryAfter > 0 {
		seconds := math.Ceil(max(wait, limit.RetryAfter).Seconds())
		w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	s.refuse(w, refusalFor(http.StatusTooManyRequests, "too many requests"))
	return true
}
