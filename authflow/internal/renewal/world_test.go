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
	seed   uint64
	rng    *rand.Rand
	loose  bool // everything happens at whole seconds, and the model is not asked
	k      Keeper[int, Source[int]]
	m      model
	ctx    context.Context
	began  time.Time
	log    []string
	offers []*offer // flights that were started, by the model,
	flying []*offer // those under way,
	asking []*call  // who waits for them,
	nested []string // what fetches get from their own Keeper,
	landed []string // and how they end

	mu      sync.Mutex
	bad     []string
	fetched int
	got     []string            // by fetches from their own Keeper
	told    []string            // to Landed
	leases  map[int]*Lease[int] // all
	wall    time.Duration       // as in the model
	shared  context.Context     // of the fetch for all, or nil
	pause   struct{ from, until time.Time }
	good    time.Time // when the latest fetch succeeded
	closed  bool
}

// starter marks the context of a flight with the call that began it.
type starter struct{}

func newWorld(seed uint64) *world {
	return &world{seed: seed, rng: rand.New(rand.NewPCG(seed, 0)), leases: map[int]*Lease[int]{}}
}

// live lets a world live in a bubble and returns what is wrong.
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
	synctest.Test(t, func(*testing.T) {
		var leave context.CancelFunc
		w.ctx, leave = context.WithCancel(context.Background())
		w.began, w.k.Source = time.Now(), w
		if test(); !w.fine() { // let all go, so that this is what is told
			w.close()
		}
		leave()
		time.Sleep(time.Minute) // fake clock
	})
	return ""
}

// complain notes what is wrong.
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

// do makes a call and returns what it brings, in the words of the model.
func (w *world) do(ctx context.Context, c *call) string {
	switch c.way {
	case sure, unsure:
		return tell(w.k.Get(ctx, c.way == sure))
	case extra:
		return tell(w.k.Extra(ctx))
	}
	return tell(w.k.Next(ctx, w.lease(c.old), c.way == force))
}

// Fetch does what was drawn, and checks what must hold whatever the model says.
func (w *world) Fetch(ctx context.Context, abandon func(error), leave func() bool) (*Lease[int], error) {
	c, asked := ctx.Value(starter{}).(*call), time.Now()
	w.mu.Lock()
	w.fetched++
	o, wall := someOffer(w.seed, w.fetched), w.wall
	if w.loose {
		o.takes = o.takes.Truncate(time.Second)
	}
	switch {
	case w.closed && ctx.Err() == nil:
		w.bad = append(w.bad, c.String()+" fetches from a closed Keeper")
	case c.way != force && asked.After(w.pause.from) && asked.Before(w.pause.until) && w.good.Before(w.pause.from):
		w.bad = append(w.bad, c.String()+" fetches in a pause")
	case c.way != extra && w.shared != nil && w.shared.Err() == nil:
		w.bad = append(w.bad, c.String()+" fetches while another does")
	}
	if c.way != extra {
		w.shared = ctx
	}
	w.mu.Unlock()
	if o.asks != nil {
		got := w.do(ctx, o.asks)
		w.mu.Lock()
		w.got = append(w.got, got)
		w.mu.Unlock()
	}
	wait := func(d time.Duration) {
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
	wait(o.takes)
	w.mu.Lock()
	if w.shared == ctx {
		w.shared = nil
	}
	w.mu.Unlock()
	if o.leaves && leave() {
		return nil, errors.New("left, and told to nobody")
	}
	switch o.does {
	case fails:
		return nil, errors.New(o.brings)
	case panics:
		panic(o.brings)
	case exits:
		runtime.Goexit()
	case hangs:
		abandon(errors.New(o.brings))
		wait(2 * time.Second)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() == nil {
		w.good = time.Now()
	}
	l := &Lease[int]{Value: o.n, Asked: asked, wall: asked.UnixNano() - int64(w.wall-wall), due: o.due, dead: o.dead}
	w.leases[o.n] = l
	return l, nil
}

func (w *world) Pause(_ error, failures int) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pause.from = time.Now()
	w.pause.until = w.pause.from.Add(pauseAfter(failures))
	return pauseAfter(failures)
}

func (w *world) Landed(ctx context.Context, old, new *Lease[int], err error) {
	if ctx.Err() != nil { // it came too late
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	before := 0
	if old != nil {
		before = old.Value
	}
	w.told = append(w.told, fmt.Sprintf("%s, %d before", tell(new, err), before))
}

// begin makes a call in a goroutine of its own.
func (w *world) begin(c *call) {
	ctx, leave := context.WithCancel(context.WithValue(w.ctx, starter{}, c))
	if c.ended {
		leave()
	} else if c.deadline > 0 {
		ctx, leave = context.WithDeadline(context.WithValue(w.ctx, starter{}, c), w.began.Add(c.deadline))
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
		if strings.Contains(got, "dead,") || strings.Contains(got, "both") {
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
		l.wall -= int64(d) // it showed less when the lease was asked for
	}
	w.k.state.Store(w.k.state.Load()) // so that whoever looks next sees it
}
