package renewal

import (
	"slices"
	"time"
)

// model is what a Keeper promises, said as plainly as possible: it is asked one
// call at a time, and nothing in it waits.
type model struct {
	now, wall        time.Duration // since the beginning; what the wall clock has moved on besides
	lease, flight    *offer        // in use; under way for all callers
	flights          []*offer      // all that are under way
	rejected, closed bool          // the lease; the Keeper
	discarded        bool          // the result of the last flight for all callers
	failures         int           // flights in a row,
	why              string        // the last of them,
	pause            time.Duration // and until when no other begins
	start            func(c *call) *offer

	suspect struct { // the credential that was rejected last
		of                       int
		since, step, until       time.Duration
		known, withheld, untried bool
		cleared                  int
	}
}

func (m *model) age(o *offer) time.Duration { return m.now - o.requested() + max(0, m.wall-o.wall) }

// candidate returns the lease in use if c wants one that is in use.
func (m *model) candidate(c *call) *offer {
	l := m.lease
	if l == nil || c.way == renew || c.way == exclusive || c.way == replace && l.n == c.old {
		return nil
	}
	return l
}

// usable returns the lease that there is for c, or nil.
func (m *model) usable(c *call) *offer {
	l := m.candidate(c)
	if l == nil || m.age(l) >= l.endsAt || m.rejected && c.way != get {
		return nil
	}
	return l
}

// failed returns what c gets when no other lease is available.
func (m *model) failed(c *call, why string) string {
	l := m.candidate(c)
	if l != nil && l == c.inUse && m.age(l) < l.goneAt {
		return l.brings
	}
	return why
}

// pausing returns why no flight begins now, or "".
func (m *model) pausing() string {
	switch {
	case m.now < m.pause:
		return "in a pause: " + m.why
	case m.suspect.withheld && m.now < m.suspect.until:
		return "in a pause: " + ErrRejected.Error()
	}
	return ""
}

// ask returns what c gets at once, or the flight that it waits for.
func (m *model) ask(c *call) (answer string, flight *offer) {
	l, fl := m.usable(c), m.flight
	if c.way == exclusive {
		fl = nil
	}
	c.inUse = m.lease
	due := l != nil && (m.rejected || m.age(l) >= l.dueAt)
	switch {
	case m.closed:
		return "closed", nil
	case l != nil && (!due || fl != nil || c.ended || c.own):
		return l.brings, nil
	case c.ended:
		return "left", nil
	case c.own:
		return m.failed(c, "own flight"), nil
	case fl != nil:
		fl.waiters++
		if c.way == renew && !fl.protected {
			fl.notBefore = c.since
		}
		return "", fl
	case m.pausing() != "" && c.way != renew:
		if l != nil {
			return l.brings, nil
		}
		return m.failed(c, m.pausing()), nil
	}
	fl = m.start(c)
	if l != nil {
		return l.brings, nil
	}
	return "", fl
}

// land ends a flight. It returns what each call gets that waited for it; "" means
// that the call asks again.
func (m *model) land(o *offer) func(c *call) string {
	m.flights = slices.DeleteFunc(m.flights, func(f *offer) bool { return f == o })
	what, good := o.brings, o.does == brings
	if good && m.age(o) >= o.endsAt {
		what, good = "expired", false
	}
	forAll := m.flight == o
	discarded := good && o.began < o.notBefore && o.requested() < o.notBefore
	switch {
	case o.left || o.unused(m): // says nothing of the source
	case !good:
		m.failures, m.why = m.failures+1, what
		m.pause = m.now + pauseAfter(m.failures)
		what = m.pausing()
	default:
		m.failures, m.pause = 0, 0
	}
	if forAll {
		m.flight = nil
	}
	if forAll && good && !o.unused(m) {
		m.discarded = discarded
	}
	if forAll && good && !discarded && !o.unused(m) {
		m.lease, m.rejected = o, false
	}
	return func(c *call) string {
		switch {
		case !good:
			return m.failed(c, what)
		case discarded, c.way == renew && o.began < c.since && o.requested() < c.since:
			return ""
		}
		return what
	}
}

// unused reports whether a flight ends because no caller waits for it.
func (o *offer) unused(_ *model) bool { return o.cancels && o.waiters == 0 }

// reject is Reject or RejectUntried.
func (m *model) reject(o *offer, untried bool) Verdict {
	s := &m.suspect
	quiet := !s.known || m.now-s.until >= stillNew // no back-off ended recently
	switch {
	case s.of == o.n && m.now < s.until:
		return Useless
	case s.of != 0 && s.of != o.n && o.requested() >= s.since && m.age(o) < stillNew:
		s.step = min(max(2*s.step, time.Second), time.Minute)
		s.of, s.until, s.withheld, s.untried, s.known = o.n, m.now+s.step, false, false, true
		return Useless
	}
	if m.lease != o || m.rejected {
		return Replaceable
	}
	if quiet && m.age(o) >= stillNew {
		s.step, s.cleared = 0, 0
	}
	s.of, s.since, s.until, s.withheld, s.untried, s.known = o.n, m.now, 0, false, untried, false
	m.rejected = true
	return NewlyRejected
}

// invalidate is Invalidate or Expire.
func (m *model) invalidate(o *offer, expires bool) bool {
	if m.lease != o {
		return false
	}
	if !expires && m.reject(o, false) == Useless {
		m.suspect.withheld = true
	}
	m.lease, m.rejected = nil, false
	for _, fl := range m.flights {
		fl.notBefore = m.now
	}
	return true
}

// accept is Accepted.
func (m *model) accept(o *offer) {
	if s := &m.suspect; s.untried && s.of != o.n && s.cleared < maxCleared {
		m.clear(s.cleared + 1)
	}
}

// clear ends the suspicion.
func (m *model) clear(times int) {
	m.suspect.of, m.suspect.since, m.suspect.step, m.suspect.until = 0, 0, 0, 0
	m.suspect.known, m.suspect.withheld, m.suspect.untried, m.suspect.cleared = false, false, false, times
}
