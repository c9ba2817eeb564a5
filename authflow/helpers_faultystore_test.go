package authflow_test

import (
	"context"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// faultyStore is a Store with a shared rate of which one operation fails, or all.
type faultyStore struct {
	storetest.Memory
	storetest.MemoryLimiter
	op     string
	broken func() bool
	takes  time.Duration
	err    error // the error; nil means errBroken
	hang   bool
}

var errBroken = errors.New("broken")

func (s *faultyStore) fault(ctx context.Context, op string) error {
	if s.takes > 0 {
		select {
		case <-time.After(s.takes):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if (s.op == op || s.op == "*") && s.broken() {
		if s.hang {
			<-ctx.Done()
			return ctx.Err()
		}
		if s.err != nil {
			return s.err
		}
		return errBroken
	}
	return nil
}

func (s *faultyStore) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := s.fault(ctx, "Load"); err != nil {
		return nil, 0, err
	}
	return s.Memory.Load(ctx, name)
}

func (s *faultyStore) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if err := s.fault(ctx, "Save"); err != nil {
		return err
	}
	return s.Memory.Save(ctx, name, value, ttl)
}

func (s *faultyStore) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if err := s.fault(ctx, "Swap"); err != nil {
		return err
	}
	return s.Memory.Swap(ctx, name, old, value, ttl)
}

func (s *faultyStore) Delete(ctx context.Context, name string, value []byte) error {
	if err := s.fault(ctx, "Delete"); err != nil {
		return err
	}
	return s.Memory.Delete(ctx, name, value)
}

func (s *faultyStore) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	if err := s.fault(ctx, "Lock"); err != nil {
		return nil, err
	}
	return s.Memory.Lock(ctx, name, limit)
}

func (s *faultyStore) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (time.Duration, error) {
	if err := s.fault(ctx, "Reserve"); err != nil {
		return 0, err
	}
	return s.MemoryLimiter.Reserve(ctx, name, n, perSecond, burst)
}
