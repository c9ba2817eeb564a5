//go:build unix

package proxy

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A named pipe that nothing writes into does not hold the start up.
func TestKeyFile_NamedPipe_IsRejectedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	for range 2 {
		if _, err := KeyFromFile(path); err == nil || !strings.Contains(err.Error(), "is not a file") {
			t.Error(err)
		}
	}
}
