package lockout_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// The model plays hours of a user whose password is right, wrong, changed or
// alternating, with several processes, against a server that answers late, loses
// responses and has outages. It knows nothing of how a Registry works. It keeps a
// log of every call, and judges by that log what the package promises:
//
//   - the account is never locked: the server rejects no password more than 3
//     times, and a user no more than 4 times, within an hour;
//   - a password is blocked only because of calls that explain it;
//   - a proven password is never blocked, and a caller waits only for a call of
//     the same user;
//   - the time after which a blocked password may be sent again is true.
//
// The server's count leaves out what the package says it does not promise; see
// world.promised.
//
// LOCKOUT_SEED=n plays one schedule again, LOCKOUT_SCHEDULES=n plays the first n
// instead of those of the first 20 that do not take long.

// ledgerMode is what a schedule does to the Ledger.
type ledgerMode int

const (
	noLedger ledgerMode = iota
	ledgerUp
	ledgerDown
	ledgerSlow
	ledgerFlapping
	ledgerReplaying
	ledgerDeleting
	ledgerModes
)

// call is one call in the log.
type call struct {
	process  *lockout.Registry
	password string
	sent     time.Time
	done     time.Time // zero while it is in flight
	said     *outcome.Failure
	rejected time.Time // by the server; zero if it was not
	proven   bool      // in its process, when it was sent
	recent   bool      // some process had just seen it accepted
}

// world is one schedule.
type world struct {
	*testing.T
	seed   uint64
	rand   *rand.Rand
	mode   ledgerMode
	ledger *hostile
	began  time.Time

	mu        sync.Mutex
	processes []*lockout.Registry
	log       []*call
	changes   []time.Time // of the password on the server: password n holds from changes[n-1] on
	troubles  []trouble
	latency   time.Duration
}

// trouble is a time in which calls fail in one way.
type trouble struct {
	from, to time.Time
	kind     int // 0 lost before the server, 1 lost after it, 2 overloaded, 3 not sent, 4 rejected by mistake
	every    int // every nth call
}

const (
	timeout  = 10 * time.Second // of one call
	playtime = 5 * time.Hour
)

func TestR6_Model_AccountIsNeverLockedAndTheRightPasswordIsBack(t *testing.T) {
	t.Parallel()
	first, n := uint64(1), uint64(20)
	long := []uint64{1, 3, 4, 5, 8, 9, 11, 14, 15, 17}
	if text := os.Getenv("LOCKOUT_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, n, long = seed, 1, nil
	} else if os.Getenv("LOCKOUT_SCHEDULES") != "" {
		n, _ = strconv.ParseUint(os.Getenv("LOCKOUT_SCHEDULES"), 10, 64)
		long = nil
	}
	for seed := first; seed < first+n; seed++ {
		if slices.Contains(long, seed) {
			continue
		}
		t.Run(fmt.Sprint("LOCKOUT_SEED=", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { playSchedule(t, seed) })
		})
	}
}

func playSchedule(t *testing.T, seed uint64) {
	w := &world{T: t, seed: seed, rand: rand.New(rand.NewPCG(seed, 0)), began: time.Now()}
	w.draw()
	defer func() {
		if t.Failed() {
			t.Logf("replay with LOCKOUT_SEED=%d: ledger mode %d, %d processes, latency %v, %d changes, troubles %v",
				seed, w.mode, len(w.processes), w.latency, len(w.changes), w.troubles)
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), playtime)
	defer cancel()
	var wg sync.WaitGroup
	for i := range 2 + w.rand.IntN(6) {
		f := &flow{world: w, rand: rand.New(rand.NewPCG(seed, uint64(i+1)))}
		f.draw(len(w.processes))
		wg.Go(func() { f.run(ctx) })
	}
	wg.Wait()
	for _, r := range w.processes {
		_ = r.Flush(context.Background())
	}
	w.judge()
}

func (w *world) draw() {
	w.mode = ledgerMode(w.rand.IntN(int(ledgerModes)))
	w.ledger = &hostile{mode: w.mode, rand: rand.New(rand.NewPCG(w.seed, 1000))}
	w.ledger.latency = time.Duration(w.rand.IntN(200)) * time.Millisecond
	for range 1 + w.rand.IntN(4) {
		w.processes = append(w.processes, w.start())
	}
	w.latency = []time.Duration{0, 300 * time.Millisecond, 3 * time.Second, 15 * time.Second, 30 * time.Second}[w.rand.IntN(5)]
	for range w.rand.IntN(3) {
		w.changes = append(w.changes, w.began.Add(time.Duration(w.rand.Int64N(int64(playtime)))))
	}
	for range w.rand.IntN(5) {
		from := w.began.Add(time.Duration(w.rand.Int64N(int64(playtime))))
		if w.rand.IntN(4) == 0 {
			from = w.began
		}
		w.troubles = append(w.troubles, trouble{
			from: from, to: from.Add(time.Duration(1+w.rand.IntN(600)) * time.Second),
			kind: w.rand.IntN(5), every: 1 + w.rand.IntN(3),
		})
	}
}

func (w *world) start() *lockout.Registry {
	cfg := lockout.Config{Hash: hash}
	if w.mode != noLedger {
		cfg.Ledger = w.ledger
	}
	return lockout.New(cfg)
}

// right returns the password that the server accepts at a time.
func (w *world) right(at time.Time) string {
	n := 0
	for _, c := range w.changes {
		if !c.After(at) {
			n++
		}
	}
	return fmt.Sprint("right-", n)
}

