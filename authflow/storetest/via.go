package storetest

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// via passes all calls on to a Store, after a function that may be slow or fail. It
// remembers every value that was saved.
type via struct {
	authflow.Store

	mu     sync.Mutex
	saved  map[string][]byte
	before func(ctx context.Context, method string) error
}

// meet sets the function that is called before each operation.
func (v *via) meet(before func(ctx context.Context, method string) error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before = before
}

func (v *via) first(ctx context.Context, method string) error {
	v.mu.Lock()
	before := v.before
	v.mu.Unlock()
	if before == nil {
		return nil
	}
	return before(ctx, method)
}

// only returns the one name that was saved, and its last value.
func (v *via) only(s *subject) (name string, value []byte) {
	s.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.saved) != 1 {
		s.Fatalf("%d names were saved, want one", len(v.saved))
	}
	for name, value = range v.saved {
		value = bytes.Clone(value)
	}
	return name, value
}

// names returns all names that were saved.
func (v *via) names() (names []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name := range v.saved {
		names = append(names, name)
	}
	return names
}

// Load implements authflow.Store.
func (v *via) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := v.first(ctx, "Load"); err != nil {
		return nil, 0, err
	}
	return v.Store.Load(ctx, name)
}

// Save implements authflow.Store.
func (v *via) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if err := v.first(ctx, "Save"); err != nil {
		return err
	}
	v.mu.Lock()
	v.saved[name] = bytes.Clone(value)
	v.mu.Unlock()
	return v.Store.Save(ctx, name, value, ttl)
}

// Swap implements authflow.Store.
func (v *via) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if err := v.first(ctx, "Swap"); err != nil {
		return err
	}
	err := v.Store.Swap(ctx, name, old, value, ttl)
	if err == nil {
		v.mu.Lock()
		v.saved[name] = bytes.Clone(value)
		v.mu.Unlock()
	}
	return err
}

// Delete implements authflow.Store.
func (v *via) Delete(ctx context.Context, name string, value []byte) error {
	if err := v.first(ctx, "Delete"); err != nil {
		return err
	}
	return v.Store.Delete(ctx, name, value)
}

// Lock implements authflow.Store.
func (v *via) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	if err := v.first(ctx, "Lock"); err != nil {
		return nil, err
	}
	return v.Store.Lock(ctx, name, limit)
}
