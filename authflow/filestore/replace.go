//go:build !windows

package filestore

import (
	"fmt"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replace writes a file as a whole, or not at all. renameio.WriteFile would keep
// the mode of the file that it replaces, which others may read.
func replace(path string, text []byte) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o600), renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	defer func() { _ = f.Cleanup() }()
	if _, err = f.Write(text); err == nil {
		err = f.CloseAtomicallyReplace()
	}
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	return nil
}
