package renewal

import (
	"testing/synctest"
	"time"
)

// storm lets things happen at the same instants: calls, landings, ends of
// contexts, rejections, Close. The model cannot tell which is first; what holds in
// any case is checked by begin and by Acquire.
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
		l, _ := w.k.Peek()
		switch w.rng.IntN(8) {
		case 0:
			w.k.Invalidate(l)
		case 1:
			w.k.Expire(l)
		case 2:
			if l != nil {
				w.k.Reject(l)
			}
		case 3:
			synctest.Wait() // no goroutine is looking at a clock
			w.step(time.Duration(w.rng.IntN(13)-6) * time.Second)
		case 4:
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
