package limiter

import (
	"context"
	"fmt"
	"testing"
)

func BenchmarkAcquireAndDone(b *testing.B) {
	l := New(Config{})
	r := caller("ann")
	b.ReportAllocs()
	for b.Loop() {
		p, err := l.Acquire(context.Background(), r)
		if err != nil {
			b.Fatal(err)
		}
		p.Done(nil)
	}
}

// BenchmarkAcquireAndDoneBehindThousands measures one more request, and one turn,
// while 10,000 wait. A success is what lets the next one go.
func BenchmarkAcquireAndDoneBehindThousands(b *testing.B) {
	for name, tickets := range map[string]bool{"ready": false, "blocked by their ticket": true} {
		b.Run(name, func(b *testing.B) {
			l := New(Config{Rate: 1e9, Burst: 1})
			ctx, cancel := context.WithCancel(b.Context())
			defer cancel()
			l.budget.left = 0
			l.mu.Lock()
			for i := range 10_000 {
				r := Request{Principal: fmt.Sprint("u", i), Group: "key", Attempt: 1}
				if tickets {
					r.Ticket = &ticket{wait: untilDone}
				}
				l.mu.Unlock()
				l.enter(r)
				l.mu.Lock()
			}
			l.mu.Unlock()
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n++
				e := l.enter(Request{Principal: fmt.Sprint("new", n), Group: "another", Attempt: 1})
				l.mu.Lock()
				l.budget.left = fullBudget
				l.dispatch()
				l.mu.Unlock()
				l.giveUp(e, ctx.Err())
			}
		})
	}
}
