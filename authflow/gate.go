package authflow

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"
)

// gate is what all mint calls of a Cluster pass, in the order in which they
// come. It keeps them to a pace, slower for a while after a 429, and while the
// server is down, in maintenance or asks for less, it lets one probe through at a
// time. Nothing of it lives while nobody waits.
type gate struct {
	rate     float64 // calls a second; 0: any
	burst    int
	patience time.Duration // the longest pause that is waited out

	mu      sync.Mutex
	speed   float64   // the rate in force: less than rate after a 429; 0 as for rate
	next    time.Time // when the next call would be due if there were no burst
	queue   []turn
	timer   *time.Timer
	probing bool
	probes  int // the number of the latest probe
	paused  *outage
}

// turn is a place in the queue.
type turn struct {
	ticket chan ticket
	leave  func() bool // reports that nobody wants it any more, and that it has ended
}

// ticket ends a wait: with a failure, or with the number of a probe, which is 0
// for another call.
type ticket struct {
	err   error
	probe int
}

// outage is why nothing goes through the gate: a failure that was everybody's.
type outage struct {
	err      *Error
	failures int
	until    time.Time // when the next probe may go
}

// The default pace. The server allows 100 calls a second to one client address,
// with a burst of 10, over all calls (from 26.2).
const (
	defaultRate  = 50
	defaultBurst = 10
)

// patientFor is how many failures in a row are waited out by those who come.
// After that they are told at once.
const patientFor = 3

// maxPause is the longest time between two probes, unless the server asks for
// more: with it a dead server gets less than 30 calls in the first minute.
const maxPause = 10 * time.Second

// enter waits until a call may be made, or until ctx ends, or leave says when its
// turn has come that nobody wants it any more: it costs the next one no time then.
// Each call that entered must leave.
func (g *gate) enter(ctx context.Context, leave func() bool) (probe int, err error) {
	g.mu.Lock()
	if err := g.hopeless(time.Now()); err != nil {
		g.mu.Unlock()
		return 0, err
	}
	ticket := make(chan ticket, 1)
	g.queue = append(g.queue, turn{ticket, leave})
	g.move()
	g.mu.Unlock()
	select {
	case t := <-ticket:
		return t.probe, t.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.IndexFunc(g.queue, func(q turn) bool { return q.ticket == ticket }); i >= 0 {
		g.queue = slices.Delete(g.queue, i, i+1)
	} else if t := <-ticket; t.probe != 0 && t.probe == g.probes { // it was let through meanwhile
		g.probing = false
	}
	g.move()
	return 0, fmt.Errorf("gave up waiting for the cluster's pace, with %d before it: %w", len(g.queue), context.Cause(ctx))
}

// hopeless returns the failure that those who come now are told, or nil if they
// may wait.
func (g *gate) hopeless(now time.Time) error {
	p := g.paused
	if p == nil || g.probing || !now.Before(p.until) {
		return nil
	}
	left := p.until.Sub(now)
	if p.err.Retryable() && left <= g.patience && p.failures <= patientFor {
		return nil
	}
	return p.err.paused(left)
}

// move lets through whoever may go, and sets the timer for the next. The caller
// holds mu.
func (g *gate) move() {
	for now := time.Now(); len(g.queue) > 0; {
		first := g.queue[0]
		var wait, each time.Duration
		if g.speed > 0 {
			each = time.Duration(min(float64(time.Second)/g.speed, math.MaxInt64/4))
			if g.next.Before(now) {
				g.next = now
			}
			if wait = g.next.Sub(now); g.speed == g.rate && float64(wait) <= float64(g.burst-1)*float64(each) {
				wait = 0
			} else if g.speed == g.rate {
				wait -= time.Duration(g.burst-1) * each
			}
		}
		if p := g.paused; p != nil {
			if g.probing {
				return
			}
			wait = max(wait, p.until.Sub(now))
		}
		if wait > 0 {
			if g.timer != nil {
				g.timer.Stop()
			}
			g.timer = time.AfterFunc(wait, func() {
				g.mu.Lock()
				defer g.mu.Unlock()
				g.move()
			})
			return
		}
		g.queue = g.queue[1:]
		if first.leave() {
			first.ticket <- ticket{err: context.Canceled}
			continue
		}
		t := ticket{}
		if g.probing = g.paused != nil; g.probing {
			g.probes++
			t.probe = g.probes
		}
		g.next = g.next.Add(each)
		first.ticket <- t
	}
	if g.timer != nil {
		g.timer.Stop()
		g.timer = nil
	}
}

// leave tells how a call ended that began at sent. Any answer but one that says
// that the server is down opens the gate.
func (g *gate) leave(probe int, sent time.Time, err *Error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	current := probe != 0 && probe == g.probes
	early := !current && g.paused != nil && sent.Before(g.paused.until) // under way before the first one failed
	if current {
		g.probing = false
	}
	switch {
	case err == nil || err.Status != 0 && !err.outage():
		g.paused = nil
		if g.speed != g.rate {
			g.speed++
		}
		if g.speed >= cmp.Or(g.rate, defaultRate) && (g.rate > 0 || len(g.queue) == 0) {
			g.speed = g.rate
		}
	case err.outage():
		if err.Status == http.StatusTooManyRequests && !early {
			g.speed = max(1, cmp.Or(g.speed, defaultRate)/2) // the server allows less than was thought
		}
		p := &outage{err: err, failures: 1}
		if old := g.paused; old != nil {
			if p.failures += old.failures; early {
				p.failures--
			}
		}
		pause := min(time.Second<<min(p.failures-1, 10), maxPause*4/5) // which jitter makes longer
		p.until = now.Add(jitter(max(pause, min(err.RetryAfter, maxRetryAfter))))
		if early && p.until.Before(g.paused.until) {
			p.until = g.paused.until
		}
		g.paused = p
		if told := g.hopeless(now); told != nil {
			for _, q := range g.queue {
				q.ticket <- ticket{err: told}
			}
			g.queue = nil
		}
	case g.paused != nil && !early: // a probe that brought nothing to light
		g.paused.until = now.Add(time.Second)
	}
	g.move()
}

// jitter makes a pause up to a quarter longer, so that those who were told the
// same do not come back together.
func jitter(d time.Duration) time.Duration { return d + rand.N(d/4+1) }
