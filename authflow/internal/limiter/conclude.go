package limiter

import (
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// conclude draws the conclusions from an outcome. It reads the traits of the
// class and RetryAfter, and never a status.
func (l *Limiter) conclude(p *Permit, f *outcome.Failure, now time.Time) Verdict {
	class := outcome.OK
	if f != nil {
		class = f.Class
	}
	l.outcomes[p.urgency][class]++
	hadFailed := p.principal.failures >= p.attempt // more often than in this flight
	wasSuspect := p.principal.isSuspect(now) && hadFailed
	if class.Answered() {
		l.answered(p, class, now)
	}
	if f == nil {
		return Verdict{}
	}
	again := f.Retryable() && p.attempt < l.attempts(wasSuspect, now)
	if class.Suspect() {
		l.outage.failed(p.principal, f, now)
		l.failed(p, f, again, now)
	}
	held := p.principal.held(now)
	after := max(l.backoff(p.attempt), held)
	tooLate := after > l.config.Timeout || l.outage.isOverBy(now.Add(after), p.sent, l.config.Timeout)
	if !again || tooLate {
		return Verdict{Held: held}
	}
	return Verdict{Again: true, After: after, Held: held}
}

// answered notes that the server works, and whether p's principal was served.
func (l *Limiter) answered(p *Permit, class outcome.Class, now time.Time) {
	if !p.principal.limited.IsZero() {
		l.pace.limited(p.principal.name, p.principal.limited, now)
	}
	l.budget.fill(now)
	l.outage.end(p, now)
	l.pace.succeeded(now)
	l.principals.trust(p.principal, class)
}

// failed notes a failure of p's principal. It becomes a suspect when its flight
// has failed, after as many failures in a row as a flight has attempts, or when
// the server named a time to wait.
func (l *Limiter) failed(p *Permit, f *outcome.Failure, again bool, now time.Time) {
	who := p.principal
	wasSuspect := who.isSuspect(now)
	if wasSuspect && p.sent.Before(who.lastFailure) {
		who.failure = f // it was sent before the last failure, and adds no evidence
		who.holdFor(l.retryAfter(f), now)
		return
	}
	l.principals.note(who, f, now)
	isPersistent := !again || who.failures >= l.config.MaxAttempts
	if wasSuspect || isPersistent || f.RetryAfter > 0 {
		backoff := l.principals.suspect(who)
		who.holdFor(backoff-l.upTo(backoff/4), p.sent) // so that suspects do not come in step
		who.holdFor(l.retryAfter(f), now)
	}
	if f.Class == outcome.RateLimited && !wasSuspect {
		who.limited = p.sent
	}
}

// recently is how long a success counts as a sign that the server works.
const recently = 2 * time.Second

// attempts returns how many attempts a flight has in all: MaxAttempts, and twice as
// many while anybody succeeds, because a failure is bad luck then. A principal that
// was a suspect before this flight has one.
func (l *Limiter) attempts(wasSuspect bool, now time.Time) int {
	switch {
	case l.config.MaxAttempts == 1:
		return 1
	case l.budget.succeededWithin(recently, now):
		return 2 * l.config.MaxAttempts
	case wasSuspect:
		return 1
	}
	return l.config.MaxAttempts
}

// backoff returns the time between an attempt and the next: 200 ms, doubled each
// time, at random between half and all of it.
func (l *Limiter) backoff(attempt int) time.Duration {
	d := 200 * time.Millisecond << min(max(attempt, 1)-1, 10)
	return d/2 + l.upTo(d/2)
}

// upTo returns a random time of at most d.
func (l *Limiter) upTo(d time.Duration) time.Duration {
	return time.Duration(l.random.Int64N(int64(d) + 1))
}

// maxRetryAfter is the longest Retry-After that holds a principal.
const maxRetryAfter = 5 * time.Minute

// retryAfter returns how long the server asked to wait, up to a quarter longer,
// so that the callers that were told the same do not come back together.
func (l *Limiter) retryAfter(f *outcome.Failure) time.Duration {
	d := min(max(f.RetryAfter, 0), maxRetryAfter)
	return d + l.upTo(d/4)
}
