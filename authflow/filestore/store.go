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

// Store is an authflow.Store in a folder. It is safe for concurrent use, also by many
// processes, and keeps nothing open between two calls except the files of locks.
type Store struct {
	parent string        // the folder that it was given
	dir    string        // its own folder in there
	turn   chan struct{} // full while a caller of this process changes files
}

// Option is an option of [New].
type Option func(*Store)

// WithDir sets the folder in which the Store has a folder of its own, named tsauth. Both
// are made if they are not there. The default is [os.UserCacheDir]. Other files in the
// folder are left alone. Optional.
func WithDir(dir string) Option { return func(s *Store) { s.parent = dir } }

// New returns the Store in a folder. It returns an error if its folder cannot be made
// or is not private to the user.
func New(opts ...Option) (*Store, error) {
	s := &Store{turn: make(chan struct{}, 1)}
	if cache, err := os.UserCacheDir(); err == nil {
		s.parent = cache
	}
	for _, o := range opts {
		o(s)
	}
	if s.parent == "" {
		return nil, errors.New("filestore: the user has no cache folder; use WithDir")
	}
	if err := s.resolve(); err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	return s, f.Close()
}

// resolve makes the paths of the Store absolute and follows links in them, so that a
// link that is put in the place of a folder later is noticed.
func (s *Store) resolve() error {
	parent, err := filepath.Abs(s.parent)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return err
	}
	s.parent, err = filepath.EvalSymlinks(parent)
	s.dir = filepath.Join(s.parent, ownFolder)
	return err
}

// hashed returns the beginning of the file names of a name. It is a hash, because
// names differ in the case of letters and the names of files may not.
func hashed(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}

// Load implements authflow.Store. A file that other users may use is an error; a file
// that does not hold an entry counts as absent.
func (s *Store) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	f, err := s.existing()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, authflow.ErrNotStored
	}
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = f.Close() }()
	return f.load(name)
}

// load reads the entry of a name.
func (f folder) load(name string) (value []byte, left time.Duration, err error) {
	text, err := f.read(hashed(name) + tokenFile)
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
	return s.change(ctx, func(f folder) error {
		f.sweep(ctx)
		return f.replace(hashed(name)+tokenFile, e.text())
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
	return s.change(ctx, func(f folder) error {
		stored, _, err := f.load(name)
		if err != nil && !errors.Is(err, authflow.ErrNotStored) {
			return err
		}
		if !bytes.Equal(stored, old) {
			return authflow.ErrChanged
		}
		f.sweep(ctx)
		return f.replace(hashed(name)+tokenFile, e.text())
	})
}

// Delete implements authflow.Store.
func (s *Store) Delete(ctx context.Context, name string, value []byte) error {
	return s.change(ctx, func(f folder) error {
		stored, _, err := f.load(name)
		if errors.Is(err, authflow.ErrNotStored) {
			return nil
		}
		if err != nil {
			return err
		}
		if !bytes.Equal(stored, value) {
			return nil
		}
		if err := f.Remove(hashed(name) + tokenFile); err != nil {
			return fmt.Errorf("filestore: %w", err)
		}
		return nil
	})
}
