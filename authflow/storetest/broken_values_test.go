package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

func expiryFaults() map[string]fault {
	return map[string]fault{
		"values never expire": {"a value expires", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, _ time.Duration) error {
				return b.Memory.Save(ctx, name, value, long)
			}
		}},
		"values expire late": {"a value expires", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name, value, ttl+100*time.Millisecond)
			}
		}},
		"a ttl of zero never expires": {"a ttl of zero stores nothing", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if ttl.Truncate(time.Millisecond) <= 0 {
					ttl = long
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"the time left never counts down": {"the time left counts down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, _, err := b.Memory.Load(ctx, name)
				return value, long, err
			}
		}},
		"the time left is zero": {"the time left counts down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, _, err := b.Memory.Load(ctx, name)
				return value, 0, err
			}
		}},
		"the time left is in whole minutes": {"the time left counts down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				return value, left.Truncate(time.Minute), err
			}
		}},
	}
}

func loadFaults() map[string]fault {
	return map[string]fault{
		"an error other than ErrNotStored": {"nothing is stored at first", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				if err != nil {
					err = errors.New("no rows")
				}
				return value, left, err
			}
		}},
		"no error if nothing is stored": {"nothing is stored at first", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, _ := b.Memory.Load(ctx, name)
				return value, left, nil
			}
		}},
		"ErrNotStored for every error": {"a canceled context", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				if err != nil {
					err = authflow.ErrNotStored
				}
				return value, left, err
			}
		}},
		"the store's slice is returned": {"a value is the store's own", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				_, left, err := b.Memory.Load(ctx, name)
				b.Memory.mu.Lock()
				defer b.Memory.mu.Unlock()
				return b.values[name].value, left, err
			}
		}},
	}
}

func saveFaults() map[string]fault {
	return map[string]fault{
		"the first value stays": {"a value replaces another", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if _, _, err := b.Memory.Load(ctx, name); err == nil {
					return nil
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"the first ttl stays": {"a value replaces another", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if _, left, err := b.Memory.Load(ctx, name); err == nil {
					ttl = left
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"the caller's slice is kept": {"a value is the store's own", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				err := b.Memory.Save(ctx, name, value, ttl)
				b.Memory.mu.Lock()
				defer b.Memory.mu.Unlock()
				if v, ok := b.values[name]; ok {
					b.values[name] = memoryValue{value, v.ends}
				}
				return err
			}
		}},
		"values end at a zero byte": {"a value comes back as it was saved", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				value, _, _ = bytes.Cut(value, []byte{0})
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"values are text": {"a value comes back as it was saved", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name, bytes.ToValidUTF8(value, []byte("?")), ttl)
			}
		}},
		"values are cut": {"a value comes back as it was saved", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name, value[:min(len(value), 4096)], ttl)
			}
		}},
		"an empty value is not saved": {"a value comes back as it was saved", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if len(value) == 0 {
					return nil
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
	}
}

func nameFaults() map[string]fault {
	return map[string]fault{
		"names ignore case": {"names are apart", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, strings.ToLower(name), value, ttl)
			}
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				return b.Memory.Load(ctx, strings.ToLower(name))
			}
			b.delete = func(ctx context.Context, name string, value []byte) error {
				return b.Memory.Delete(ctx, strings.ToLower(name), value)
			}
		}},
		"names are cut": {"names are apart", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name[:40], value, ttl)
			}
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				return b.Memory.Load(ctx, name[:40])
			}
		}},
		"a value is written in two parts": {"many write and read one name", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if err := b.Memory.Save(ctx, name, value[:len(value)/2], ttl); err != nil {
					return err
				}
				gap()
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
	}
}

func deleteFaults() map[string]fault {
	return map[string]fault{
		"Delete removes any value": {"Delete leaves another value", func(b *broken) {
			b.delete = func(_ context.Context, name string, _ []byte) error { b.remove(name); return nil }
		}},
		"Delete compares the beginning": {"Delete leaves another value", func(b *broken) {
			b.delete = func(ctx context.Context, name string, value []byte) error {
				if kept, _, _ := b.Memory.Load(ctx, name); bytes.HasPrefix(kept, value) {
					b.remove(name)
				}
				return nil
			}
		}},
		"Delete does nothing": {"Delete removes a value", func(b *broken) {
			b.delete = func(context.Context, string, []byte) error { return nil }
		}},
		"Delete of an absent value is an error": {"nothing is stored at first", func(b *broken) {
			b.delete = func(ctx context.Context, name string, value []byte) error {
				if _, _, err := b.Memory.Load(ctx, name); err != nil {
					return err
				}
				return b.Memory.Delete(ctx, name, value)
			}
		}},
		"Delete compares and removes in two steps": {"Delete and Save at the same time", func(b *broken) {
			b.delete = func(ctx context.Context, name string, value []byte) error {
				if kept, _, err := b.Memory.Load(ctx, name); err == nil && bytes.Equal(kept, value) {
					gap()
					b.remove(name)
				}
				return nil
			}
		}},
	}
}
