package limiter

import (
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// bubble runs a test in a synctest bubble, in parallel with others.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// LIMITER_SCHEDULES=n plays n random schedules, and in full length every case of the
// tables that are otherwise played in part. LIMITER_SEED=n plays schedule n alone.
const (
	schedulesVar = "LIMITER_SCHEDULES"
	seedVar      = "LIMITER_SEED"
)

// all reports whether everything is played, as with LIMITER_SCHEDULES.
func all() bool { return os.Getenv(schedulesVar) != "" }

// part reports whether case i of a table is played: one in n, because neighbours
// differ little, or each with LIMITER_SCHEDULES.
func part(i, n int) bool { return i%n == 0 || all() }

// playtime is how long most worlds go on: 100 s, or 200 s with LIMITER_SCHEDULES.
func playtime() time.Duration {
	if all() {
		return 200 * time.Second
	}
	return 100 * time.Second
}

// number returns the number in a variable of the environment; false if it is not
// set.
func number(t *testing.T, name string) (uint64, bool) {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n, true
}

// seeds returns the seeds of n random schedules, or the one that the environment
// names.
func seeds(t *testing.T, n int) []uint64 {
	t.Helper()
	seed, named := number(t, seedVar)
	if named {
		return []uint64{seed}
	}
	all := make([]uint64, n)
	for i := range all {
		all[i] = uint64(i) + 1
	}
	return all
}

// seeded returns a Limiter whose random choices follow from seed.
func seeded(config Config, seed uint64) *Limiter {
	l := New(config)
	l.random = rand.New(rand.NewPCG(seed, 1))
	return l
}

var usual = Config{Rate: 50, Burst: 10, Timeout: 30 * time.Second, MaxAttempts: 3}

func caller(name string) Request { return Request{Principal: name, Group: "key", Attempt: 1} }

func unavailable() *outcome.Failure { return &outcome.Failure{Class: outcome.Overloaded, Status: 503} }

func rateLimited(after time.Duration) *outcome.Failure {
	return &outcome.Failure{Class: outcome.RateLimited, Status: 429, RetryAfter: after}
}

func rejected() *outcome.Failure { return &outcome.Failure{Class: outcome.Rejected, Status: 403} }

// must acquires, and fails the test if that fails.
func must(t *testing.T, l *Limiter, r Request) *Permit {
	t.Helper()
	p, err := l.Acquire(t.Context(), r)
	if err != nil {
		t.Fatalf("acquire for %s: %v", r.Principal, err)
	}
	return p
}

// sleep moves the fake clock.
func sleep(d time.Duration) {
	time.Sleep(d) // fake clock
}

// length returns how many requests wait.
func (l *Limiter) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.queue.waiting.Len()
}

// checkIdle checks that a limiter in which nobody waits has no timer, no
// reservation under way and no entry in any line.
func checkIdle(t *testing.T, l *Limiter) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	q := &l.queue
	if q.waiting.Len() > 0 || q.ready() > 0 || len(q.parked.places)+len(q.blocked) > 0 {
		t.Errorf("the queue is not empty: %d wait, %d ready, %d parked, %d blocked", q.waiting.Len(), q.ready(), len(q.parked.places), len(q.blocked))
	}
	if !l.wakeAt.IsZero() {
		t.Errorf("a timer for %v is left", l.wakeAt)
	}
	if l.shared.asking {
		t.Error("a reservation is under way")
	}
	for name, p := range l.principals.byName {
		if p.inFlight > 0 || p.queued > 0 || p.failing == nil {
			t.Errorf("%s is remembered without reason: %d in flight, %d queued", name, p.inFlight, p.queued)
		}
	}
}

// checkDead checks R14 for a server that was dead for a time from when it died.
func checkDead(t *testing.T, results []result, calls []call, dies, dead time.Duration) {
	t.Helper()
	var minutes [5]int
	for _, c := range calls {
		if c.failed && c.at >= dies && c.at < dies+dead {
			minutes[(c.at-dies)/time.Minute]++
		}
	}
	if minutes[0] > 60 || minutes[1] > 40 || minutes[2] > 40 || minutes[3] > 40 {
		t.Errorf("calls in each minute: %v", minutes)
	}
	known := firstFailure(calls, dies) + usual.Timeout
	served := time.Hour
	for _, r := range results {
		if r.err == nil && r.ended() > dies+dead {
			served = min(served, r.ended())
		}
		var told *QueueError
		if !errors.As(r.err, &told) {
			continue
		}
		if told.Failure == nil || told.RetryAfter <= 0 {
			t.Fatalf("told nothing: %+v", told)
		}
		// A later attempt of a flight comes later than the flight.
		if limit := max(known, r.began+2*time.Second); r.attempts == 1 && r.ended() > limit {
			t.Fatalf("told at %v, not at %v: %+v", r.ended(), limit, r)
		}
	}
	if served > dies+dead+10*time.Second {
		t.Errorf("first success %v after the server was back", served-dies-dead)
	}
	t.Logf("calls in each minute: %v; served %v after it was back", minutes, served-dies-dead)
}

// firstFailure returns when the first failure can have been known.
func firstFailure(calls []call, dies time.Duration) time.Duration {
	for _, c := range calls {
		if c.failed && c.at >= dies {
			return c.at + attemptTime
		}
	}
	return 0
}
