package storetest

import (
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// limited is a subject that shares a rate.
type limited struct {
	*subject
	authflow.RateLimiter
}

// shared returns a check of a RateLimiter, which a Store need not be.
func shared(check func(limited)) func(*subject) {
	return func(s *subject) {
		limiter, ok := s.Store.(authflow.RateLimiter)
		if !ok {
			s.Skip("the Store is not a RateLimiter")
		}
		check(limited{s, limiter})
	}
}

func (l limited) mustReserve(name string, n int, perSecond float64, burst int) time.Duration {
	l.Helper()
	wait, err := l.Reserve(l.within(l.patience), name, n, perSecond, burst)
	if err != nil {
		l.Fatalf("Reserve: %v", err)
	}
	return wait
}

// isFrom checks that a wait is what it was when a check began, less the time that
// has passed since.
func (l limited) isFrom(began time.Time, wait, want time.Duration, what string) {
	l.Helper()
	if least := want - time.Since(began) - grain; wait > want+grain || wait < least {
		l.Errorf("%s: wait %v, want between %v and %v", what, wait, least, want)
	}
}

// turnsKeepRate uses a rate of one turn in 10 s, so that a slow machine shifts the
// waits by less than a turn.
func turnsKeepRate(l limited) {
	const each = 10 * time.Second
	name, began := newName(), time.Now()
	for _, c := range []struct {
		n    int
		wait time.Duration
		what string
	}{
		{1, -2 * each, "a whole burst of 3 is left"},
		{1, -1 * each, "2 of the burst are left"},
		{3, 0, "1 of the burst is left, for the first of 3 turns"},
		{1, 3 * each, "after 5 turns"},
		{1, 4 * each, "after 6 turns"},
	} {
		// The first call starts the count, so it shows the whole burst.
		l.isFrom(began, l.mustReserve(name, c.n, 0.1, 3), c.wait, c.what)
	}
	other := time.Now()
	l.isFrom(other, l.mustReserve(newName(), 1, 0.1, 3), -2*each, "another name")
}

// burstReturns waits until the whole burst must be there again. It must not have
// become more than that.
func burstReturns(l limited) {
	const each, burst = 10 * time.Millisecond, 4
	name := newName()
	l.mustReserve(name, burst+1, 100, burst)
	l.pass((burst+2)*each + grain)
	began := time.Now()
	l.isFrom(began, l.mustReserve(name, 1, 100, burst), -(burst-1)*each, "after a pause")
}

// turnsTakenOnce has many reserve at once. In the order of their waits, each
// reservation begins where the one before it ends.
func turnsTakenOnce(l limited) {
	const callers, calls = 8, 4
	type turns struct {
		from time.Duration // since the check began
		n    int
	}
	name, began := newName(), time.Now()
	var mu sync.Mutex
	var taken []turns
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range calls {
				n := 1 + (c+i)%3
				wait, err := l.Reserve(l.within(l.patience), name, n, 1, 1)
				if err != nil {
					l.Errorf("Reserve: %v", err)
					return
				}
				mu.Lock()
				taken = append(taken, turns{time.Since(began) + wait, n})
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.SortFunc(taken, func(a, b turns) int { return int(a.from - b.from) })
	slack := min(time.Since(began)+grain, 900*time.Millisecond)
	due := time.Duration(0)
	for _, t := range taken {
		if (t.from - due).Abs() > slack {
			l.Errorf("turns begin after %v, want %v: %d callers were given the same turns, or turns were left out", t.from, due, callers)
			return
		}
		due += time.Duration(t.n) * time.Second
	}
}

func rateOfNothing(l limited) {
	name := newName()
	for _, n := range []int{0, -1} {
		if wait, err := l.Reserve(l.within(l.patience), name, n, 1, 1); err == nil {
			l.Errorf("Reserve of %d turns returns %v and no error", n, wait)
		}
	}
	began := time.Now()
	l.isFrom(began, l.mustReserve(name, 1, 1, 1), 0, "the first turn")
}
