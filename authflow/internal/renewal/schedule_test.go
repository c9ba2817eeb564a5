package renewal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// offer is what one fetch is going to do, and with that the flight, and the
// lease that it brings.
type offer struct {
	n         int
	does      deed
	brings    string // as callers are told
	asks      *call  // what it first asks its own Keeper for, or nil
	takes     time.Duration
	obeys     bool          // it returns when its context ends
	leaves    bool          // it ends if nobody waits for it, when it has taken that long
	due, dead time.Duration // ages

	asked, wall time.Duration // by the model
	left        bool          // its only caller has left
	users       int           // who have waited for it and not left, or did not have to wait
}

type deed int

const (
	brings deed = iota
	fails
	panics
	exits
	hangs // until it is abandoned; brings a lease later
)

// call is one call of a Keeper.
type call struct {
	way      way
	old      int           // for next and force: the number of a lease, or 0
	deadline time.Duration // or 0
	ended    bool          // its context, before it
	own      bool          // from within a fetch

	flight *offer // that it waits for, by the model
	got    string // or "" while it waits
}

type way int

const (
	sure way = iota
	unsure
	next
	force
	extra
)

func (c *call) String() string {
	s := []string{"Get sure", "Get unsure", "Next than %d", "Next than %d with force", "Extra"}[c.way]
	if c.way == next || c.way == force {
		s = fmt.Sprintf(s, c.old)
	}
	if c.ended || c.deadline > 0 {
		s += fmt.Sprintf(" until %v", c.deadline)
	}
	return s
}

// someCall draws a call. Nobody's time ends when a flight does.
func someCall(r *rand.Rand, now time.Duration, leases int) *call {
	c := &call{way: way(r.IntN(5)), ended: r.IntN(12) == 0}
	if c.way == next || c.way == force {
		c.old = max(0, leases-r.IntN(3))
	}
	if !c.ended && r.IntN(2) == 0 {
		c.deadline = now + time.Duration(r.IntN(4))*time.Second + 600*time.Millisecond + time.Duration(r.IntN(100_000_000))
	}
	return c
}

// someOffer draws what flight n does. No two end at the same instant, nor at a
// whole second, which is when calls are made.
func someOffer(seed uint64, n int) *offer {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	o := &offer{n: n, obeys: r.IntN(2) == 0}
	o.does = max(brings, deed(r.IntN(11))-6)
	o.brings = fmt.Sprintf([]string{"lease %d", "failure %d", "panic %d", "exit", "abandoned %d"}[o.does], n)
	o.brings, _, _ = strings.Cut(o.brings, "%!")
	o.takes = time.Duration(r.IntN(4))*time.Second + 300*time.Millisecond + time.Duration(n)*time.Microsecond
	o.due = time.Duration(1+r.IntN(5)) * time.Second
	if o.dead = o.due + time.Duration(r.IntN(5))*time.Second; r.IntN(8) == 0 {
		o.due, o.dead = Forever, Forever
	}
	if r.IntN(8) == 0 {
		o.asks = &call{way: way(r.IntN(5)), own: true}
	}
	o.leaves = r.IntN(3) == 0
	return o
}

func pauseAfter(failures int) time.Duration { return time.Duration(min(failures, 3)) * 2 * time.Second }

// tell says what a call has brought, in the words of the model.
func tell(l *Lease[int], err error) string {
	var p *PauseError
	switch {
	case l != nil && err != nil || l == nil && err == nil:
		return fmt.Sprintf("both or neither: %v, %v", l, err)
	case l != nil && l.Left(time.Now()) <= 0:
		return fmt.Sprintf("lease %d, which is dead", l.Value)
	case l != nil:
		return fmt.Sprintf("lease %d", l.Value)
	case errors.Is(err, errEnd):
		return "closed"
	case errors.Is(err, ErrOwnFlight):
		return "own flight"
	case errors.As(err, &p):
		return "in a pause: " + tell(nil, p.Unwrap())
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "left"
	case strings.Contains(err.Error(), "ended its goroutine"):
		return "exit"
	case strings.Contains(err.Error(), "had ended when it came"):
		return "dead"
	}
	return strings.TrimPrefix(err.Error(), "panic: ")
}
