package limiter

import (
	"context"
	"math"
	"time"
)

// shared is a rate that several processes share. Its turns are reserved ahead, in
// batches that cover the time in which the next batch is on its way, so that the
// distance to the store does not become the rate.
//
// While the store fails, the process keeps to the rate by itself. It asks the
// store again after a pause, and nobody waits for that.
type shared struct {
	reserve func(context.Context, int) (time.Duration, error)
	rate    float64
	burst   int

	batches  []batch // in the order in which they are used
	asking   bool    // a reservation is under way
	cancel   context.CancelFunc
	distance time.Duration // how long the last reservation took
	failures int           // in a row; 0: the store works
	retryAt  time.Time     // after a failure
}

// batch is turns that are reserved: left of them, the first one at next.
type batch struct {
	next time.Time
	left int
}

const (
	firstDistance = 50 * time.Millisecond // assumed before the first reservation
	largestBatch  = 100
	lateTimer     = 100 * time.Millisecond
	longestPause  = 30 * time.Second // between two attempts to reach the store
	// A store that says to wait longer than longestWait and longTurns turns is
	// broken: 100 processes with 30 reserved turns each explain 60 s at 50 calls a
	// second, and at a low rate each of them has one turn.
	longestWait = time.Minute
	longTurns   = 100
)

func newShared(config Config) shared {
	s := shared{rate: config.Rate, burst: config.Burst, distance: firstDistance}
	if config.Rate > 0 {
		s.reserve = config.Reserve
	}
	return s
}

// isActive reports whether calls need a reserved turn.
func (s *shared) isActive() bool { return s.reserve != nil && s.failures == 0 }

// each returns the time between two turns.
func (s *shared) each() time.Duration { return duration(float64(time.Second) / s.rate) }

// keeps returns for how long after its time a turn may be used: as long as the
// burst would have saved it up, and long enough for a timer that is late.
func (s *shared) keeps() time.Duration {
	return max(lateTimer, duration(float64(s.burst)*float64(s.each())))
}

// dropOld drops the turns that have not been used in their time.
func (s *shared) dropOld(now time.Time) {
	oldest := now.Add(-s.keeps())
	for len(s.batches) > 0 {
		b := &s.batches[0]
		for b.left > 0 && b.next.Before(oldest) {
			b.next = b.next.Add(s.each())
			b.left--
		}
		if b.left > 0 {
			return
		}
		s.batches = s.batches[1:]
	}
	s.batches = nil
}

// next returns when the next reserved turn is; the zero time if none is reserved.
func (s *shared) next(now time.Time) time.Time {
	s.dropOld(now)
	if len(s.batches) == 0 {
		return time.Time{}
	}
	return latest(now, s.batches[0].next)
}

// take uses the next turn.
func (s *shared) take() {
	if !s.isActive() || len(s.batches) == 0 {
		return
	}
	s.batches[0].next = s.batches[0].next.Add(s.each())
	s.batches[0].left--
	if s.batches[0].left == 0 {
		s.batches = s.batches[1:]
	}
}

// giveBack gives back a turn that was not used.
func (s *shared) giveBack(now time.Time) {
	if s.isActive() {
		s.batches = append([]batch{{now, 1}}, s.batches...)
	}
}

// reserved returns how many turns are reserved, and the time of the last one.
func (s *shared) reserved() (n int, last time.Time) {
	for _, b := range s.batches {
		n += b.left
		last = b.next.Add(duration(float64(b.left-1) * float64(s.each())))
	}
	return n, last
}

// wants returns how many turns to reserve now for that many waiting requests.
func (s *shared) wants(waiting int, now time.Time) int {
	if s.reserve == nil || s.asking || now.Before(s.retryAt) {
		return 0
	}
	if s.failures > 0 {
		return 1
	}
	s.dropOld(now)
	n, last := s.reserved()
	ahead := 2 * s.distance
	if n > 0 && last.Sub(now) > ahead {
		return 0
	}
	batch := min(largestBatch, 1+int(math.Ceil(s.rate*ahead.Seconds())))
	return max(0, min(waiting-n, batch))
}

// stop ends the reservation under way, because nobody waits any more.
func (s *shared) stop() {
	if s.cancel != nil {
		s.cancel()
		s.cancel = nil
	}
}

// succeeded adds n reserved turns.
func (s *shared) succeeded(n int, wait, took time.Duration, now time.Time) {
	if s.failures > 0 {
		s.batches = nil
	}
	s.failures = 0
	s.distance = took
	saved := duration(float64(s.burst) * float64(s.each()))
	s.batches = append(s.batches, batch{now.Add(max(wait, -saved)), n})
}

// failed lets the process keep to the rate by itself for a while.
func (s *shared) failed(now time.Time) {
	s.failures++
	s.retryAt = now.Add(min(longestPause, time.Second<<min(s.failures-1, 10)))
	s.batches = nil
}

// IsAbsurd reports whether a wait that Reserve returned is longer than other
// processes can explain. The limiter takes it for a failure.
func (c Config) IsAbsurd(wait time.Duration) bool {
	return wait > longestWait+seconds(longTurns/c.Rate)
}

// reservedTurn returns when the next call may be sent at the shared rate, and
// reserves turns ahead; now if the rate is not shared, and the zero time if a
// reservation under way decides. The caller holds mu, and has found a request that
// the budget allows to send, so that no turn is reserved in vain.
func (l *Limiter) reservedTurn(now time.Time) time.Time {
	waiting := l.queue.ready()
	if l.budget.isScarce(now) {
		waiting = 1 // the second one has to wait for the budget
	}
	n := l.shared.wants(waiting, now)
	if n > 0 {
		l.reserve(n)
	}
	if !l.shared.isActive() {
		return now
	}
	return l.shared.next(now)
}

// reserve begins a reservation.
func (l *Limiter) reserve(n int) {
	ctx, cancel := context.WithCancel(context.Background())
	l.shared.asking, l.shared.cancel = true, cancel
	go l.callReserve(ctx, n)
}

// callReserve makes a reservation and dispatches what it allows.
func (l *Limiter) callReserve(ctx context.Context, n int) {
	began := time.Now()
	wait, err := l.config.Reserve(ctx, n)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	stopped := ctx.Err() != nil
	l.shared.stop()
	l.shared.asking = false
	switch {
	case err == nil && !l.config.IsAbsurd(wait):
		l.shared.succeeded(n, wait, now.Sub(began), now)
	case !stopped:
		l.shared.failed(now)
	}
	l.dispatch()
}
