package renewal

import "time"

// Forever is a lifetime without limit.
const Forever time.Duration = 1<<63 - 1

// Lease is a credential together with its schedule. A Lease never changes: whether
// it is fresh, due for renewal or expired follows from its age.
type Lease[V any] struct {
	Value V
	// ID recognizes the credential when it appears again; two credentials have
	// different IDs. It holds no secret: use a keyed hash. It is never 0.
	ID uint64
	// RequestedAt is when the credential was requested. Its age counts from then,
	// so that it never looks younger than it is.
	RequestedAt time.Time

	wall                  int64         // RequestedAt by the wall clock, in nanoseconds since 1970
	dueAt, endsAt, goneAt time.Duration // ages
}

// Schedule says how long a credential is used, in ages.
type Schedule struct {
	// Lifetime is how long the credential lives, or Forever.
	Lifetime time.Duration
	// Margin is the last part of the lifetime, in which the credential is used
	// only if no other is available: a request could arrive after its end.
	Margin time.Duration
	// RenewAt is the part of the lifetime after which the credential is renewed.
	// At 0.75, a token of 300 s is renewed when it is 225 s old.
	RenewAt float64
	// Limit is the age at which the credential has certainly expired, for a
	// Lifetime that is our own guess. Until then the credential is used if no
	// other is available. 0 means Lifetime.
	Limit time.Duration
}

// NewLease returns a lease of a credential that was requested at requestedAt. A
// credential that arrives after its renewal is due, such as one from a cache, is
// renewed after RenewAt of its remaining lifetime, but not within a second.
func NewLease[V any](v V, requestedAt time.Time, s Schedule) *Lease[V] {
	l := &Lease[V]{Value: v, RequestedAt: requestedAt, wall: requestedAt.UnixNano(), dueAt: Forever, endsAt: Forever, goneAt: Forever}
	if s.Lifetime == Forever {
		return l
	}
	part := func(d time.Duration) time.Duration { return time.Duration(s.RenewAt * float64(d)) }
	l.dueAt, l.endsAt, l.goneAt = part(s.Lifetime), s.Lifetime-s.Margin, max(s.Lifetime, s.Limit)
	age := l.Age(time.Now())
	if l.dueAt <= age {
		l.dueAt = age + max(time.Second, part(s.Lifetime-age))
	}
	return l
}

// Age returns the age of the lease by the clock that has advanced further. The
// monotonic clock stands still while a machine sleeps, and the wall clock may be
// set back.
func (l *Lease[V]) Age(now time.Time) time.Duration {
	return max(now.Sub(l.RequestedAt), time.Duration(now.UnixNano()-l.wall))
}

// Remaining returns how long the credential may still be used: Forever, or 0 and
// less for one that is used only if no other is available.
func (l *Lease[V]) Remaining(now time.Time) time.Duration { return l.until(l.endsAt, now) }

// RemainingAtMost returns how long the credential may still be alive: Forever, or
// 0 and less for one that has certainly expired.
func (l *Lease[V]) RemainingAtMost(now time.Time) time.Duration { return l.until(l.goneAt, now) }

func (l *Lease[V]) until(age time.Duration, now time.Time) time.Duration {
	if age == Forever {
		return Forever
	}
	return age - l.Age(now)
}
