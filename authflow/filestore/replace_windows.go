package filestore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// replace writes a file as a whole, or not at all. Windows does not rename to a
// file that somebody has open; those who read one are soon done.
func replace(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".*")
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
		for wait := time.Millisecond; errors.Is(err, os.ErrPermission) && wait < 300*time.Millisecond; wait *= 2 {
			<-time.After(wait)
			err = os.Rename(f.Name(), path)
		}
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("filestore: %w", err)
	}
	return nil
}
