package authflow

import (
	"strings"
	"time"
	"unicode"
)

// Policy says when and how credentials are renewed. The zero value of a field
// means its default.
type Policy struct {
	// RenewAt is the part of the lifetime after which the next request starts the
	// renewal in the background. Optional; 0.8.
	RenewAt float64
	// Jitter is the largest part of the lifetime by which a renewal begins earlier
	// than RenewAt, at random, so that many flows do not renew at once. Optional;
	// 0.05.
	Jitter float64
	// MinTTL is the minimum remaining lifetime of a token that Token returns. A new
	// token that lives for less is returned nevertheless, unless the option [MinTTL]
	// requires more. Optional; the smaller of 10 s and a tenth of the lifetime.
	MinTTL time.Duration
	// Timeout bounds one acquisition with all its attempts, each of which gets an
	// equal share of the time that is left, and one Logout. Of an acquisition, the
	// time in the rate-limit queue does not count, and neither do up to 2 s for the
	// Store and the acquisition of the Flow that this one is built on. Optional; 30 s.
	Timeout time.Duration
	// MaxAttempts is how many calls one acquisition makes if the failures may be
	// temporary. While other calls succeed, it may be doubled; otherwise a user whose
	// last acquisition failed gets one call. Optional; 3.
	MaxAttempts int
	// SessionIdle is how long a session without RememberMe may be idle. Optional;
	// 3 h.
	SessionIdle time.Duration
}

// setDefaults replaces zero values.
func (p *Policy) setDefaults() {
	setDefault(&p.RenewAt, 0.8)
	setDefault(&p.Jitter, min(0.05, p.RenewAt))
	setDefault(&p.Timeout, 30*time.Second)
	setDefault(&p.MaxAttempts, 3)
	setDefault(&p.SessionIdle, 3*time.Hour)
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// check fills in defaults and rejects invalid options.
func (c *Cluster) check() error {
	const op = "New"
	c.policy.setDefaults()
	switch {
	case c.keyErr != nil:
		return c.keyErr
	case c.storeErr != nil:
		return c.storeErr
	case strings.ContainsFunc(c.userAgent, unicode.IsControl):
		return invalid(op, "WithUserAgent", "must not contain control characters")
	case !c.isRateValid():
		return invalid(op, "WithRateLimit", "needs a rate that is not negative, and a burst of at least 1")
	}
	if field, problem := c.policy.problem(); problem != "" {
		return invalid(op, field, problem)
	}
	return nil
}

// isRateValid reports whether the rate limit makes sense. NaN does not.
func (c *Cluster) isRateValid() bool {
	if c.rate == 0 {
		return true
	}
	return c.rate > 0 && c.burst >= 1
}

// problem returns the first invalid field and its problem, or "".
func (p *Policy) problem() (field, problem string) {
	isPart := func(v, most float64) bool { return v >= 0 && v <= most } // false for NaN
	const negative = "must not be negative"
	switch {
	case p.RenewAt == 0 || !isPart(p.RenewAt, 1):
		return "Policy.RenewAt", "must be above 0 and at most 1"
	case !isPart(p.Jitter, p.RenewAt):
		return "Policy.Jitter", "must be from 0 to RenewAt"
	case p.Timeout > 24*time.Hour:
		return "Policy.Timeout", "must not be above 24 hours"
	case p.MinTTL < 0:
		return "Policy.MinTTL", negative
	case p.Timeout < 0:
		return "Policy.Timeout", negative
	case p.SessionIdle < 0:
		return "Policy.SessionIdle", negative
	case p.MaxAttempts < 0:
		return "Policy.MaxAttempts", negative
	}
	return "", ""
}
