package renewal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// play plays the schedule of a seed and returns the problem.
func play(t *testing.T, seed uint64) (trouble string) {
	w := newWorld(seed)
	if trouble = live(t, w, w.compare); trouble == "" && seed%4 == 0 {
		w = newWorld(seed)
		w.loose = true
		trouble = live(t, w, w.storm)
	}
	return trouble
}

// A failure prints its seed. RENEWAL_SEED replays the schedule of a seed. `make crowds`
// plays ten times as many.
func TestR4_RandomSchedule_EndsAsTheModelSays(t *testing.T) {
	n, seed := uint64(1000), rand.Uint64()
	if os.Getenv("TSAUTH_CROWDS") != "" {
		n = 10_000
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

// compare lets things happen at random and compares them with the model.
func (w *world) compare() {
	w.m.start = w.start
	for range 10 + w.rng.IntN(30) {
		if w.rng.IntN(2) == 0 {
			w.pass(time.Duration(1+w.rng.IntN(3)) * time.Second)
		}
		if w.ambiguous || !w.fine() {
			return
		}
		w.happen()
		if w.fine() {
			w.check()
		}
	}
	w.pass(time.Minute)
	if w.ambiguous || !w.fine() {
		return
	}
	w.check()
	if len(w.asking) > 0 {
		w.complain("%v never return", w.asking)
	}
}

// note keeps what happens, for a failure to tell.
func (w *world) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%8v: ", w.m.now)+fmt.Sprintf(format, args...))
}

// expect checks what a call got.
func (w *world) expect(c *call, answer string) {
	w.note("%v -> %s", c, answer)
	if got := w.result(c); got != answer {
		w.complain("%v: %v gets %q, want %q", w.m.now, c, got, answer)
	}
}

// start begins a flight of the model.
func (w *world) start(c *call) *offer {
	o := someOffer(w.seed, len(w.offers)+1)
	o.began, o.wall, o.waiters, o.protected = w.m.now, w.m.wall, 1, w.m.discarded
	w.offers, w.m.flights = append(w.offers, o), append(w.m.flights, o)
	w.note("%v starts flight %d: %s, after %v", c, o.n, o.brings, o.takes)
	if c.way != exclusive {
		w.m.flight = o
	}
	if o.asks != nil {
		o.asks.since = w.m.now
		answer, _ := w.m.ask(o.asks)
		w.note("flight %d: %v -> %s", o.n, o.asks, answer)
		w.nested = append(w.nested, answer)
	}
	return o
}

// happen does one thing, to the Keeper and to the model.
func (w *world) happen() {
	switch r := w.rng.IntN(20); {
	case r < 12:
		w.happenCalls()
	case r < 17:
		w.happenVerdict()
	case r < 19:
		d := time.Duration(w.rng.IntN(13)-6) * time.Second
		w.note("the wall clock moves by %v", d)
		w.m.wall += d
		w.step(d)
	case w.rng.IntN(3) == 0:
		w.note("Close")
		if first := w.close(); first == w.m.closed {
			w.complain("%v: Close returns %v", w.m.now, first)
		}
		synctest.Wait()
		for _, c := range w.asking {
			w.expect(c, "closed")
		}
		w.m.closed, w.m.lease, w.m.flight, w.m.flights, w.asking = true, nil, nil, nil, nil
	}
}

// happenCalls makes a call, or a few at once.
func (w *world) happenCalls() {
	c, crowd := someCall(w.rng, w.m.now, len(w.offers)), 1
	if c.way != exclusive && w.rng.IntN(8) == 0 {
		crowd = 5
	}
	c.since = w.m.now
	calls := make([]*call, crowd)
	for i := range calls {
		again := *c
		calls[i] = &again
		w.begin(calls[i])
	}
	synctest.Wait()
	for _, c := range calls {
		w.ask(c)
	}
}

// ask asks the model.
func (w *world) ask(c *call) {
	answer, flight := w.m.ask(c)
	if answer != "" {
		w.expect(c, answer)
		return
	}
	c.flight = flight
	w.asking = append(w.asking, c)
}

// happenVerdict says something of a lease, most often of the one in use.
func (w *world) happenVerdict() {
	n := w.rng.IntN(len(w.offers) + 1)
	if w.m.lease != nil && w.rng.IntN(4) > 0 {
		n = w.m.lease.n
	}
	l := w.lease(n)
	if l == nil {
		return
	}
	o := w.offers[n-1]
	what, got, want := "", any(nil), any(nil)
	switch w.rng.IntN(8) {
	case 0, 1:
		what, got, want = "Reject", w.k.Reject(l), w.m.reject(o, false)
	case 2, 3:
		what, got, want = "RejectUntried", w.k.RejectUntried(l), w.m.reject(o, true)
	case 4:
		what, got, want = "Invalidate", w.k.Invalidate(l), w.m.invalidate(o, false)
	case 5:
		what, got, want = "Expire", w.k.Expire(l), w.m.invalidate(o, true)
	case 6:
		what = "Accepted"
		w.k.Accepted(l)
		w.m.accept(o)
	case 7:
		what = "AcceptedAgain"
		w.k.AcceptedAgain()
		w.m.clear(0)
	}
	w.note("%s %d -> %v", what, n, want)
	if got != want {
		w.complain("%v: %s %d returns %v, want %v", w.m.now, what, n, got, want)
	}
}

// pass lets time pass: flights land and callers leave, one after the other.
func (w *world) pass(d time.Duration) {
	for to := w.m.now + d; w.m.now < to && !w.ambiguous; {
		var landing *offer
		var leaving *call
		at := to
		for _, o := range w.m.flights {
			if end := o.began + o.takes; end < at {
				at, landing = end, o
			}
		}
		for _, c := range w.asking {
			if c.deadline > 0 && c.deadline < at {
				at, landing, leaving = c.deadline, nil, c
			}
		}
		time.Sleep(at - w.m.now) // fake clock
		synctest.Wait()
		w.m.now = at
		switch {
		case landing != nil:
			w.land(landing)
		case leaving != nil:
			w.expect(leaving, "left")
			leaving.flight.left = leaving.way == exclusive
			leaving.flight.waiters--
			w.asking = slices.DeleteFunc(w.asking, func(c *call) bool { return c == leaving })
		}
	}
}

// land ends a flight of the model. Calls that ask again do so at the same instant:
// the model cannot say how that ends if one of them is answered at once.
func (w *world) land(o *offer) {
	before := 0
	if w.m.lease != nil {
		before = w.m.lease.n
	}
	quiet := o.left || o.unused(&w.m)
	answer := w.m.land(o)
	if what := answer(&call{way: exclusive}); !quiet && what != "" {
		w.told = append(w.told, fmt.Sprintf("%s, %d before", what, before))
	}
	var again []*call
	w.asking = slices.DeleteFunc(w.asking, func(c *call) bool {
		if c.flight != o {
			return false
		}
		if what := answer(c); what != "" {
			w.expect(c, what)
		} else {
			w.note("%v asks again", c)
			again = append(again, c)
		}
		return true
	})
	for _, c := range again {
		different := c.way != again[0].way || c.old != again[0].old
		w.ambiguous = w.ambiguous || different && (w.m.pausing() != "" || w.m.usable(c) != nil)
	}
	if w.ambiguous {
		return
	}
	for _, c := range again {
		w.ask(c)
	}
}

// check compares what the Keeper and the model have come to.
func (w *world) check() {
	for _, c := range w.asking {
		if got := w.result(c); got != "" {
			w.complain("%v: %v gets %q and should wait", w.m.now, c, got)
		}
	}
	w.mu.Lock()
	acquired, nested, told := w.acquired, slices.Clone(w.got), slices.Clone(w.completed)
	w.mu.Unlock()
	if acquired != len(w.offers) {
		w.complain("%v: %d flights, want %d", w.m.now, acquired, len(w.offers))
	}
	if !slices.Equal(nested, w.nested) {
		w.complain("%v: functions get %q from their own Keeper, want %q", w.m.now, nested, w.nested)
	}
	if !slices.Equal(told, w.told) {
		w.complain("%v: the Source is told %q, want %q", w.m.now, told, w.told)
	}
	l, closed := w.k.Peek()
	if (l == nil) != (w.m.lease == nil) || l != nil && l.Value != w.m.lease.n || (closed != nil) != w.m.closed {
		w.complain("%v: there is %v, %v, want %v", w.m.now, l, closed, w.m.lease)
	}
}
