package filestore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// Store is an authflow.Store in a folder. It is safe for concurrent use, by many
// processes too, and holds nothing open.
type Store struct {
	dir  string
	turn chan struct{} // held by who changes files, in this process
}

// Option is an option of [New].
type Option func(*Store)

// WithDir puts the Store into a folder, which is made if it is not there. Optional:
// it is tsauth/tokens below [os.UserCacheDir] otherwise.
func WithDir(dir string) Option { return func(s *Store) { s.dir = dir } }

// New returns the Store in a folder, and an error if the folder cannot be made,
// or is not private to the user.
func New(opts ...Option) (*Store, error) {
	s := &Store{turn: make(chan struct{}, 1)}
	if cache, err := os.UserCacheDir(); err == nil {
		s.dir = filepath.Join(cache, "tsauth", "tokens")
	}
	for _, o := range opts {
		o(s)
	}
	if s.dir == "" {
		return nil, errors.New("filestore: the user has no cache folder, and WithDir names none")
	}
	dir, err := filepath.Abs(s.dir)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	s.dir = dir
	return s, s.folder()
}

// folder makes the folder, or sees that it is private.
func (s *Store) folder() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	return private(s.dir, fs.ModeDir)
}

// private returns an error unless a file is of this type, and nobody else's.
func private(path string, want fs.FileMode) error {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return fmt.Errorf("filestore: %w", err)
	case info.Mode().Type() != want:
		return fmt.Errorf("filestore: %s is not what it should be, but %s", path, info.Mode())
	}
	if err := owned(info); err != nil {
		return fmt.Errorf("filestore: %s: %w", path, err)
	}
	return nil
}

// Kinds of files.
const (
	tokenFile = ".token"
	lockFile  = ".lock"
)

// path returns the file of a name. Names differ by case, and file systems may not.
func (s *Store) path(name, kind string) string {
	sum := sha256.Sum256([]byte(name))
	return filepath.Join(s.dir, hex.EncodeToString(sum[:])+kind)
}

// read returns what a private file holds.
func read(path string) ([]byte, error) {
	if err := private(path, 0); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	return text, nil
}

// Load implements authflow.Store. A file that others may use is an error, and
// one that is no entry counts as none.
func (s *Store) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	return s.load(name)
}

// load reads the entry of a name.
func (s *Store) load(name string) (value []byte, left time.Duration, err error) {
	text, err := read(s.path(name, tokenFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, authflow.ErrNotStored
	}
	if err != nil {
		return nil, 0, err
	}
	e, ok := parse(text)
	left = e.left()
	if !ok || left <= 0 {
		return nil, 0, authflow.ErrNotStored
	}
	return e.value, left, nil
}

// Save implements authflow.Store.
func (s *Store) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("filestore: ttl is %v, must be above 0", ttl)
	}
	e := newEntry(value, ttl)
	return s.change(ctx, func() error {
		s.sweep(ctx)
		return replace(s.path(name, tokenFile), e.text())
	})
}

// Swap implements authflow.Store. It compares and replaces the file while no other
// process can change it, and replaces it as a whole: a process that is killed
// leaves either the old value or the new one.
func (s *Store) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	if ttl <= 0 {
		return fmt.Errorf("filestore: ttl is %v, must be above 0", ttl)
	}
	e := newEntry(value, ttl)
	return s.change(ctx, func() error {
		stored, _, err := s.load(name)
		if err != nil && !errors.Is(err, authflow.ErrNotStored) {
			return err
		}
		if !bytes.Equal(stored, old) {
			return authflow.ErrChanged
		}
		s.sweep(ctx)
		return replace(s.path(name, tokenFile), e.text())
	})
}

// Delete implements authflow.Store.
func (s *Store) Delete(ctx context.Context, name string, value []byte) error {
	path := s.path(name, tokenFile)
	return s.change(ctx, func() error {
		text, err := read(path)
		if err == nil {
			if e, ok := parse(text); !ok || !bytes.Equal(e.value, value) {
				return nil
			}
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}
