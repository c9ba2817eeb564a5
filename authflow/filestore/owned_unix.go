//go:build unix

package filestore

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// owned returns an error unless the current user owns a file, and no other user may
// use it.
func owned(info fs.FileInfo) error {
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("other users may use it: its mode is %04o, want %04o", perm, perm&^0o077)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("owned by user %d; must be owned by the current user, %d", stat.Uid, os.Geteuid())
	}
	return nil
}
