package filestore

import (
	"errors"
	"os"
	"time"
)

// rename replaces a file. Some file systems of Windows do not replace a file that is
// open; the processes that read it are soon done.
func rename(f folder, from, to string) error {
	err := f.Rename(from, to)
	for wait := time.Millisecond; errors.Is(err, os.ErrPermission) && wait < 300*time.Millisecond; wait *= 2 {
		<-time.After(wait)
		err = f.Rename(from, to)
	}
	return err
}
