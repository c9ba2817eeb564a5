package sizing

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"time"
)

// Storm is the time after all tokens were lost.
type Storm struct {
	// Clear is when nobody has to wait for longer than a second, or for some turns,
	// any more. It is 0, without Mints, if that takes longer than a day and than three
	// lives of a token.
	Clear time.Duration
	Rates // until then
}

// storming is how many requests the model follows for one Storm at most.
const storming = 1_000_000

// Storm lets all users begin without a token, as after a cold start or after all tokens
// were revoked. The fleet keeps to perSecond calls of the server: together if it has a
// store, and otherwise each replica to its part.
//
// In place of a large fleet the model follows a small one with a rate that is smaller
// by the same factor, which takes as long.
func (f Fleet) Storm(perSecond float64) Storm {
	patience := max(24*time.Hour, 3*f.Validity).Seconds()
	if f.Steady().Mints >= perSecond { // the backlog never ends
		return Storm{}
	}
	lasts := 2.5 * max(float64(f.Users)/perSecond, f.Every.Seconds())
	if !f.Store {
		lasts *= min(float64(f.Replicas), f.Validity.Seconds()/f.Every.Seconds())
	}
	small := f
	small.Users = max(200, min(f.Users, 20_000, int(storming*f.Every.Seconds()/min(lasts, patience))))
	by := float64(f.Users) / float64(small.Users)
	w := &storm{Fleet: small, each: by / perSecond, rng: rand.New(rand.NewPCG(3, 4))}
	s := w.run(patience)
	s.Rates = s.scaled(by)
	return s
}

// How package authflow waits, in the tests of which the Store takes no time (K1).
const (
	lockHeld seconds = 5    // at most, by a replica that queues for its turn
	lockWait seconds = 1.75 // at most, for the lock of another replica
	longWait seconds = 1    // for a turn, after which the store is looked at again
)

// storm is the world in which all users of a Fleet need tokens.
type storm struct {
	Fleet
	each   seconds // between two turns
	rng    *rand.Rand
	events events
	users  []*stormed
	lines  []line  // for turns, of each replica
	next   seconds // turn of all replicas that share a store
	slow   seconds // when a request that had waited for long was served last
	cost   Rates
}

// idle stands for an instant that is not set.
const idle seconds = -1

// line is a replica's queue for turns.
type line struct {
	queue []turn
	next  seconds // turn, if the replicas share no store
}

// turn is a place in a line.
type turn struct {
	// take uses the turn, or reports that it is not needed any more.
	take func(now seconds) (used bool)
}

// stormed is a user in a storm.
type stormed struct {
	*user
	flying  []seconds // by replica: since when a token is on its way, or idle
	waiting []waiting // for the lock
	locked  seconds   // until when, by the latest who took it
	locks   int       // how often it was taken
}

type waiting struct {
	replica int
	until   seconds
}

// event is something that happens at an instant.
type event struct {
	at seconds
	do func(now seconds)
}

// run lets the world go on until there is no queue any more.
func (w *storm) run(patience seconds) Storm {
	w.lines = make([]line, w.Replicas)
	for range w.Users {
		u := &stormed{user: newUser(w.Replicas), flying: slices.Repeat([]seconds{idle}, w.Replicas)}
		w.users = append(w.users, u)
		w.comes(0, u)
	}
	for len(w.events) > 0 {
		e := heap.Pop(&w.events).(event)
		if e.at > patience {
			return Storm{}
		}
		e.do(e.at)
		// It is over when for a while nobody has waited for long.
		if e.at > w.slow+longWait+3*w.Every.Seconds() && w.idle() {
			return Storm{time.Duration(w.slow * float64(time.Second)), w.cost}
		}
	}
	return Storm{}
}

func (w *storm) at(t seconds, do func(now seconds)) { heap.Push(&w.events, event{t, do}) }

// comes schedules the next request of u.
func (w *storm) comes(now seconds, u *stormed) {
	w.at(now+w.rng.ExpFloat64()*w.Every.Seconds(), func(now seconds) {
		w.request(now, u, w.rng.IntN(w.Replicas))
		w.comes(now, u)
	})
}

