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

	// Age until which a refusal does not end it: it took the place of one that
	// was refused and was refused as well, so another would hardly help.
	doubt atomic.Int64
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
	l.used.Store(int64(age))
}

// schedule sets when renewal starts: at the policy's part of the lifetime, less
// a random part so that many processes spread (R2). A session that ends only
// of idleness is not renewed ahead.
func (l *lease) schedule(p *RenewalPolicy, now time.Time) {
	if l.lifetime == never {
		return
	}
	at := p.At - p.Spread*rand.Float64()
	due := time.Duration(at * float64(l.lifetime))
	if age := l.age(now); due <= age { // the same token again: ask once more, later
		due = age + max(time.Second, time.Duration(at*float64(l.lifetime-age)))
	}
	l.due.Store(int64(due))
}

// sharedWith reports whether both hold the same token. A source that caches may
// hand out a token again, and so does session/token when called with a token.
func (l *lease) sharedWith(other *lease) bool {
	return other != nil && l.jar == nil && l.token.Value == other.token.Value
}

// inherit gives l the age of another lease of the same token, whose life began
// when that one was asked for.
func (l *lease) inherit(other *lease) {
	if l.sharedWith(other) {
		l.sent, l.wall, l.lifetime = other.sent, other.wall, other.lifetime
	}
}
