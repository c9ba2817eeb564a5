package filestore

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
)

// replace writes a file as a whole, or not at all: it writes another file first and
// then renames it. A process that is killed in between leaves that file, which is
// removed later.
func (f folder) replace(name string, text []byte) error {
	temp := tempPrefix + rand.Text()
	file, err := f.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = rename(f, temp, name)
	}
	if err != nil {
		_ = f.Remove(temp)
		return fmt.Errorf("filestore: %w", err)
	}
	return nil
}
