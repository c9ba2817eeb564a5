package authtest

import (
	"net/http"
	"slices"
	"sync"
)

// Fault stands in the way of a call: it answers in place of the simulator, or
// does something before or after next does. It is ordinary middleware, so that
// tests can write their own. This package has [Status], [Reject],
// [RateLimited], [Maintenance], [Redirect], [Answer], [Empty], [Truncated],
// [Reset], [Handle], and, to go before others, [Delay] and [Header].
type Fault func(next http.Handler) http.Handler

// faults are those that calls will meet, in the order in which they were set.
type faults struct {
	mu     sync.Mutex
	queue  []*failing
	blocks []*block
}

type failing struct {
	op     string
	left   int // calls; negative: all
	faults []Fault
}

// Fail lets the next n calls of an operation meet faults; all calls until
// [Simulator.ClearFaults], if n is negative. op is an operationId, [Echo] or
// [AnyOperation]. Several faults are passed in the order given:
//
//	sim.Fail(authtest.OpLogin, 2, authtest.Delay(time.Second), authtest.Status(503))
//
// What is set first is met first: each call uses up one of the oldest setting
// that fits it, and meets no other.
func (s *Simulator) Fail(op string, n int, first Fault, more ...Fault) {
	mustName(op)
	if n == 0 {
		return
	}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = append(s.faults.queue, &failing{op, n, append([]Fault{first}, more...)})
}

// SetFault is what [Simulator.Fail] has set, as far as calls have not used it up.
type SetFault struct {
	Operation string
	// Calls is how many more calls meet it; negative: all.
	Calls int
	// Fault passes all faults in the order given.
	Fault Fault
}

// Faults returns what calls that arrive from now on will meet, the oldest setting
// first.
func (s *Simulator) Faults() []SetFault {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := make([]SetFault, len(s.faults.queue))
	for i, one := range s.faults.queue {
		list[i] = SetFault{one.op, one.left, chain(one.faults)}
	}
	return list
}

// ClearFaults takes back everything that [Simulator.Fail] has set, for calls
// that have not arrived yet. Blocks stay.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = nil
}

// take returns what a call of op meets: the faults of the oldest setting that
// fits it, which is used up by it, and the blocks.
func (f *faults) take(op string) (met []Fault, blocks []*block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, one := range f.queue {
		if !fits(one.op, op) {
			continue
		}
		if one.left > 0 {
			one.left--
		}
		if one.left == 0 {
			f.queue = slices.Delete(f.queue, i, i+1)
		}
		met = one.faults
		break
	}
	for _, b := range f.blocks {
		if fits(b.op, op) {
			blocks = append(blocks, b)
		}
	}
	return met, blocks
}

// clear takes back all faults and blocks. Calls that are held back stay so.
func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue, f.blocks = nil, nil
}

func fits(wanted, op string) bool { return wanted == AnyOperation || wanted == op }
