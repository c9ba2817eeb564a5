//go:build unix

package config

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// unreadableByOthers returns an error if other users may read a file with a secret.
func unreadableByOthers(path string, info fs.FileInfo) error {
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return invalid(path, fmt.Sprintf("holds a secret, but other users may use it: its mode is %04o, must be 0600", mode))
	}
	return nil
}

// ownAlone returns an error unless a file or folder with a command belongs to the
// current user, and no other user may write to it.
func ownAlone(path string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return invalid(path, fmt.Sprintf("decides on a command, but is owned by user %d; must be owned by the current user, %d",
			stat.Uid, os.Geteuid()))
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return invalid(path, fmt.Sprintf("decides on a command, but other users may write to it: its mode is %04o, must be %04o",
			mode, mode&^0o022))
	}
	return nil
}

// isOwn reports whether a file belongs to the current user.
func isOwn(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
