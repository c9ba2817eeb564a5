package storetest

import (
	"context"
	"sync"
	"time"
)

func rateFaults() map[string]fault {
	return map[string]fault{
		"a reservation is of one turn": {"turns keep to the rate", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
				return b.MemoryLimiter.Reserve(ctx, name, min(n, 1), perSecond, burst)
			}
		}},
		"the wait is for the last turn": {"turns keep to the rate", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
				wait, err := b.MemoryLimiter.Reserve(ctx, name, n, perSecond, burst)
				return wait + time.Duration(float64(n-1)/perSecond*float64(time.Second)), err
			}
		}},
		"the wait is never negative": {"turns keep to the rate", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
				wait, err := b.MemoryLimiter.Reserve(ctx, name, n, perSecond, burst)
				return max(0, wait), err
			}
		}},
		"there is no burst": {"turns keep to the rate", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, _ int) (time.Duration, error) {
				return b.MemoryLimiter.Reserve(ctx, name, n, perSecond, 1)
			}
		}},
		"all names share one rate": {"turns keep to the rate", func(b *broken) {
			b.reserve = func(ctx context.Context, _ string, n int, perSecond float64, burst int) (time.Duration, error) {
				return b.MemoryLimiter.Reserve(ctx, "all", n, perSecond, burst)
			}
		}},
		"the burst grows in a pause": {"the burst returns", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
				b.MemoryLimiter.mu.Lock()
				due, known := b.due[name]
				b.MemoryLimiter.mu.Unlock()
				wait, err := b.MemoryLimiter.Reserve(ctx, name, n, perSecond, burst)
				if known {
					wait -= max(0, time.Since(due))
				}
				return wait, err
			}
		}},
		"Reserve reads and writes in two steps": {"every turn is taken once", func(b *broken) {
			var mu sync.Mutex
			taken := 0
			b.reserve = func(_ context.Context, _ string, n int, perSecond float64, burst int) (time.Duration, error) {
				mu.Lock()
				before := taken
				mu.Unlock()
				gap()
				mu.Lock()
				taken = before + n
				mu.Unlock()
				return time.Duration(float64(before+1-burst) / perSecond * float64(time.Second)), nil
			}
		}},
		"a reservation of nothing is of one turn": {"a reservation of nothing", func(b *broken) {
			b.reserve = func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
				return b.MemoryLimiter.Reserve(ctx, name, max(1, n), perSecond, burst)
			}
		}},
	}
}
