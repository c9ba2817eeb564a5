package filestore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

const (
	keyFile = "key"
	keySize = 32
	keyTime = 10 * time.Second // that it may take to make it
)

// Key returns the key that is kept in the folder, for authflow.WithStore. The first
// call makes it, of all processes. Who can read the folder has it: see the package's
// documentation.
func (s *Store) Key() ([]byte, error) {
	key, err := s.readKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyTime)
	defer cancel()
	err = s.change(ctx, func() error {
		if key, err = s.readKey(); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		key = make([]byte, keySize)
		_, _ = rand.Read(key) // never fails
		return replace(filepath.Join(s.dir, keyFile), key)
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

func (s *Store) readKey() ([]byte, error) {
	path := filepath.Join(s.dir, keyFile)
	key, err := read(path)
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("filestore: %s is no key; remove it, and another is made", path)
	}
	return key, nil
}
