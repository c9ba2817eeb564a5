package authtest

import (
	"net/http"
	"slices"
	"sync"
)

// Fault stands in the way of a call: it answers in place of the simulator, or
// does something before or after next does. It is ordinary middleware, so that
// tests can write their own. This package has [Status], [Refuse],
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

// ClearFaults takes back everything that [Simulator.Fail] has set, for calls
// that have not arrived yet. Blocks stay.
func (s *Simulator) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.queue = nil
}

// wrap puts what a call of op is to meet in front of h.
func (f *faults) wrap(op string, h http.Handler) http.Handler {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, one := range f.queue {
		if !fits(one.op, op) {
			continue
		}
		if one.left > 0 {
			if one.left--; one.left == 0 {
				f.queue = slices.Delete(f.queue, i, i+1)
			}
		}
		for _, fault := range slices.Backward(one.faults) {
			h = fault(h)
		}
		break
	}
	for _, b := range f.blocks {
		if fits(b.op, op) {
			h = b.before(h)
		}
	}
	return h
}

func fits(wanted, op string) bool { return wanted == AnyOperation || wanted == op }
