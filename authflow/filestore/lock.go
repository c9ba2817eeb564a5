package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// pollTime is how often a lock that another process holds is tried.
const pollTime = 10 * time.Millisecond

// Lock implements authflow.Store. A process that ends gives its locks back.
func (s *Store) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	l, err := s.hold(ctx, s.path(name, lockFile))
	if err != nil {
		return nil, err
	}
	release := sync.OnceFunc(func() { discard(l) })
	timer := time.AfterFunc(limit, release)
	return func() { timer.Stop(); release() }, nil
}

// change lets nobody else change files meanwhile.
func (s *Store) change(ctx context.Context, change func() error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	l, err := s.hold(ctx, filepath.Join(s.dir, changesFile))
	if err != nil {
		return err
	}
	defer func() { _ = l.Unlock() }()
	return change()
}

// changesFile is the lock of all who change files. It stays.
const changesFile = "changes"

// hold waits for the lock that a file stands for. Each has the file opened for
// itself, so that it excludes those of the same process, too.
func (s *Store) hold(ctx context.Context, path string) (*flock.Flock, error) {
	for {
		l := lockAt(path)
		_, err := l.TryLockContext(ctx, pollTime)
		switch {
		case err == nil && current(l):
			return l, nil
		case err == nil:
			_ = l.Unlock()
		case errors.Is(err, fs.ErrNotExist): // somebody has removed the folder
			if err := s.folder(); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("filestore: %w", err)
		}
	}
}

func lockAt(path string) *flock.Flock { return flock.New(path, flock.SetPermissions(0o600)) }

// current reports whether the file that is locked is still the one that others
// will try to lock.
func current(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(l.Path())
	return err == nil && os.SameFile(held, there)
}

// discard gives a lock back and removes its file. Where a file can be removed
// that is open, this has to come first, as the next one to hold it may be there
// already; where it cannot, last.
func discard(l *flock.Flock) {
	first := os.Remove(l.Path())
	_ = l.Unlock()
	if first != nil {
		_ = os.Remove(l.Path())
	}
}
