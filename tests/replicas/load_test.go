package replicas

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/tests/sizing"
)

// load is users who are at work: each makes requests at random, which reach a
// replica at random.
type load struct {
	f        *fleet
	wg       sync.WaitGroup
	stop     context.CancelFunc
	served   atomic.Int64
	failures atomic.Int64
	slowest  atomic.Int64 // in nanoseconds, for the log
	away     atomic.Int64 // one more than the replica to which nobody is sent; 0: none
}

// work begins a load. No request waits for the one before.
func (f *fleet) work(users int, every time.Duration, path string) *load {
	f.t.Helper()
	ctx, stop := context.WithCancel(f.t.Context())
	l := &load{f: f, stop: stop}
	f.t.Cleanup(func() { stop(); l.wg.Wait() })
	for u := range users {
		rng := rand.New(rand.NewPCG(uint64(u), 7))
		l.wg.Go(func() {
			for {
				rest := time.NewTimer(time.Duration(rng.ExpFloat64() * float64(every)))
				select {
				case <-rest.C:
				case <-ctx.Done():
					rest.Stop()
					return
				}
				n := rng.IntN(len(f.replicas))
				if int(l.away.Load()) == n+1 {
					n = (n + 1) % len(f.replicas)
				}
				l.wg.Go(func() { l.request(n, fmt.Sprintf("%s/user-%d", path, u)) })
			}
		})
	}
	return l
}

func (l *load) request(n int, path string) {
	began := time.Now()
	_, err := l.f.get(n, path)
	took := int64(time.Since(began))
	for old := l.slowest.Load(); took > old && !l.slowest.CompareAndSwap(old, took); old = l.slowest.Load() {
	}
	if err != nil {
		if l.failures.Add(1) <= 5 {
			l.f.t.Error(err)
		}
		return
	}
	l.served.Add(1)
}

// end ends a load, and fails the test if a request has failed.
func (l *load) end() {
	l.f.t.Helper()
	l.stop()
	l.wg.Wait()
	l.f.t.Logf("%d requests served, the slowest in %v; %d failed", l.served.Load(), time.Duration(l.slowest.Load()).Round(time.Millisecond), l.failures.Load())
	if l.served.Load() == 0 {
		l.f.t.Error("nobody was at work")
	}
}

// pass lets time pass in which the other processes go on.
func pass(t *testing.T, d time.Duration) {
	t.Helper()
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-t.Context().Done():
	}
}

// model is the fleet of a spec as package sizing has it.
func (f *fleet) model(users int, every time.Duration) sizing.Fleet {
	return sizing.Fleet{
		Users: users, Every: every, Validity: time.Duration(f.settings.validity) * time.Second,
		Replicas: f.settings.replicas, Store: f.store != "",
	}
}
