package tokenservice

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits guards limiters that are used together.
type limits struct{ mu sync.Mutex }

// take takes one from each of the limiters, where nil is no limit, and returns 0.
// Or it takes nothing, and returns how long until it could, and the index of the
// limiter that is empty. So a user over one limit takes nothing from another limit
// (T5). Reservations that are canceled would do it too, but they leave a debt when
// several are made at once.
func (l *limits) take(limiters ...*rate.Limiter) (wait time.Duration, which int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for i, r := range limiters {
		if r == nil {
			continue
		}
		if wait := time.Duration((1 - r.TokensAt(now)) / float64(r.Limit()) * float64(time.Second)); wait > 0 {
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
// Signing out has none: a crowd must not keep a user from it.
func (s *Service) shared(method string) *rate.Limiter {
	if method == http.MethodGet || method == http.MethodHead {
		return s.all
	}
	return nil
}
