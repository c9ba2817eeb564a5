package storetest

import (
	"context"
	"sync"
	"time"
)

func lockFaults() map[string]fault {
	return map[string]fault{
		"a lock never expires": {"a lock expires at its limit", func(b *broken) {
			b.lock = func(ctx context.Context, name string, _ time.Duration) (func(), error) {
				return b.Memory.Lock(ctx, name, time.Hour)
			}
		}},
		"a lock expires early": {"a lock expires at its limit", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				return b.Memory.Lock(ctx, name, limit/4)
			}
		}},
		"a late unlock releases any lock":   {"a late unlock", func(b *broken) { b.lock = b.take }},
		"a second unlock releases any lock": {"a second unlock", func(b *broken) { b.lock = b.take }},
		"unlock waits for the limit": {"a lock is handed over", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				_, err := b.Memory.Lock(ctx, name, limit)
				return func() {}, err
			}
		}},
	}
}

func lockRaces() map[string]fault {
	return map[string]fault{
		"a lock excludes nobody": {"a lock excludes", func(b *broken) {
			b.lock = func(context.Context, string, time.Duration) (func(), error) { return func() {}, nil }
		}},
		"Lock compares and writes in two steps": {"a lock lets in one at a time", func(b *broken) {
			var mu sync.Mutex
			held := make(map[string]bool)
			look := func(name string) bool { mu.Lock(); defer mu.Unlock(); return held[name] }
			set := func(name string, to bool) { mu.Lock(); defer mu.Unlock(); held[name] = to }
			b.lock = func(ctx context.Context, name string, _ time.Duration) (func(), error) {
				for look(name) {
					select {
					case <-ctx.Done():
						return nil, ctx.Err()
					case <-time.After(time.Millisecond):
					}
				}
				gap()
				set(name, true)
				return func() { set(name, false) }, nil
			}
		}},
		"one lock for all": {"a lock is of one name", func(b *broken) {
			b.lock = func(ctx context.Context, _ string, limit time.Duration) (func(), error) {
				return b.Memory.Lock(ctx, "all", limit)
			}
		}},
		"a lock hides the value": {"a lock is of one name", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				unlock, err := b.Memory.Lock(ctx, name, limit)
				if err == nil {
					b.remove(name)
					err = b.Memory.Save(ctx, name, []byte("locked"), limit)
				}
				return unlock, err
			}
		}},
	}
}

func waitFaults() map[string]fault {
	return map[string]fault{
		"Lock does not wait": {"a lock is handed over", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				at, cancel := context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
				return b.Memory.Lock(at, name, limit)
			}
		}},
		"Lock ignores its context": {"a canceled context", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				on, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
				defer cancel()
				return b.Memory.Lock(on, name, limit)
			}
		}},
		"a caller that gave up takes the lock": {"a caller that gave up holds nothing", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				type result struct {
					unlock func()
					err    error
				}
				got := make(chan result, 1)
				go func() {
					on, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
					defer cancel()
					unlock, err := b.Memory.Lock(on, name, limit)
					got <- result{unlock, err}
				}()
				select {
				case r := <-got:
					return r.unlock, r.err
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}
		}},
	}
}
