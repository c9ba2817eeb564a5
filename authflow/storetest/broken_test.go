package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// broken is a Store in memory of which some methods are replaced by wrong ones.
type broken struct {
	Memory
	load   func(ctx context.Context, name string) ([]byte, time.Duration, error)
	save   func(ctx context.Context, name string, value []byte, ttl time.Duration) error
	delete func(ctx context.Context, name string, value []byte) error
	lock   func(ctx context.Context, name string, limit time.Duration) (func(), error)
}

func (b *broken) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if b.load != nil {
		return b.load(ctx, name)
	}
	return b.Memory.Load(ctx, name)
}

func (b *broken) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if b.save != nil {
		return b.save(ctx, name, value, ttl)
	}
	return b.Memory.Save(ctx, name, value, ttl)
}

func (b *broken) Delete(ctx context.Context, name string, value []byte) error {
	if b.delete != nil {
		return b.delete(ctx, name, value)
	}
	return b.Memory.Delete(ctx, name, value)
}

func (b *broken) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	if b.lock != nil {
		return b.lock(ctx, name, limit)
	}
	return b.Memory.Lock(ctx, name, limit)
}

// remove deletes whatever is kept under a name.
func (b *broken) remove(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.values, name)
}

// take takes a lock by a name of its own, and lets unlock end whatever lock is there.
func (b *broken) take(ctx context.Context, name string, limit time.Duration) (func(), error) {
	_, err := b.Memory.Lock(ctx, name, limit)
	return func() {
		b.mu.Lock()
		held := b.locks[name]
		b.mu.Unlock()
		if held != nil {
			b.unlock(name, held)
		}
	}, err
}

// gap is the way to a server and back.
func gap() { <-time.After(time.Millisecond) }

