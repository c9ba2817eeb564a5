//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package filestore

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// errHeld means that another process, or another open file, has the lock.
var errHeld error = unix.EWOULDBLOCK

// tryLock locks an open file with flock(2). Closing the file releases the lock.
func tryLock(file *os.File) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	var locked error
	err = conn.Control(func(fd uintptr) {
		for {
			locked = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
			if !errors.Is(locked, unix.EINTR) {
				return
			}
		}
	})
	if err := errors.Join(err, locked); err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	return nil
}
