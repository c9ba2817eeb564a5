package renewal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// world is a Keeper with its callers and its Source, beside the model.
type world struct {
	seed  uint64
	rng   *rand.Rand
	loose bool // everything happens at whole seconds, and the model is not asked
	k     Keeper[int, Source[int]]
	m     model
	ctx   context.Context
	began time.Time
	log   []string

	// By the model:
	offers    []*offer // the flights that were started,
	asking    []*call  // the calls that wait,
	nested    []string // what functions get from their own Keeper,
	told      []string // and what the Source is told
	ambiguous bool     // the model does not know how it goes on

	mu        sync.Mutex
	bad       []string
	acquired  int
	got       []string            // by functions from their own Keeper
	completed []string            // as told to the Source
	leases    map[int]*Lease[int] // all
	fates     map[int]string      // the results that the Source was given
	expired   int                 // had when they arrived
	wall      time.Duration       // as in the model
	shared    context.Context     // of the flight for all callers, or nil
	pause     struct{ from, until time.Time }
	good      time.Time // when the latest flight succeeded
	closed    bool
}

func newWorld(seed uint64) *world {
	return &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), leases: map[int]*Lease[int]{}, fates: map[int]string{}}
}

// live lets a world live in a bubble and returns the problem.
func live(t *testing.T, w *world, test func()) (trouble string) {
	watch := time.AfterFunc(20*time.Second, func() { fmt.Fprintf(os.Stderr, "the schedule of RENEWAL_SEED=%d hangs\n", w.seed) })
	defer watch.Stop()
	defer func() {
		if p := recover(); p != nil { // of synctest, where something never ends
			w.complain("%v", p)
		}
		if !w.fine() {
			trouble = fmt.Sprintf("RENEWAL_SEED=%d\n%s\n%s", w.seed, strings.Join(w.log, "\n"), strings.Join(w.bad, "\n"))
		}
	}()
	defer w.checkFates()
	synctest.Test(t, func(*testing.T) {
		var leave context.CancelFunc
		w.ctx, leave = context.WithCancel(context.Background())
		w.began, w.k.Source = time.Now(), w
		if test(); !w.fine() { // let all go, so that this is reported
			w.close()
		}
		leave()
		time.Sleep(time.Minute) // fake clock
	})
	return ""
}

// complain notes a problem.
func (w *world) complain(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bad = append(w.bad, fmt.Sprintf(format, args...))
}

// fine reports whether there was no complaint.
func (w *world) fine() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.bad) == 0
}

func (w *world) lease(n int) *Lease[int] {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.leases[n]
}

// result returns what a call has got, or "" while it waits.
func (w *world) result(c *call) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return c.got
}

// close closes the Keeper and returns whether it was the first to do so.
func (w *world) close() bool {
	_, first := w.k.Close(errEnd)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	return first
}

// do makes a call and returns what it gets, in the words of the model.
func (w *world) do(ctx context.Context, c *call) string {
	switch c.way {
	case get:
		return tell(w.k.Get(ctx, time.Now()))
	case verified:
		return tell(w.k.GetVerified(ctx, time.Now()))
	case exclusive:
		return tell(w.k.Exclusive(ctx))
	case renew:
		return tell(w.k.Renew(ctx))
	}
	return tell(w.k.Replace(ctx, w.lease(c.old)))
}

