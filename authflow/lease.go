package authflow

import (
	"math"
	"math/rand/v2"
	"net/http/cookiejar"
	"sync/atomic"
	"time"
)

// defaultLifetime is how long a token lives when neither the request nor the
// answer says (seed, "Token-based authentication").
const defaultLifetime = 300 * time.Second

// How long a session lives (seed, "Cookie-based authentication").
const (
	sessionIdle     = 3 * time.Hour
	sessionRemember = 7 * 24 * time.Hour
)

// never is an age that no lease reaches.
const never = math.MaxInt64

// lease is a credential in use: a bearer token, or a session in its cookies.
// It is immutable but for two ages and the jar's contents, and is replaced as
// a whole. All its times are ages, durations since it was asked for, so that
// the server's clock and the client's are never compared (R1).
type lease struct {
	token  Token          // zero for a session
	header []string       // the Authorization header; nil for a session
	jar    *cookiejar.Jar // the session's cookies; nil for a token

	sent     time.Time     // when it was asked for, by the monotonic clock
	wall     int64         // the same by the wall clock, in nanoseconds
	lifetime time.Duration // age at which it ends
	idle     time.Duration // longest rest between two uses; 0: any

	due  atomic.Int64 // age at which its renewal is to start
	used atomic.Int64 // age at which it was last used
}

// newLease returns a lease that was asked for at sent and lives for lifetime.
func newLease(sent time.Time, lifetime time.Duration) *lease {
	l := &lease{sent: sent, wall: sent.UnixNano(), lifetime: lifetime}
	l.due.Store(never)
	return l
}

// age returns how old the lease is at now. Of the two clocks the one that ran
// further counts: the monotonic clock stands still while a machine is
// suspended, the wall clock may be set back. Counting too much costs a
// renewal, counting too little would keep a dead token.
func (l *lease) age(now time.Time) time.Duration {
	return max(now.Sub(l.sent), time.Duration(now.UnixNano()-l.wall))
}

// alive reports whether the lease may be used at that age.
func (l *lease) alive(age time.Duration) bool {
	return age < l.lifetime && (l.idle == 0 || age-time.Duration(l.used.Load()) < l.idle)
}

// left returns how long the lease lives on; 0 if that depends on its use.
func (l *lease) left(now time.Time) time.Duration {
	if l.lifetime == never {
		return 0
	}
	return max(0, l.lifetime-l.age(now))
}

// touch notes a use, which keeps a session from ending of idleness.
func (l *lease) touch(age time.Duration) {
	if l.idle == 0 {
		return
	}
	for {
		last := l.used.Load()
		if int64(age) <= last || l.used.CompareAndSwap(last, int64(age)) {
			return
		}
	}
}

// schedule sets when renewal starts: at the policy's part of the lifetime, less
// a random part so that many processes spread (R2). A session that ends only
// of idleness is not renewed ahead.
func (l *lease) schedule(p *RenewalPolicy) {
	if l.lifetime == never {
		return
	}
	at := p.At - p.Spread*rand.Float64()
	l.due.Store(int64(at * float64(l.lifetime)))
}
