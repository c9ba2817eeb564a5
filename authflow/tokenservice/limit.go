package tokenservice

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits guards limiters that are used together.
type limits struct{ mu sync.Mutex }

// take takes one from each of the limiters, where nil is no limit, and returns 0.
// Or it takes nothing, and returns how long until it could, and which limiter says
// so: who is refused by their own takes nothing from the others, and the other way
// round (T5). Reservations that are cancelled would do, but leave a debt when
// several are under way.
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
