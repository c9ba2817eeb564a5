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
	keySize = 32
	keyTime = 10 * time.Second // for another process that is making the key
)

// Key returns the key of the folder, for authflow.WithStore. The first call of all
// processes makes it. Everybody who can read the folder has the key: see the
// documentation of the package.
func (s *Store) Key() ([]byte, error) {
	f, err := s.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	key, err := s.readKey(f)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), keyTime)
	defer cancel()
	err = s.change(ctx, func(f folder) error {
		key, err = s.readKey(f)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		key = make([]byte, keySize)
		_, _ = rand.Read(key) // never fails
		return f.replace(keyFile, key)
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

func (s *Store) readKey(f folder) ([]byte, error) {
	key, err := f.read(keyFile)
	if err != nil {
		return nil, err
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("filestore: %s is not a key; remove it, and a new one is made", filepath.Join(s.dir, keyFile))
	}
	return key, nil
}
