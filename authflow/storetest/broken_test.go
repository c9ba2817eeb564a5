package storetest

import (
	"context"
	"maps"
	"time"
)

// broken is a Store in memory some of whose methods are replaced by wrong ones.
type broken struct {
	Memory
	MemoryLimiter
	load    func(ctx context.Context, name string) ([]byte, time.Duration, error)
	save    func(ctx context.Context, name string, value []byte, ttl time.Duration) error
	swap    func(ctx context.Context, name string, old, value []byte, ttl time.Duration) error
	delete  func(ctx context.Context, name string, value []byte) error
	lock    func(ctx context.Context, name string, limit time.Duration) (func(), error)
	reserve func(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error)
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

func (b *broken) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if b.swap != nil {
		return b.swap(ctx, name, old, value, ttl)
	}
	return b.Memory.Swap(ctx, name, old, value, ttl)
}

func (b *broken) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
	if b.reserve != nil {
		return b.reserve(ctx, name, n, perSecond, burst)
	}
	return b.MemoryLimiter.Reserve(ctx, name, n, perSecond, burst)
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

// remove deletes any value of a name.
func (b *broken) remove(name string) {
	b.Memory.mu.Lock()
	defer b.Memory.mu.Unlock()
	delete(b.values, name)
}

// take takes a lock whose unlock releases any lock of the name.
func (b *broken) take(ctx context.Context, name string, limit time.Duration) (func(), error) {
	_, err := b.Memory.Lock(ctx, name, limit)
	return func() {
		b.Memory.mu.Lock()
		held := b.locks[name]
		b.Memory.mu.Unlock()
		if held != nil {
			b.unlock(name, held)
		}
	}, err
}

// gap takes as long as the way to a server and back.
func gap() { <-time.After(time.Millisecond) }

// fault is a way to get a Store wrong, and the check that has to notice it.
type fault struct {
	notice string
	breaks func(*broken)
}

// faults returns all faults by name.
func faults() map[string]fault {
	all := make(map[string]fault)
	for _, some := range []map[string]fault{
		expiryFaults(), loadFaults(), saveFaults(), nameFaults(), deleteFaults(), swapFaults(), swapRaces(),
		lockFaults(), lockRaces(), waitFaults(), rateFaults(), tokenFaults(),
	} {
		maps.Copy(all, some)
	}
	return all
}
