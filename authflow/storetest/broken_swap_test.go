package storetest

import (
	"bytes"
	"context"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// stored returns the value of a name, or nil.
func (b *broken) stored(ctx context.Context, name string) []byte {
	value, _, _ := b.Memory.Load(ctx, name)
	return value
}

func swapFaults() map[string]fault {
	return map[string]fault{
		"Swap does nothing": {"Swap saves in place of the expected value", func(b *broken) {
			b.swap = func(context.Context, string, []byte, []byte, time.Duration) error { return nil }
		}},
		"Swap needs a value to replace": {"Swap saves in place of the expected value", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if _, _, err := b.Memory.Load(ctx, name); err != nil {
					return authflow.ErrChanged
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"an empty old does not match an empty value": {"Swap saves in place of the expected value", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if _, _, err := b.Memory.Load(ctx, name); err == nil && len(old) == 0 {
					return authflow.ErrChanged
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"Swap saves without comparing": {"Swap of another value changes nothing", func(b *broken) {
			b.swap = func(ctx context.Context, name string, _, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"an empty old matches any value": {"Swap of another value changes nothing", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if len(old) == 0 {
					old = b.stored(ctx, name)
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"Swap compares the beginning": {"Swap of another value changes nothing", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if stored := b.stored(ctx, name); len(old) > 0 && bytes.HasPrefix(stored, old) {
					old = stored
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
	}
}

func swapRaces() map[string]fault {
	return map[string]fault{
		"Swap returns nil if the value has changed": {"Swap of another value changes nothing", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				_ = b.Memory.Swap(ctx, name, old, value, ttl)
				return nil
			}
		}},
		"Swap keeps the ttl of the old value": {"a swapped value expires", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if _, left, err := b.Memory.Load(ctx, name); err == nil {
					ttl = left
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"an expired value still counts": {"a swapped value expires", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				b.Memory.mu.Lock()
				if v, ok := b.values[name]; ok {
					b.values[name] = memoryValue{v.value, time.Now().Add(long)}
				}
				b.Memory.mu.Unlock()
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"Swap compares and saves in two steps": {"Swap counts for all", func(b *broken) { b.swap = b.swapInSteps }},
		"Swap may replace what was just saved": {"Swap and Save at the same time", func(b *broken) { b.swap = b.swapInSteps }},
		"Swap waits for the lock": {"a lock is of one name", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				unlock, err := b.Memory.Lock(ctx, name, long)
				if err != nil {
					return err
				}
				defer unlock()
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"Swap of a ttl of zero never expires": {"a ttl of zero stores nothing", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if ttl <= time.Nanosecond {
					ttl = long
				}
				return b.Memory.Swap(ctx, name, old, value, ttl)
			}
		}},
		"ErrChanged for every error": {"a canceled context", func(b *broken) {
			b.swap = func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
				if b.Memory.Swap(ctx, name, old, value, ttl) != nil {
					return authflow.ErrChanged
				}
				return nil
			}
		}},
	}
}

// swapInSteps compares, and saves a while later.
func (b *broken) swapInSteps(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if !bytes.Equal(b.stored(ctx, name), old) {
		return authflow.ErrChanged
	}
	gap()
	return b.Memory.Save(ctx, name, value, ttl)
}
