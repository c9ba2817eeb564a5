package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// profilesFile is the open file of profiles and the folder that it is in. What is
// checked is what is read, whatever is put in its place in the meantime.
type profilesFile struct {
	path   string
	folder *os.Root
	file   *os.File
}

// openProfiles opens the file of profiles. Links are followed: the checks are for the
// file and the folder that they lead to.
func openProfiles(path string) (*profilesFile, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(resolved))
	if err != nil {
		return nil, err
	}
	file, err := folder.OpenFile(filepath.Base(resolved), os.O_RDONLY|syscall.O_NONBLOCK, 0) // does not wait at a named pipe
	if err != nil {
		_ = folder.Close()
		return nil, err
	}
	return &profilesFile{path: resolved, folder: folder, file: file}, nil
}

func (f *profilesFile) close() {
	_ = f.file.Close()
	_ = f.folder.Close()
}

// read returns the text of the file, or its beginning if it is longer than maxProfiles.
func (f *profilesFile) read() ([]byte, error) {
	info, err := f.file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Type() == fs.ModeNamedPipe {
		return nil, invalid(f.path, "is a named pipe, must be a file")
	}
	return io.ReadAll(io.LimitReader(f.file, maxProfiles+1))
}

// checkPrivacy returns an error if other users may read a secret of the profile, or
// change a command of it.
func (f *profilesFile) checkPrivacy(s *source) error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	for _, name := range []string{password, secretKey} {
		if !s.gives(name) {
			continue
		}
		if err := unreadableByOthers(f.path, info); err != nil {
			return err
		}
	}
	hasCommand := slices.ContainsFunc(secretKinds(), func(kind string) bool { return s.gives(kind + fromCommand) })
	if !hasCommand {
		return nil
	}
	if err := ownAlone(f.path, info); err != nil {
		return err
	}
	folder, err := f.folder.Stat(".")
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	return ownAlone(filepath.Dir(f.path), folder)
}