// request serves a request of u at a replica.
func (w *storm) request(now seconds, u *stormed, replica int) {
	w.cost.Requests++
	if h := &u.holders[replica]; u.flying[replica] != idle || now < h.due && now < h.born+h.life {
		return
	}
	u.flying[replica] = now
	switch {
	case !w.Store:
		w.queue(now, replica, turn{func(now seconds) bool {
			w.mint(now, u, replica)
			return true
		}})
	case !w.adopt(now, u, replica):
		w.cost.Locks++
		w.lock(now, u, waiting{replica, now + lockWait})
	}
}

// adopt takes the token in the store, if it will do.
func (w *storm) adopt(now seconds, u *stormed, replica int) bool {
	w.cost.Loads++
	s := u.stored
	if s.life == 0 || s == u.holders[replica].token || now-s.born >= renewAt*s.life {
		return false
	}
	w.land(now, u, replica)
	return true
}

// lock takes the lock of u, or waits for it.
func (w *storm) lock(now seconds, u *stormed, who waiting) {
	free := now >= u.locked
	if !free && now < who.until {
		u.waiting = append(u.waiting, who)
		w.at(min(u.locked, who.until), func(now seconds) { w.awake(now, u, who) })
		return
	}
	mine := 0
	if free {
		u.locked = now + lockHeld
		u.locks++
		mine = u.locks
	}
	if !w.adopt(now, u, who.replica) {
		w.queue(now, who.replica, turn{func(later seconds) bool {
			defer w.unlock(later, u, mine)
			if later-now > longWait && w.adopt(later, u, who.replica) {
				return false
			}
			w.cost.Saves++
			w.mint(later, u, who.replica)
			return true
		}})
		return
	}
	w.unlock(now, u, mine)
}

// awake lets a replica that still waits for the lock of u try again.
func (w *storm) awake(now seconds, u *stormed, who waiting) {
	for i, other := range u.waiting {
		if other == who {
			u.waiting = append(u.waiting[:i:i], u.waiting[i+1:]...)
			w.lock(now, u, who)
			return
		}
	}
}

// unlock gives a lock back, if it is still held.
func (w *storm) unlock(now seconds, u *stormed, mine int) {
	if mine == 0 || mine != u.locks {
		return
	}
	u.locked = now
	for _, who := range u.waiting {
		w.at(now, func(now seconds) { w.awake(now, u, who) })
	}
}

// queue lets t wait for its turn at a replica.
func (w *storm) queue(now seconds, replica int, t turn) {
	l := &w.lines[replica]
	if l.queue = append(l.queue, t); len(l.queue) == 1 {
		w.first(now, l)
	}
}

// first reserves a turn for the first request in a line. A request that does not
// need its turn any more leaves it to the next one.
func (w *storm) first(now seconds, l *line) {
	if len(l.queue) == 0 {
		return
	}
	next, each := &w.next, w.each
	if w.Store {
		w.cost.Reserved++
	} else {
		next, each = &l.next, w.each*float64(w.Replicas)
	}
	*next = max(*next, now)
	w.at(*next, func(now seconds) {
		for used := false; !used && len(l.queue) > 0; {
			t := l.queue[0]
			l.queue = l.queue[1:]
			used = t.take(now)
		}
		w.first(now, l)
	})
	*next += each
}

// idle reports whether all lines are empty.
func (w *storm) idle() bool {
	return !slices.ContainsFunc(w.lines, func(l line) bool { return len(l.queue) > 0 })
}

func (w *storm) mint(now seconds, u *stormed, replica int) {
	w.cost.Mints++
	u.stored = w.token(now)
	w.land(now, u, replica)
}

// land gives a replica the latest token of u.
func (w *storm) land(now seconds, u *stormed, replica int) {
	h := &u.holders[replica]
	turns := 3 * w.each
	if !w.Store { // one line of many is long now and then
		turns = 10 * w.each * float64(w.Replicas)
	}
	if waited := now - u.flying[replica]; waited > max(longWait, turns) && now > h.born+h.life { // and no other token was there
		w.slow = now
	}
	h.take(u.stored, now, w.Validity.Seconds(), w.rng)
	u.flying[replica] = idle
}

// events are in the order of time.
type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at < e[j].at }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return x
}
