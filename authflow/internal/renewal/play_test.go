package renewal

import (
	"fmt"
	"slices"
	"testing/synctest"
	"time"
)

// note keeps what happens, for a failure to tell.
func (w *world) note(format string, args ...any) {
	w.log = append(w.log, fmt.Sprintf("%8v: ", w.m.now)+fmt.Sprintf(format, args...))
}

// expect checks what a call has got by now.
func (w *world) expect(c *call, answer string) {
	w.note("%v -> %s", c, answer)
	if got := w.result(c); got != answer {
		w.complain("%v: %v gets %q, want %q", w.m.now, c, got, answer)
	}
}

// start begins a flight of the model.
func (w *world) start(c *call) *offer {
	o := someOffer(w.seed, len(w.offers)+1)
	o.asked, o.wall, o.users = w.m.now, w.m.wall, 1
	w.offers, w.flying = append(w.offers, o), append(w.flying, o)
	if w.note("%v starts flight %d: %s, after %v", c, o.n, o.brings, o.takes); c.way != extra {
		w.m.flight = o
	}
	if o.asks != nil {
		answer, _ := w.m.ask(o.asks)
		w.note("flight %d: %v -> %s", o.n, o.asks, answer)
		w.nested = append(w.nested, answer)
	}
	return o
}

// happen does one thing, to the Keeper and to the model.
func (w *world) happen() {
	switch r := w.rng.IntN(16); {
	case r < 10: // one calls, or a few do at once
		c, crowd := someCall(w.rng, w.m.now, len(w.offers)), 1
		if c.way != extra && w.rng.IntN(8) == 0 {
			crowd = 5
		}
		calls := make([]*call, crowd)
		for i := range calls {
			again := *c
			calls[i] = &again
			w.begin(calls[i])
		}
		synctest.Wait()
		for _, c := range calls {
			var answer string
			if answer, c.flight = w.m.ask(c); answer != "" {
				w.expect(c, answer)
			} else {
				w.asking = append(w.asking, c)
			}
		}
	case r < 13:
		n, forget := w.rng.IntN(len(w.offers)+1), w.rng.IntN(3) == 0
		if w.m.lease != nil && w.rng.IntN(4) > 0 {
			n = w.m.lease.n
		}
		used := w.m.lease != nil && w.m.lease.n == n && (forget || !w.m.doubted)
		if used {
			w.m.doubted = true
		}
		if used && forget {
			w.m.lease = nil
		}
		w.note("Refuse %d, forget %v -> %v", n, forget, used)
		if w.k.Refuse(w.lease(n), forget) != used {
			w.complain("%v: Refuse %d, forget %v, does not return %v", w.m.now, n, forget, used)
		}
	case r < 15:
		d := time.Duration(w.rng.IntN(13)-6) * time.Second
		w.note("the wall clock moves by %v", d)
		w.m.wall += d
		w.step(d)
	case w.rng.IntN(4) == 0:
		w.note("Close")
		if first := w.close(); first == w.m.closed {
			w.complain("%v: Close returns %v", w.m.now, first)
		}
		synctest.Wait()
		for _, c := range w.asking {
			w.expect(c, "closed")
		}
		w.m.closed, w.m.lease, w.m.flight, w.flying, w.asking = true, nil, nil, nil, nil
	}
}

// pass lets time pass: flights land and callers leave, one after the other.
func (w *world) pass(d time.Duration) {
	for to := w.m.now + d; w.m.now < to; {
		var landing *offer
		var leaving *call
		at := to
		for _, o := range w.flying {
			if end := o.asked + o.takes; end < at {
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
		answer := func(*call) string { return "left" }
		if landing != nil {
			before := 0
			if w.m.lease != nil {
				before = w.m.lease.n
			}
			deserted := landing.left || landing.deserted(&w.m)
			if answer = w.m.land(landing); !deserted {
				w.landed = append(w.landed, fmt.Sprintf("%s, %d before", answer(&call{way: extra}), before))
			}
			w.flying = slices.DeleteFunc(w.flying, func(o *offer) bool { return o == landing })
		}
		w.asking = slices.DeleteFunc(w.asking, func(c *call) bool {
			if c != leaving && (landing == nil || c.flight != landing) {
				return false
			}
			w.expect(c, answer(c))
			c.flight.left = c.way == extra
			c.flight.users--
			return true
		})
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
	fetched, nested, told := w.fetched, slices.Clone(w.got), slices.Clone(w.told)
	w.mu.Unlock()
	if fetched != len(w.offers) {
		w.complain("%v: %d flights, want %d", w.m.now, fetched, len(w.offers))
	}
	if !slices.Equal(nested, w.nested) {
		w.complain("%v: fetches get %q from their own Keeper, want %q", w.m.now, nested, w.nested)
	}
	if !slices.Equal(told, w.landed) {
		w.complain("%v: Landed is told %q, want %q", w.m.now, told, w.landed)
	}
	if l, closed := w.k.Peek(); (l == nil) != (w.m.lease == nil) || l != nil && l.Value != w.m.lease.n || (closed != nil) != w.m.closed {
		w.complain("%v: there is %v, %v, want %v", w.m.now, l, closed, w.m.lease)
	}
}

// compare lets things happen at random and compares them with the model.
func (w *world) compare() {
	w.m.start = w.start
	for range 10 + w.rng.IntN(30) {
		if w.rng.IntN(2) == 0 {
			w.pass(time.Duration(1+w.rng.IntN(3)) * time.Second)
		}
		w.happen()
		if w.fine() {
			w.check()
		}
		if !w.fine() {
			return
		}
	}
	w.pass(time.Minute)
	w.check()
	if len(w.asking) > 0 {
		w.complain("%v never return", w.asking)
	}
}
