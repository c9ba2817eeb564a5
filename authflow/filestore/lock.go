package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// pollTime is the pause before a lock that is held is tried again.
const pollTime = 5 * time.Millisecond

// Lock implements authflow.Store. The locks of a process that ends are released by
// the operating system.
func (s *Store) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	l, err := s.hold(ctx, hashed(name)+lockFile)
	if err != nil {
		return nil, err
	}
	release := sync.OnceFunc(l.discard)
	timer := time.AfterFunc(limit, release)
	return func() { timer.Stop(); release() }, nil
}

// change calls a function that changes files, while no other caller changes any, in
// this process or another one.
func (s *Store) change(ctx context.Context, change func(folder) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	l, err := s.hold(ctx, changesFile)
	if err != nil {
		return err
	}
	defer l.release()
	return change(l.folder)
}

// heldLock is a lock that this process holds: an open file of a folder that is kept
// open for it.
type heldLock struct {
	folder
	name string
	file *os.File
}

// errReplaced means that a lock was taken on a file that is not there any more.
var errReplaced = errors.New("the file of the lock was replaced")

// hold waits for the lock of a file. Each call opens the file again, so that the lock
// excludes other callers of this process as well.
func (s *Store) hold(ctx context.Context, name string) (*heldLock, error) {
	for ctx.Err() == nil {
		l, err := s.tryHold(name)
		if err == nil {
			return l, nil
		}
		switch {
		case errors.Is(err, errReplaced): // its holder has just released it
		case errors.Is(err, errHeld), errors.Is(err, fs.ErrNotExist): // somebody may be removing the folder
			pause(ctx, pollTime)
		default:
			return nil, err
		}
	}
	return nil, ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// tryHold takes the lock of a file, or returns errHeld or errReplaced.
func (s *Store) tryHold(name string) (*heldLock, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	l, err := f.tryHold(name)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return l, nil
}

func (f folder) tryHold(name string) (*heldLock, error) {
	_, err := f.info(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err // a link would have its target made
	}
	file, err := f.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	err = tryLock(file)
	if err == nil {
		err = f.isCurrent(file, name)
	}
	if err != nil {
		_ = file.Close() // which releases the lock
		return nil, err
	}
	return &heldLock{f, name, file}, nil
}

// isCurrent returns errReplaced unless an open file is still the one that other
// processes would lock.
func (f folder) isCurrent(file *os.File, name string) error {
	there, err := f.info(name)
	if err != nil {
		return err
	}
	opened, err := file.Stat()
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	if !os.SameFile(opened, there) {
		return errReplaced
	}
	return nil
}

// release gives the lock back and leaves its file.
func (l *heldLock) release() {
	_ = l.file.Close()
	_ = l.Close()
}

// discard gives the lock back and removes its file.
func (l *heldLock) discard() {
	l.removeFile()
	_ = l.Close()
}

// removeFile removes the file of the lock and releases the lock. On systems that can
// remove an open file, it is removed first, because the next holder may be there as
// soon as the lock is released. On others it is removed last. If the file has been
// replaced, it belongs to another holder and stays.
func (l *heldLock) removeFile() {
	defer func() { _ = l.file.Close() }()
	if l.isCurrent(l.file, l.name) != nil {
		return
	}
	if err := l.Remove(l.name); err != nil {
		_ = l.file.Close()
		_ = l.Remove(l.name)
	}
}
