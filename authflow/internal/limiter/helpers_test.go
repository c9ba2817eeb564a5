package limiter

import (
	"context"
	"errors"
	"math/rand/v2"
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

// seeded returns a Limiter whose random choices follow from seed.
func seeded(config Config, seed uint64) *Limiter {
	l := New(config)
	l.random = rand.New(rand.NewPCG(seed, 1))
	return l
}

var usual = Config{Rate: 50, Burst: 10, Timeout: 30 * time.Second, MaxAttempts: 3}

func caller(name string) Request { return Request{Principal: name, Group: "key", Attempt: 1} }

func unavailable() *outcome.Failure { return &outcome.Failure{Class: outcome.Overloaded, Status: 503} }

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
func sleep(d time.Duration) { time.Sleep(d) } // fake clock

// result is how the flight of a user ended.
type result struct {
	principal string
	err       error
	began     time.Duration // since the start of the world
	took      time.Duration
	attempts  int
}

// world is a server, its limiter and the users, on one fake clock.
type world struct {
	t       *testing.T
	l       *Limiter
	start   time.Time
	server  func(w *world, who string) (*outcome.Failure, time.Duration)
	results chan result
	calls   chan call
	stop    context.CancelFunc
	ctx     context.Context
}

// call is one that the server got.
type call struct {
	principal string
	at        time.Duration
	failed    bool
	urgency   Urgency
}

func newWorld(t *testing.T, config Config, seed uint64, server func(w *world, who string) (*outcome.Failure, time.Duration)) *world {
	w := &world{t: t, l: seeded(config, seed), start: time.Now(), server: server,
		results: make(chan result, 1_000_000), calls: make(chan call, 1_000_000)}
	w.ctx, w.stop = context.WithCancel(t.Context())
	return w
}

func (w *world) now() time.Duration { return time.Since(w.start) }

// timeOfAFlight is what an attempt may take in all.
const attemptTime = 10 * time.Second

// errAttempts is the error of a flight whose attempts have all failed.
var errAttempts = errors.New("all attempts failed")

// fly makes the attempts of one flight, as authflow does.
func (w *world) fly(r Request, patience time.Duration) result {
	began := w.now()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	res := result{principal: r.Principal, began: began}
	for r.Attempt = 1; ; r.Attempt++ {
		res.attempts = r.Attempt
		p, err := w.l.Acquire(ctx, r)
		if err != nil {
			res.err = err
			break
		}
		f := w.send(p, r)
		if f == nil {
			p.Done(nil)
			break
		}
		v := p.Done(f)
		if !v.Again {
			res.err = errAttempts
			break
		}
		err = pause(ctx, v.After)
		if err != nil {
			res.err = err
			break
		}
	}
	res.took = w.now() - began
	return res
}

// send makes one call, and ends it when the permit or an attempt's time says so.
func (w *world) send(p *Permit, r Request) *outcome.Failure {
	f, takes := w.server(w, r.Principal)
	w.calls <- call{r.Principal, w.now(), f != nil, r.Urgency}
	limit := attemptTime
	if d := p.Deadline(); !d.IsZero() {
		limit = min(limit, time.Until(d))
	}
	if takes > limit {
		takes, f = limit, &outcome.Failure{Class: outcome.OutcomeUnknown}
	}
	sleep(takes)
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

// again lets a user ask again and again, each time after a pause, until the world ends.
func (w *world) again(r Request, patience, after time.Duration) {
	go func() {
		for w.ctx.Err() == nil {
			w.results <- w.fly(r, patience)
			_ = pause(w.ctx, after)
		}
	}()
}

// regularly lets another user ask at each interval until the world ends.
func (w *world) regularly(request func(i int) Request, patience, every time.Duration) {
	go func() {
		for i := 0; w.ctx.Err() == nil; i++ {
			r := request(i)
			go func() { w.results <- w.fly(r, patience) }()
			_ = pause(w.ctx, every)
		}
	}()
}

// end stops the world and returns what happened in it.
func (w *world) end() (results []result, calls []call) {
	w.stop()
	sleep(time.Minute)
	synctest.Wait()
	close(w.results)
	close(w.calls)
	for r := range w.results {
		if !errors.Is(r.err, context.Canceled) {
			results = append(results, r)
		}
	}
	for c := range w.calls {
		calls = append(calls, c)
	}
	return results, calls
}
