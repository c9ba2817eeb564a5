package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// canceledContext allows a Store to carry out an operation that takes no time.
func canceledContext(s *subject) {
	name, held := newName(), newName()
	s.mustSave(name, []byte("value"), long)
	unlock := s.mustLock(held, long)
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	for what, use := range map[string]func() error{
		"Load": func() error {
			_, _, err := s.Load(ctx, name)
			if errors.Is(err, authflow.ErrNotStored) {
				s.Error("Load says that nothing is stored, although its context was canceled")
			}
			return nil
		},
		"Save": func() error { _ = s.Save(ctx, newName(), []byte("value"), long); return nil },
		"Swap": func() error {
			if err := s.Swap(ctx, newName(), nil, []byte("value"), long); errors.Is(err, authflow.ErrChanged) {
				return errors.New("says that a value has changed, although nothing is stored")
			}
			return nil
		},
		"Reserve": func() error {
			if limiter, ok := s.Store.(authflow.RateLimiter); ok {
				_, _ = limiter.Reserve(ctx, newName(), 1, 1, 1)
			}
			return nil
		},
		"Delete": func() error { _ = s.Delete(ctx, newName(), []byte("value")); return nil },
		"Lock": func() error {
			if _, err := s.Lock(ctx, held, long); err == nil {
				return errors.New("takes a lock that another holds")
			}
			return nil
		},
	} {
		done := make(chan error, 1)
		go func() { done <- use() }()
		select {
		case err := <-done:
			if err != nil {
				s.Errorf("%s %v", what, err)
			}
		case <-time.After(s.patience):
			s.Errorf("%s still waits after its context was canceled", what)
		}
	}
	s.has(name, []byte("value"))
	unlock()
	s.mustLock(held, long)()
}
