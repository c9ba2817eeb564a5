package renewal

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// offer is what one flight is going to do, and the credential that it returns.
type offer struct {
	n       int
	does    deed
	brings  string // what its callers are told
	asks    *call  // what it asks its own Keeper for at first, or nil
	takes   time.Duration
	obeys   bool          // it returns when its context ends
	cancels bool          // it ends after takes if no caller waits for it
	sends   time.Duration // from its beginning to the request: a queue, or less than 0 for a cache

	dueAt, endsAt, goneAt time.Duration // ages

	// The model keeps the rest.
	began, wall, notBefore time.Duration
	protected              bool
	left                   bool // its only caller has left
	waiters                int
}

// requested is when the model says that the credential was requested.
func (o *offer) requested() time.Duration { return o.began + o.sends }

type deed int

const (
	brings deed = iota
	fails
	panics
	exits
)

// call is one call of a Keeper.
type call struct {
	way      way
	old      int           // for replace: the number of a lease, or 0
	deadline time.Duration // or 0
	ended    bool          // its context, before it
	own      bool          // from within a flight

	// The model keeps the rest.
	flight *offer // that it waits for
	since  time.Duration
	inUse  *offer // when the flight began for which it waits

	got string // or "" while it waits
}

type way int

const (
	get way = iota
	verified
	replace
	renew
	exclusive
)

func (c *call) String() string {
	s := []string{"Get", "GetVerified", fmt.Sprint("Replace ", c.old), "Renew", "Exclusive"}[c.way]
	if c.ended || c.deadline > 0 {
		s += fmt.Sprintf(" until %v", c.deadline)
	}
	return s
}

// someCall draws a call. No context ends when a flight does.
func someCall(r *rand.Rand, now time.Duration, leases int) *call {
	c := &call{way: way(r.IntN(5)), ended: r.IntN(12) == 0}
	if c.way == replace {
		c.old = max(0, leases-r.IntN(3))
	}
	if !c.ended && r.IntN(2) == 0 {
		c.deadline = now + time.Duration(r.IntN(4))*time.Second + 600*time.Millisecond + time.Duration(r.IntN(100_000_000))
	}
	return c
}

// someOffer draws what flight n does. No two flights end at the same instant, nor
// at a whole second, which is when calls are made.
func someOffer(seed uint64, n int) *offer {
	r := rand.New(rand.NewPCG(seed, uint64(n)))
	o := &offer{n: n, obeys: r.IntN(2) == 0}
	o.does = max(brings, deed(r.IntN(10))-6)
	o.brings = fmt.Sprintf([]string{"lease %d", "failure %d", "panic %d", "exit"}[o.does], n)
	o.brings, _, _ = strings.Cut(o.brings, "%!")
	o.takes = time.Duration(r.IntN(4))*time.Second + 300*time.Millisecond + time.Duration(r.IntN(1_000_000))
	o.dueAt = time.Duration(1+r.IntN(5)) * time.Second
	o.endsAt = o.dueAt + time.Duration(r.IntN(5))*time.Second
	o.goneAt = o.endsAt + time.Duration(max(0, r.IntN(8)-4))*2*time.Second
	switch r.IntN(8) {
	case 0:
		o.dueAt, o.endsAt, o.goneAt = Forever, Forever, Forever
	case 1:
		o.goneAt = Forever
	}
	if r.IntN(8) == 0 {
		o.asks = &call{way: way(r.IntN(5)), own: true}
	}
	o.cancels = r.IntN(3) == 0
	switch r.IntN(6) {
	case 0:
		o.sends = o.takes / 2
	case 1:
		o.sends = -2 * time.Second
	}
	return o
}

func pauseAfter(failures int) time.Duration { return time.Duration(min(failures, 3)) * 2 * time.Second }

// tell says what a call got, in the words of the model.
func tell(l *Lease[int], err error) string {
	var p *PauseError
	var panicked *PanicError
	switch {
	case l != nil && err != nil || l == nil && err == nil:
		return fmt.Sprintf("both or neither: %v, %v", l, err)
	case l != nil && l.RemainingAtMost(time.Now()) <= 0:
		return fmt.Sprintf("lease %d, which has expired", l.Value)
	case l != nil:
		return fmt.Sprintf("lease %d", l.Value)
	case errors.Is(err, errEnd):
		return "closed"
	case errors.As(err, &p):
		return "in a pause: " + tell(nil, p.Unwrap())
	case errors.As(err, &panicked):
		return fmt.Sprint(panicked.Value)
	case errors.Is(err, ErrOwnFlight):
		return "own flight"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return "left"
	case errors.Is(err, errExited):
		return "exit"
	case errors.Is(err, errExpired):
		return "expired"
	}
	return err.Error()
}
