package limiter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// world is a server, its limiter and the users, on one fake clock.
type world struct {
	t      *testing.T
	l      *Limiter
	start  time.Time
	ctx    context.Context
	stop   context.CancelFunc
	server server
	users  sync.WaitGroup

	mu      sync.Mutex
	random  *rand.Rand // for the server
	results []result
	calls   []call
}

// server says what a call of a principal comes to, nil for a success, and how
// long that takes.
type server func(w *world, principal string) (*outcome.Failure, time.Duration)

const fast = 50 * time.Millisecond

func allWell(*world, string) (*outcome.Failure, time.Duration) { return nil, fast }

// badFail fails the calls of principals that begin with b.
func badFail(f *outcome.Failure, after time.Duration) server {
	return func(_ *world, principal string) (*outcome.Failure, time.Duration) {
		if principal[0] == 'b' {
			return f, after
		}
		return nil, fast
	}
}

// result is how a flight ended. Times count from the start of the world.
type result struct {
	principal   string
	err         error
	began, took time.Duration
	ahead       int // requests that stood in the queue before it
	attempts    int
}

func (r result) ended() time.Duration { return r.began + r.took }

// excess is how long the flight took beyond its fair wait at the usual rate.
func (r result) excess() time.Duration {
	return r.took - time.Duration(r.ahead)*time.Second/time.Duration(usual.Rate)
}

// call is one that the server got, and what it came to.
type call struct {
	request Request
	at, end time.Duration
	failed  bool
	failure *outcome.Failure
}

func newWorld(t *testing.T, config Config, seed uint64, s server) *world {
	w := &world{t: t, l: seeded(config, seed), start: time.Now(), server: s, random: rand.New(rand.NewPCG(seed, 2))}
	w.ctx, w.stop = context.WithCancel(t.Context())
	return w
}

func (w *world) now() time.Duration { return time.Since(w.start) }

// attemptTime is how long authflow waits for a response.
const attemptTime = 10 * time.Second

// errAttempts is the error of a flight whose attempts have all failed.
var errAttempts = errors.New("all attempts failed")

// fly makes the attempts of one flight, as authflow does.
func (w *world) fly(r Request, patience time.Duration) {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	res := result{principal: r.Principal, began: w.now(), ahead: w.l.length()}
	res.err = w.attempts(ctx, r, &res.attempts)
	res.took = w.now() - res.began
	w.mu.Lock()
	defer w.mu.Unlock()
	w.results = append(w.results, res)
}

func (w *world) attempts(ctx context.Context, r Request, attempts *int) error {
	for r.Attempt = 1; ; r.Attempt++ {
		*attempts = r.Attempt
		p, err := w.l.Acquire(ctx, r)
		if err != nil {
			return err
		}
		f := w.send(p, r)
		v := p.Done(f)
		switch {
		case f == nil:
			return nil
		case !v.Again:
			return errAttempts
		}
		err = pause(ctx, v.After)
		if err != nil {
			return err
		}
	}
}

// send makes one call, and ends it when its time is up.
func (w *world) send(p *Permit, r Request) *outcome.Failure {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, takes := w.server(w, r.Principal)
	limit := attemptTime
	if d := p.Deadline(); !d.IsZero() {
		limit = min(limit, time.Until(d))
	}
	failed := f != nil
	if takes > limit {
		takes, f = limit, &outcome.Failure{Class: outcome.OutcomeUnknown}
	}
	w.calls = append(w.calls, call{r, w.now(), w.now() + takes, failed, f})
	w.mu.Unlock()
	sleep(takes)
	w.mu.Lock()
	return f
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// once lets a user ask once.
func (w *world) once(r Request, patience time.Duration) {
	w.users.Go(func() { w.fly(r, patience) })
}

// crowd lets n users ask once, all at the same time. Their names begin with name.
func (w *world) crowd(name string, n int, patience time.Duration) {
	for i := range n {
		w.once(caller(fmt.Sprint(name, i)), patience)
	}
}

// again lets a user ask again and again, each time after a pause.
func (w *world) again(r Request, patience, after time.Duration) {
	w.users.Go(func() {
		for w.ctx.Err() == nil {
			w.fly(r, patience)
			_ = pause(w.ctx, after)
		}
	})
}

// regularly lets another user ask at each interval.
func (w *world) regularly(request func(i int) Request, patience, every time.Duration) {
	w.users.Go(func() {
		for i := 0; w.ctx.Err() == nil; i++ {
			w.once(request(i), patience)
			_ = pause(w.ctx, every)
		}
	})
}

// end stops the world after d, leaves out the flights that this ends, and checks
// that nothing of the limiter is left (L1).
func (w *world) end(d time.Duration) ([]result, []call) {
	sleep(d)
	w.stop()
	w.users.Wait()
	synctest.Wait()
	checkIdle(w.t, w.l)
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(w.results, func(r result) bool { return errors.Is(r.err, context.Canceled) }), w.calls
}

// callsSoFar returns the calls that the server has got.
func (w *world) callsSoFar() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls)
}

// turns returns how many calls the server got from one that came at a time up to
// the call of the principal.
func turns(calls []call, came time.Duration, principal string) int {
	n := 0
	for _, c := range calls {
		if c.at < came {
			continue
		}
		n++
		if c.request.Principal == principal {
			return n
		}
	}
	return -1
}

// of returns the results of the principals that begin with a letter and came in a
// span of time.
func of(results []result, letter byte, from, to time.Duration) []result {
	return slices.DeleteFunc(slices.Clone(results), func(r result) bool {
		return r.principal[0] != letter || r.began < from || r.began >= to
	})
}

// failed counts the results that are errors.
func failed(results []result) (n int) {
	for _, r := range results {
		if r.err != nil {
			n++
		}
	}
	return n
}

// percentile returns the wait beyond the fair one that a part of the results has
// at most.
func percentile(results []result, part float64) time.Duration {
	if len(results) == 0 {
		return 0
	}
	waits := make([]time.Duration, len(results))
	for i, r := range results {
		waits[i] = r.excess()
	}
	slices.Sort(waits)
	return waits[int(part*float64(len(waits)-1))]
}
