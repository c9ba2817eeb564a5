//go:build !(darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd || windows)

package filestore

import (
	"errors"
	"fmt"
	"os"
)

// errHeld is never returned, as this system has no locks of open files.
var errHeld = errors.New("the lock is held")

// tryLock returns an error: the locks of fcntl(2) do not exclude other callers of the
// same process.
func tryLock(*os.File) error { return fmt.Errorf("filestore: locks: %w", errors.ErrUnsupported) }
