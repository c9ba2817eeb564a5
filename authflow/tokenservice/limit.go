package tokenservice

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits guards limiters that are used together.
type limits struct{ mu sync.Mutex }

// take takes one request from each of the limiters, where nil is no limit, and returns
// 0. If a limiter is empty, it takes nothing, and returns how long to wait for that
// limiter, and its index. So a user over one limit takes nothing from another limit
// (T5). Canceled reservations would not do: they leave a debt when several are made at
// once.
func (l *limits) take(limiters ...*rate.Limiter) (wait time.Duration, which int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for i, r := range limiters {
		if r == nil {
			continue
		}
		wait = time.Duration((1 - r.TokensAt(now)) / float64(r.Limit()) * float64(time.Second))
		if wait > 0 {
			return wait, i
		}
	}
	for _, r := range limiters {
		if r != nil {
			r.AllowN(now, 1)
		}
	}
	return 0, 0
}

// shared returns the limit of all users together on requests of a method, or nil.
// Signing out is not limited by it: a crowd must not keep a user from signing out.
func (s *Service) shared(method string) *rate.Limiter {
	if method == http.MethodGet || method == http.MethodHead {
		return s.all
	}
	return nil
}
