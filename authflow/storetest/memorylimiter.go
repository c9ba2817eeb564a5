package storetest

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// MemoryLimiter is an authflow.RateLimiter in memory, for tests. Embed it beside
// [Memory] for a Store whose processes share their rate as well:
//
//	var store struct {
//		storetest.Memory
//		storetest.MemoryLimiter
//	}
//
// The zero value is ready. It is safe for concurrent use and must not be copied.
type MemoryLimiter struct {
	mu  sync.Mutex
	due map[string]time.Time // when the next turn of a name would be, if there were no burst
}

// Reserve implements authflow.RateLimiter.
func (m *MemoryLimiter) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (wait time.Duration, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if n < 1 || !(perSecond > 0) || burst < 1 {
		return 0, fmt.Errorf("storetest: cannot reserve %d turns at %v per second with a burst of %d", n, perSecond, burst)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	each := time.Duration(float64(time.Second) / perSecond)
	now := time.Now()
	due := m.due[name]
	if due.Before(now) {
		due = now
	}
	if m.due == nil {
		m.due = make(map[string]time.Time)
	}
	m.due[name] = due.Add(time.Duration(n) * each)
	return due.Sub(now) - time.Duration(burst-1)*each, nil
}
