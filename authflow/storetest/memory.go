package storetest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Memory is a Store in memory, for tests of programs that use a Store. The zero value
// is empty and ready. It is safe for concurrent use and must not be copied.
type Memory struct {
	mu     sync.Mutex
	values map[string]memoryValue
	locks  map[string]*memoryLock
}

type memoryValue struct {
	value []byte
	ends  time.Time
}

type memoryLock struct {
	ends time.Time
	free chan struct{} // closed by unlock
}

// Load implements authflow.Store.
func (m *Memory) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.values[name]
	left := time.Until(v.ends)
	if !ok || left <= 0 {
		delete(m.values, name)
		return nil, 0, authflow.ErrNotStored
	}
	return bytes.Clone(v.value), left, nil
}

// Save implements authflow.Store.
func (m *Memory) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ttl <= 0 {
		return fmt.Errorf("storetest: ttl is %v, must be above 0", ttl)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(name, value, ttl)
	return nil
}

// Swap implements authflow.Store.
func (m *Memory) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if ttl <= 0 {
		return fmt.Errorf("storetest: ttl is %v, must be above 0", ttl)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var stored []byte
	if v, ok := m.values[name]; ok && time.Now().Before(v.ends) {
		stored = v.value
	}
	if !bytes.Equal(stored, old) {
		return authflow.ErrChanged
	}
	m.put(name, value, ttl)
	return nil
}

// put stores a value. The caller holds m.mu.
func (m *Memory) put(name string, value []byte, ttl time.Duration) {
	if m.values == nil {
		m.values = make(map[string]memoryValue)
	}
	m.values[name] = memoryValue{bytes.Clone(value), time.Now().Add(ttl)}
}

// Delete implements authflow.Store.
func (m *Memory) Delete(ctx context.Context, name string, value []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.values[name]; ok && bytes.Equal(v.value, value) {
		delete(m.values, name)
	}
	return nil
}

// Lock implements authflow.Store.
func (m *Memory) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	for {
		m.mu.Lock()
		held := m.locks[name]
		if held == nil || !time.Now().Before(held.ends) {
			mine := &memoryLock{time.Now().Add(limit), make(chan struct{})}
			if m.locks == nil {
				m.locks = make(map[string]*memoryLock)
			}
			m.locks[name] = mine
			m.mu.Unlock()
			return func() { m.unlock(name, mine) }, nil
		}
		m.mu.Unlock()
		over := time.NewTimer(time.Until(held.ends))
		select {
		case <-held.free:
		case <-over.C:
		case <-ctx.Done():
			over.Stop()
			return nil, ctx.Err()
		}
		over.Stop()
	}
}

func (m *Memory) unlock(name string, mine *memoryLock) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locks[name] == mine {
		delete(m.locks, name)
		close(mine.free)
	}
}

// Names returns the names under which values are stored, in no order.
func (m *Memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.values))
	for name, v := range m.values {
		if time.Now().Before(v.ends) {
			names = append(names, name)
		}
	}
	return names
}
