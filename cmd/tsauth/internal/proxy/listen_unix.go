//go:build unix

package proxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// socket is a listener that removes its file at the end, if the file is still its own.
type socket struct {
	*net.UnixListener
	path string
	made os.FileInfo
}

// Close implements net.Listener.
func (s *socket) Close() error {
	err := s.UnixListener.Close()
	now, statErr := os.Lstat(s.path)
	isOurs := statErr == nil && os.SameFile(now, s.made)
	if isOurs {
		return errors.Join(err, os.Remove(s.path))
	}
	return err
}

// listenUnix listens on a socket in a private folder. The lock on the folder holds two
// processes apart that start at once.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := checkSocketPath(path); err != nil {
		return nil, err
	}
	folder, err := openPrivate(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer func() { _ = folder.Close() }() // and unlock it
	if err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX); err != nil {
		return nil, err
	}
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	listener := l.(*net.UnixListener)
	listener.SetUnlinkOnClose(false)
	made, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &socket{listener, path, made}, nil
}

// maxSocketPath is the longest path of a socket: 107 bytes on Linux, 103 on macOS.
const maxSocketPath = len(syscall.RawSockaddrUnix{}.Path) - 1

// checkSocketPath returns an error for a path that no socket can have.
func checkSocketPath(path string) error {
	switch {
	case path == "" || strings.HasSuffix(path, "/"):
		return errors.New("there must be the path of a socket behind unix:, such as unix:/run/user/1000/tsauth/socket")
	case len(path) > maxSocketPath:
		return fmt.Errorf("the path has %d bytes, but the path of a socket has at most %d: choose a shorter one", len(path), maxSocketPath)
	}
	return nil
}

// openPrivate opens a folder that belongs to the current user and is closed to others,
// and makes it if it is absent.
func openPrivate(path string) (*os.File, error) {
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	folder, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, err
	}
	info, err := folder.Stat()
	if err == nil {
		err = checkPrivate(info)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("folder %s: %w", path, err), folder.Close())
	}
	return folder, nil
}

// checkPrivate returns an error unless a file or folder belongs to the current user, and
// no other user may use it.
func checkPrivate(info fs.FileInfo) error {
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("other users may use it: its mode is %04o, want %04o", perm, perm&^0o077)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("owned by user %d; must be owned by the current user, %d", stat.Uid, os.Geteuid())
	}
	return nil
}

// removeStale removes the socket of a process that has ended.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return errors.New("there is something else than a socket: remove it, or choose another path")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(errors.New("another process listens there"), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return err
	}
	return os.Remove(path)
}
