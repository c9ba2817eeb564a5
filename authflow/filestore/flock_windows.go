package filestore

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/windows"
)

// errHeld means that another process, or another open file, has the lock.
var errHeld error = windows.ERROR_LOCK_VIOLATION

// tryLock locks an open file with LockFileEx. Closing the file releases the lock.
func tryLock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	var locked error
	err = conn.Control(func(fd uintptr) {
		locked = windows.LockFileEx(windows.Handle(fd), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY,
			0, math.MaxUint32, math.MaxUint32, new(windows.Overlapped))
	})
	if err := errors.Join(err, locked); err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	return nil
}
