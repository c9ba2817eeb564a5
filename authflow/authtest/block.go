package authtest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// block holds calls back until its channel is closed.
type block struct {
	op       string
	released chan struct{}
}

// Block holds back the calls of an operation that arrive from now on, until
// release is called; they then go on as usual. A call whose client gives up
// in the meantime ends without a response. release may be called several times.
//
// [Simulator.WaitForCalls] tells when calls have arrived at the block.
func (s *Simulator) Block(op string) (release func()) {
	mustName(op)
	b := &block{op, make(chan struct{})}
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.blocks = append(s.faults.blocks, b)
	return sync.OnceFunc(func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		s.faults.blocks = slices.DeleteFunc(s.faults.blocks, func(other *block) bool { return other == b })
		close(b.released)
	})
}

func (b *block) before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		await(r, b.released)
		next.ServeHTTP(w, r)
	})
}

// Delay lets a call wait for d before it goes on, in real time or in the
// fake time of a testing/synctest bubble. A call whose client gives up in the meantime ends without
// a response.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			timer := time.NewTimer(d)
			defer timer.Stop()
			await(r, timer.C)
			next.ServeHTTP(w, r)
		})
	}
}

// await returns when something comes from c, or c is closed. It ends the call
// if the client or the server goes away first.
func await[T any](r *http.Request, c <-chan T) {
	var stopped, reset <-chan struct{}
	if x := exchangeOf(r.Context()); x != nil {
		stopped, reset = x.sim.stopped, x.era.over
	}
	select {
	case <-c:
	case <-stopped:
		panic(http.ErrAbortHandler)
	case <-reset:
		panic(http.ErrAbortHandler)
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	}
}
