package storetest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Times that the checks use. An operation that has to succeed may take as long as
// patience, so that no test fails because the machine is busy.
const (
	patience = 10 * time.Second
	long     = 10 * time.Minute      // longer than any check
	short    = 40 * time.Millisecond // a check can wait for this
	grain    = 10 * time.Millisecond // the precision that a clock must have
)

// subject is a Store under test, and the test.
type subject struct {
	testing.TB
	authflow.Store
	patience time.Duration
}

// newName returns a name as authflow makes them.
func newName() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// within returns a context with a deadline.
func (s *subject) within(d time.Duration) context.Context {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), d)
	s.Cleanup(cancel)
	return ctx
}

// pass waits in real time, because the Store has a clock of its own.
func (s *subject) pass(d time.Duration) {
	s.Helper()
	select {
	case <-time.After(d):
	case <-s.Context().Done():
		s.Fatal(s.Context().Err())
	}
}

func (s *subject) mustSave(name string, value []byte, ttl time.Duration) {
	s.Helper()
	if err := s.Save(s.within(s.patience), name, value, ttl); err != nil {
		s.Fatalf("Save: %v", err)
	}
}

func (s *subject) mustDelete(name string, value []byte) {
	s.Helper()
	if err := s.Delete(s.within(s.patience), name, value); err != nil {
		s.Fatalf("Delete: %v", err)
	}
}

// has checks the value stored under a name, and returns how much of its ttl is left.
func (s *subject) has(name string, want []byte) time.Duration {
	s.Helper()
	value, left, err := s.Load(s.within(s.patience), name)
	switch {
	case err != nil:
		s.Fatalf("Load: %v, want %d bytes", err, len(want))
	case !bytes.Equal(value, want):
		s.Fatalf("Load returns %d bytes, want %d other bytes", len(value), len(want))
	case left <= 0:
		s.Fatalf("Load returns a value that is kept for another %v", left)
	}
	return left
}

// hasNot checks that nothing is stored under a name.
func (s *subject) hasNot(name string) {
	s.Helper()
	value, left, err := s.Load(s.within(s.patience), name)
	if !errors.Is(err, authflow.ErrNotStored) {
		s.Fatalf("Load returns %d bytes for %v, and the error %v; want ErrNotStored", len(value), left, err)
	}
}

func (s *subject) mustLock(name string, limit time.Duration) (unlock func()) {
	s.Helper()
	unlock, err := s.Lock(s.within(s.patience), name, limit)
	if err != nil {
		s.Fatalf("Lock: %v", err)
	}
	if unlock == nil {
		s.Fatal("Lock returns no unlock")
	}
	return unlock
}

// locked checks that the lock of a name is held.
func (s *subject) locked(name string) {
	s.Helper()
	if _, err := s.Lock(s.within(short), name, long); err == nil {
		s.Fatal("Lock takes a lock that another holds")
	}
}