// faults are ways to get a Store wrong, each with a check that has to notice.
func faults() map[string]struct {
	notice string
	breaks func(*broken)
} {
	type fault = struct {
		notice string
		breaks func(*broken)
	}
	return map[string]fault{
		"values never end": {"a value ends", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, _ time.Duration) error {
				return b.Memory.Save(ctx, name, value, long)
			}
		}},
		"values end late": {"a value ends", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				return b.Memory.Save(ctx, name, value, ttl+100*time.Millisecond)
			}
		}},
		"no ttl is for ever": {"a ttl of nothing keeps nothing", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if ttl.Truncate(time.Millisecond) <= 0 {
					ttl = long
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"the ttl is all that is left": {"what is left is counted down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, _, err := b.Memory.Load(ctx, name)
				return value, long, err
			}
		}},
		"nothing is left": {"what is left is counted down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, _, err := b.Memory.Load(ctx, name)
				return value, 0, err
			}
		}},
		"left in whole minutes": {"what is left is counted down", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				return value, left.Truncate(time.Minute), err
			}
		}},
		"another error than ErrNotStored": {"nothing is kept at first", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				if err != nil {
					err = errors.New("no rows")
				}
				return value, left, err
			}
		}},
		"no error where nothing is": {"nothing is kept at first", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, _ := b.Memory.Load(ctx, name)
				return value, left, nil
			}
		}},
		"ErrNotStored for every error": {"a context that has ended", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				value, left, err := b.Memory.Load(ctx, name)
				if err != nil {
					err = authflow.ErrNotStored
				}
				return value, left, err
			}
		}},
		"the first value stays": {"a value replaces another", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if _, _, err := b.Memory.Load(ctx, name); err == nil {
					return nil
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"the first end stays": {"a value replaces another", func(b *broken) {
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
				b.mu.Lock()
				defer b.mu.Unlock()
				if v, ok := b.values[name]; ok {
					b.values[name] = memoryValue{value, v.ends}
				}
				return err
			}
		}},
		"the store's slice is returned": {"a value is the store's own", func(b *broken) {
			b.load = func(ctx context.Context, name string) ([]byte, time.Duration, error) {
				_, left, err := b.Memory.Load(ctx, name)
				b.mu.Lock()
				defer b.mu.Unlock()
				return b.values[name].value, left, err
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
		"nothing is no value": {"a value comes back as it was saved", func(b *broken) {
			b.save = func(ctx context.Context, name string, value []byte, ttl time.Duration) error {
				if len(value) == 0 {
					return nil
				}
				return b.Memory.Save(ctx, name, value, ttl)
			}
		}},
		"names are one in either case": {"names are apart", func(b *broken) {
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
		"Delete removes whatever is there": {"Delete leaves what has replaced it", func(b *broken) {
			b.delete = func(_ context.Context, name string, _ []byte) error { b.remove(name); return nil }
		}},
		"Delete compares the beginning": {"Delete leaves what has replaced it", func(b *broken) {
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
		"Delete of nothing is an error": {"nothing is kept at first", func(b *broken) {
			b.delete = func(ctx context.Context, name string, value []byte) error {
				if _, _, err := b.Memory.Load(ctx, name); err != nil {
					return err
				}
				return b.Memory.Delete(ctx, name, value)
			}
		}},
		"Delete looks first, and then acts": {"Delete and Save at the same time", func(b *broken) {
			b.delete = func(ctx context.Context, name string, value []byte) error {
				if kept, _, err := b.Memory.Load(ctx, name); err == nil && bytes.Equal(kept, value) {
					gap()
					b.remove(name)
				}
				return nil
			}
		}},
		"a lock is anybody's": {"a lock excludes", func(b *broken) {
			b.lock = func(context.Context, string, time.Duration) (func(), error) { return func() {}, nil }
		}},
		"a lock is looked at, and then taken": {"a lock lets in one at a time", func(b *broken) {
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
		"a lock has no limit": {"a lock ends at its limit", func(b *broken) {
			b.lock = func(ctx context.Context, name string, _ time.Duration) (func(), error) {
				return b.Memory.Lock(ctx, name, time.Hour)
			}
		}},
		"a lock ends sooner": {"a lock ends at its limit", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				return b.Memory.Lock(ctx, name, limit/4)
			}
		}},
		"unlock ends whatever lock is there, late": {"a late unlock", func(b *broken) { b.lock = b.take }},
		"unlock ends whatever lock is there":       {"a second unlock", func(b *broken) { b.lock = b.take }},
		"unlock waits for the limit": {"a lock is handed over", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				_, err := b.Memory.Lock(ctx, name, limit)
				return func() {}, err
			}
		}},
		"a lock that is held is an error": {"a lock is handed over", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				at, cancel := context.WithTimeout(ctx, time.Millisecond)
				defer cancel()
				return b.Memory.Lock(at, name, limit)
			}
		}},
		"Lock waits on when its context ends": {"a context that has ended", func(b *broken) {
			b.lock = func(ctx context.Context, name string, limit time.Duration) (func(), error) {
				on, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
				defer cancel()
				return b.Memory.Lock(on, name, limit)
			}
		}},
		"whoever gave up waiting gets the lock": {"whoever gave up waiting holds nothing", func(b *broken) {
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
		"nothing is kept": {"a token serves other processes", func(b *broken) {
			b.save = func(context.Context, string, []byte, time.Duration) error { return nil }
		}},
		"no lock, for tokens": {"many at once ask the server once", func(b *broken) {
			b.lock = func(context.Context, string, time.Duration) (func(), error) { return func() {}, nil }
		}},
		"Delete does nothing, for tokens": {"Logout removes the token for all", func(b *broken) {
			b.delete = func(context.Context, string, []byte) error { return nil }
		}},
		"Save fails": {"a refused token is gone for all", func(b *broken) {
			b.save = func(context.Context, string, []byte, time.Duration) error { return errors.New("read only") }
		}},
	}
}

// recorder is a test whose failures are expected.
type recorder struct {
	testing.TB
	mu     sync.Mutex
	failed []string
}

func (r *recorder) Helper() {}

func (r *recorder) Error(args ...any) { r.Errorf("%s", fmt.Sprint(args...)) }

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = append(r.failed, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatal(args ...any) { r.Error(args...); runtime.Goexit() }

func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); runtime.Goexit() }

// failures runs a check, and returns what it says against a Store.
func failures(t *testing.T, c check, s authflow.Store) []string {
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.run(&subject{r, s, time.Second})
	}()
	<-done
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

func checkNamed(t *testing.T, name string) check {
	t.Helper()
	i := slices.IndexFunc(checks(), func(c check) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("there is no check %q", name)
	}
	return checks()[i]
}

func TestRunNoticesBrokenStores(t *testing.T) {
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := new(broken)
			fault.breaks(b)
			c := checkNamed(t, fault.notice)
			for range 5 { // some take a race
				if len(failures(t, c, b)) > 0 {
					return
				}
			}
			t.Errorf("%q does not notice", fault.notice)
		})
	}
}

// What notices a fault is content with a Store that has none.
func TestRunIsContentWithMemory(t *testing.T) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if failed := failures(t, c, new(broken)); len(failed) > 0 {
				t.Error(failed)
			}
		})
	}
}

func TestDocListsAllChecks(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := strings.Count(string(doc), "\n//   - ")
	for _, c := range checks() {
		if !strings.Contains(string(doc), "\n//   - "+c.name) {
			t.Errorf("%q is not listed", c.name)
		}
	}
	if listed != len(checks()) {
		t.Errorf("%d are listed, there are %d", listed, len(checks()))
	}
}
