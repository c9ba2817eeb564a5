package renewal

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// model is what a Keeper promises, as plainly as it can be said: it is asked
// one call at a time, and nothing in it waits.
type model struct {
	now, wall       time.Duration        // since the beginning; what the wall clock has moved on besides
	lease, flight   *offer               // in use, and under way for all
	doubted, closed bool                 // the lease; the Keeper
	failed          int                  // how many flights in a row,
	why             string               // and the last of them
	pause           time.Duration        // until when
	start           func(c *call) *offer // a flight
}

func (m *model) age(o *offer) time.Duration { return m.now - o.asked + max(0, m.wall-o.wall) }

// serving returns the lease that there is for c, or nil.
func (m *model) serving(c *call) *offer {
	if l := m.lease; l != nil && c.way != extra && l.n != c.old && m.age(l) < l.dead {
		return l
	}
	return nil
}

// ask returns what c gets at once, or the flight that it waits for.
func (m *model) ask(c *call) (answer string, flight *offer) {
	l := m.serving(c)
	switch {
	case l != nil && !m.doubted && m.age(l) < l.due: // no other is wanted
	case m.closed:
		answer = "closed"
	case c.own:
		answer = "own flight"
	case c.ended:
		answer = "left"
	case c.way != extra && m.flight != nil:
		if flight = m.flight; l == nil || m.doubted && c.way != unsure {
			flight.users++
		}
	case c.way != force && m.now < m.pause:
		answer = "in a pause: " + m.why
	default:
		flight = m.start(c)
	}
	if l != nil && (!m.doubted || c.way == unsure || answer != "" && !c.ended) {
		return l.brings, nil
	}
	return answer, flight
}

// land ends a flight and returns what each call gets that waited for it.
func (m *model) land(o *offer) func(c *call) string {
	what, good := o.brings, o.does == brings
	if good && m.age(o) >= o.dead {
		what, good = "dead", false
	}
	switch {
	case o.left || o.deserted(m): // nobody learns anything
	case !good:
		m.failed, m.why = m.failed+1, what
		m.pause = m.now + pauseAfter(m.failed)
	case m.flight == o:
		m.lease, m.doubted = o, false
		fallthrough
	default:
		m.failed, m.pause = 0, 0
	}
	if m.flight == o {
		m.flight = nil
	}
	return func(c *call) string {
		if l := m.serving(c); l != nil && !good {
			return l.brings // refused, and still the best
		}
		return what
	}
}

// deserted reports whether a flight ends because all who waited for it have left.
func (o *offer) deserted(m *model) bool { return o.leaves && o.users == 0 && m.flight == o }

// play plays the schedule of a seed and returns what is wrong.
func play(t *testing.T, seed uint64) (trouble string) {
	w := newWorld(seed)
	if trouble = live(t, w, w.compare); trouble == "" && seed%4 == 0 {
		w = newWorld(seed)
		w.loose = true
		trouble = live(t, w, w.storm)
	}
	return trouble
}

// RENEWAL_SEED plays the schedule of one seed, which a failure prints.
func TestRandomSchedules(t *testing.T) {
	n, seed := uint64(10_000), rand.Uint64()
	if testing.Short() {
		n = 1000
	}
	if s, err := strconv.ParseUint(os.Getenv("RENEWAL_SEED"), 10, 64); err == nil {
		n, seed = 1, s
	}
	for i := range n {
		if trouble := play(t, seed+i); trouble != "" {
			t.Fatal(trouble)
		}
	}
}

func FuzzSchedule(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		if trouble := play(t, seed); trouble != "" {
			t.Fatal(trouble)
		}
	})
}
