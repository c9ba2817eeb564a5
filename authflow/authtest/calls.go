package authtest

import (
	"context"
	"maps"
	"net/url"
	"sync"
	"time"
)

// calls counts requests by operation, and keeps the latest.
type calls struct {
	mu      sync.Mutex
	total   int
	counts  map[string]int
	latest  []*arrival
	changed chan struct{} // closed at the next call, if someone waits for it
}

func (c *calls) add(a *arrival) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	if a.op != "" {
		if c.counts == nil {
			c.counts = make(map[string]int)
		}
		c.counts[a.op]++
	}
	c.keep(a)
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

func (c *calls) of(op string) int {
	if op == AnyOperation {
		return c.total
	}
	return c.counts[op]
}

// Calls returns how many requests for an operation have arrived, those that
// were rejected or met a fault included. [AnyOperation] counts all requests.
func (s *Simulator) Calls(op string) int {
	mustName(op)
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return s.calls.of(op)
}

// CallCounts returns the counts of [Simulator.Calls] by operation, without
// those that are zero.
func (s *Simulator) CallCounts() map[string]int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if s.calls.counts == nil {
		return map[string]int{}
	}
	return maps.Clone(s.calls.counts)
}

// ResetCalls sets all counts to zero, and forgets the requests of
// [Simulator.Requests].
func (s *Simulator) ResetCalls() {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.total, s.calls.counts, s.calls.latest = 0, nil, nil
}

// WaitForCalls returns when at least n requests for an operation have arrived,
// or with the error of ctx when that ends first. Together with
// [Simulator.Block] it lets a test act while calls are under way.
func (s *Simulator) WaitForCalls(ctx context.Context, op string, n int) error {
	mustName(op)
	for {
		s.calls.mu.Lock()
		if s.calls.of(op) >= n {
			s.calls.mu.Unlock()
			return nil
		}
		if s.calls.changed == nil {
			s.calls.changed = make(chan struct{})
		}
		changed := s.calls.changed
		s.calls.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Call is a request as a test sees it, with what became of it; see
// [Simulator.Requests] and [WithObserver]. It holds no secrets.
type Call struct {
	// Operation is the operationId, [Echo], or empty for what the API does
	// not have.
	Operation string
	Method    string
	Path      string
	// Query has "[redacted]" in place of secrets, and in place of all values if the
	// operation is one of [Operations]. It is nil if there is none.
	Query url.Values
	// User is the name of the authenticated user, and Auth how: "bearer" or
	// "session". Both are empty for a call that needs no authentication, or
	// lacks it.
	User string
	Auth string
	// Body is the JSON body of the request as encoding/json decodes it into an
	// any, or nil if there is none. In place of secrets it has "[redacted]",
	// and so in place of the values of fields that the operation does not have.
	Body any
	// Unknown are the names in the body that the API does not have, such as
	// org_id in a request for a custom access token, sorted, each with the way to
	// it: filter_rules.0.column. The server ignores them without a word.
	Unknown []string
	// Status of the response, or 0 if the connection was cut instead, or the
	// response has not begun.
	Status int
	// Began is the server's time at the arrival.
	Began time.Time
	// Duration until the response was written, or 0 before that. In a
	// testing/synctest bubble it is what the call has waited: see [WithLatency].
	Duration time.Duration
}
