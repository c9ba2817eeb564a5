package storetest

import (
	"context"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// endedContext leaves it to the Store whether what takes no time is done.
func endedContext(s *subject) {
	name, held := newName(), newName()
	s.mustSave(name, []byte("value"), long)
	unlock := s.mustLock(held, long)
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	for what, use := range map[string]func() error{
		"Load": func() error {
			_, _, err := s.Load(ctx, name)
			if errors.Is(err, authflow.ErrNotStored) {
				s.Error("Load says that nothing is stored, where its context has ended")
			}
			return nil
		},
		"Save":   func() error { _ = s.Save(ctx, newName(), []byte("value"), long); return nil },
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
			s.Errorf("%s waits on, after its context has ended", what)
		}
	}
	s.has(name, []byte("value"))
	unlock()
	s.mustLock(held, long)()
}