// Acquire does what was drawn, and checks what must hold whatever the model says.
func (w *world) Acquire(ctx context.Context, fl *Flight[int]) (*Lease[int], error) {
	asked := time.Now()
	w.mu.Lock()
	w.acquired++
	o, wall := someOffer(w.seed, w.acquired), w.wall
	if w.loose {
		o.takes = o.takes.Truncate(time.Second)
	}
	switch {
	case !fl.Began.Equal(asked):
		w.bad = append(w.bad, fmt.Sprintf("flight %d began at %v, not at %v", o.n, fl.Began, asked))
	case w.closed && ctx.Err() == nil:
		w.bad = append(w.bad, fmt.Sprintf("flight %d of a closed Keeper", o.n))
	case !fl.Force && asked.After(w.pause.from) && asked.Before(w.pause.until) && w.good.Before(w.pause.from):
		w.bad = append(w.bad, fmt.Sprintf("flight %d in a pause", o.n))
	case !fl.Exclusive && w.shared != nil && w.shared.Err() == nil:
		w.bad = append(w.bad, fmt.Sprintf("flight %d beside another", o.n))
	}
	if !fl.Exclusive {
		w.shared = ctx
	}
	w.mu.Unlock()
	if o.asks != nil {
		got := w.do(ctx, o.asks)
		w.mu.Lock()
		w.got = append(w.got, got)
		w.mu.Unlock()
	}
	o.wait(ctx, o.takes)
	w.mu.Lock()
	if w.shared == ctx {
		w.shared = nil
	}
	w.mu.Unlock()
	if o.cancels && fl.CancelIfUnused() {
		return nil, errors.New("canceled")
	}
	switch o.does {
	case fails:
		return nil, errors.New(o.brings)
	case panics:
		panic(o.brings)
	case exits:
		runtime.Goexit()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() == nil {
		w.good = time.Now()
	}
	requested := asked.Add(min(o.sends, o.takes))
	l := &Lease[int]{
		Value: o.n, ID: uint64(o.n), RequestedAt: requested, //nolint:gosec // a number from 1
		wall: requested.UnixNano() - int64(w.wall-wall), dueAt: o.dueAt, endsAt: o.endsAt, goneAt: o.goneAt,
	}
	w.leases[o.n] = l
	return l, nil
}

// wait waits for d, or until ctx ends if the function obeys it.
func (o *offer) wait(ctx context.Context, d time.Duration) {
	limit := time.NewTimer(d)
	defer limit.Stop()
	over := ctx.Done()
	if !o.obeys {
		over = nil
	}
	select {
	case <-limit.C:
	case <-over:
	}
}

// Backoff implements Source.
func (w *world) Backoff(_ error, failures int) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pause.from = time.Now()
	w.pause.until = w.pause.from.Add(pauseAfter(failures))
	return pauseAfter(failures)
}

// Completed implements Source.
func (w *world) Completed(c Completion[int]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.New != nil {
		w.fates[c.New.Value] += "told "
	}
	if c.Late {
		return
	}
	before := 0
	if c.Old != nil {
		before = c.Old.Value
	}
	w.completed = append(w.completed, fmt.Sprintf("%s, %d before", tell(c.New, c.Err), before))
	if errors.Is(c.Err, errExpired) {
		w.expired++
	}
}

// checkFates checks that the Source was told once of each lease, so that none is
// lost to Logout, except of those that had expired when they arrived.
func (w *world) checkFates() {
	untold := 0
	for n := range w.leases {
		switch w.fates[n] {
		case "told ":
		case "":
			untold++
		default:
			w.complain("lease %d: %s", n, w.fates[n])
		}
	}
	if untold != w.expired {
		w.complain("the Source was not told of %d leases, want %d", untold, w.expired)
	}
}

// begin makes a call in a goroutine of its own.
func (w *world) begin(c *call) {
	ctx, leave := context.WithCancel(w.ctx)
	if c.ended {
		leave()
	} else if c.deadline > 0 {
		ctx, leave = context.WithDeadline(w.ctx, w.began.Add(c.deadline))
	}
	w.mu.Lock()
	closed := w.closed
	w.mu.Unlock()
	go func() {
		defer leave()
		got := w.do(ctx, c)
		if now := time.Since(w.began); c.deadline > 0 && now > c.deadline {
			w.complain("%v returns at %v", c, now)
		}
		if closed && got != "closed" {
			w.complain("%v of a closed Keeper gets %q", c, got)
		}
		if strings.Contains(got, "which has expired") || strings.Contains(got, "both") {
			w.complain("%v gets %q", c, got)
		}
		w.mu.Lock()
		c.got = got
		w.mu.Unlock()
	}()
}

// step moves the wall clock, and nothing else, as it also does while a machine
// sleeps: then the other stands still.
func (w *world) step(d time.Duration) {
	w.k.mu.Lock()
	defer w.k.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wall += d
	for _, l := range w.leases {
		l.wall -= int64(d) // it showed less when the lease was requested
	}
	w.k.state.Store(w.k.state.Load()) // so that the next reader sees it
}
