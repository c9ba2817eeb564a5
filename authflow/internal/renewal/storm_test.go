package renewal

import (
	"testing/synctest"
	"time"
)

// storm lets things happen at the same instants: calls, landings, ends of
// contexts, refusals, Close. Then the model cannot tell who is first; what holds
// whoever it is, is checked by begin and by Fetch.
func (w *world) storm() {
	var calls []*call
	for range 20 {
		for range w.rng.IntN(6) {
			c := someCall(w.rng, time.Since(w.began), w.rng.IntN(10))
			if c.deadline > 0 {
				c.deadline = c.deadline.Truncate(time.Second) + time.Second
			}
			w.begin(c)
			calls = append(calls, c)
		}
		switch w.rng.IntN(6) {
		case 0:
			l, _ := w.k.Peek()
			w.k.Refuse(l, w.rng.IntN(3) == 0)
		case 1:
			synctest.Wait() // nobody is looking at a clock
			w.step(time.Duration(w.rng.IntN(13)-6) * time.Second)
		case 2:
			if w.rng.IntN(8) == 0 {
				w.close()
			}
		}
		time.Sleep(time.Duration(w.rng.IntN(3)) * time.Second) // fake clock
	}
	time.Sleep(time.Minute) // fake clock
	synctest.Wait()
	for _, c := range calls {
		if w.result(c) == "" {
			w.complain("%v never returns", c)
		}
	}
}