// flow is one caller that asks again and again.
type flow struct {
	*world
	rand    *rand.Rand
	process int
	habit   int
	delay   time.Duration // after which it learns of a change
	pause   time.Duration
	n       int
}

func (f *flow) draw(processes int) {
	f.process = f.rand.IntN(processes)
	f.habit = f.rand.IntN(6)
	f.delay = time.Duration(f.rand.IntN(1200)) * time.Second
	f.pause = time.Duration(15+f.rand.IntN(285)) * time.Second
}

// password returns what the flow believes to be right.
func (f *flow) password() string {
	f.n++
	now := time.Now()
	switch f.habit {
	case 0:
		return "wrong"
	case 1:
		return []string{"wrong", f.right(now)}[f.n%2]
	case 2:
		if f.n%20 == 0 {
			return fmt.Sprint("typo-", f.n)
		}
		return f.right(now)
	case 3:
		return f.right(f.began) // never changes
	case 4:
		return f.right(now)
	}
	return f.right(now.Add(-f.delay))
}

func (f *flow) run(ctx context.Context) {
	for {
		if sleepFor(ctx, time.Duration(f.rand.Int64N(int64(2*f.pause)))) != nil {
			return
		}
		if f.rand.IntN(200) == 0 {
			f.restart()
		}
		f.ask(ctx)
	}
}

// restart replaces the process of the flow by a new one, which shares a Ledger.
// Without one, a new process begins to count again.
func (f *flow) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.processes[f.process] = f.start()
}

func sleepFor(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask does what the limiter and a flight do for one attempt.
func (f *flow) ask(ctx context.Context) {
	force := lockout.Force(f.rand.IntN(10) == 0)
	password := f.password()
	f.mu.Lock()
	process := f.processes[f.process]
	f.mu.Unlock()
	ticket := process.Password([]string{"ann", "Ann "}[f.n%2], password, force)
	c := f.turn(ctx, process, ticket, password, force)
	if c == nil {
		return
	}
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := reserve(within, ticket); err != nil {
		f.checkReserve(c, force, err, within)
		f.mu.Lock()
		c.done, c.said = time.Now(), notSent
		f.mu.Unlock()
		ticket.Done(notSent)
		return
	}
	f.mu.Lock()
	c.sent = time.Now()
	f.note(c)
	f.mu.Unlock()
	said := f.serve(c)
	f.mu.Lock()
	c.done, c.said = time.Now(), said
	ticket.Done(said)
	f.mu.Unlock()
}

// turn waits for the turn of a ticket, and takes it; nil if it gives up.
func (f *flow) turn(ctx context.Context, process *lockout.Registry, ticket *lockout.Ticket, password string, force lockout.Force) *call {
	for range 60 {
		f.mu.Lock()
		now := time.Now()
		wait, err := ticket.Eligible(now)
		f.checkEligible(process, password, force, wait, err)
		if err == nil && wait == 0 {
			ticket.Take(now)
			c := &call{process: process, password: password, sent: now}
			f.log = append(f.log, c)
			f.mu.Unlock()
			return c
		}
		f.mu.Unlock()
		if err != nil || sleepFor(ctx, time.Second) != nil {
			return nil
		}
	}
	return nil
}

// note fills in what a call knew when it was sent.
func (w *world) note(c *call) {
	c.proven = w.proven(c.process, c.password)
	for _, other := range w.log {
		accepted := other.password == c.password && !other.done.IsZero() && other.said == nil
		if accepted && c.sent.Sub(other.done) < 70*time.Second {
			c.recent = true
		}
	}
}

// proven reports whether a process has seen a password accepted, and not rejected
// since.
func (w *world) proven(process *lockout.Registry, password string) bool {
	var acceptedCall, rejectedCall *call
	for _, c := range w.log {
		if c.process != process || c.done.IsZero() {
			continue
		}
		switch {
		case c.said == nil && (acceptedCall == nil || !c.done.Before(acceptedCall.done)):
			acceptedCall = c // of any password: another one is no longer right
		case c.said == wrong && c.password == password && (rejectedCall == nil || !c.done.Before(rejectedCall.done)):
			rejectedCall = c
		}
	}
	if acceptedCall == nil || acceptedCall.password != password {
		return false
	}
	return rejectedCall == nil || rejectedCall.done.Before(acceptedCall.sent)
}

// serve is the server, with the way to it.
func (f *flow) serve(c *call) *outcome.Failure {
	latency := time.Duration(0)
	if f.latency > 0 {
		latency = time.Duration(f.rand.Int64N(int64(f.latency)))
	}
	kind := -1
	for _, tr := range f.troubles {
		if !c.sent.Before(tr.from) && c.sent.Before(tr.to) && f.rand.IntN(tr.every) == 0 {
			kind = tr.kind
		}
	}
	switch kind {
	case 0:
		after(timeout)
		return lost
	case 2:
		after(latency / 10)
		return overloaded
	case 3:
		return notSent
	}
	decided := c.sent.Add(latency / 2)
	isRight := f.right(decided) == c.password
	if !isRight {
		f.mu.Lock()
		c.rejected = decided
		f.mu.Unlock()
	}
	if kind == 1 || latency >= timeout {
		after(timeout)
		return lost
	}
	after(latency)
	if kind == 4 || !isRight {
		return wrong
	}
	return nil
}
