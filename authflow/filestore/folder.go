package filestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// The names of all files that a Store writes. It touches no other file, even in its
// own folder.
const (
	tokenFile   = ".token"         // behind the hash of a name
	lockFile    = ".lock"          // behind the hash of a name
	changesFile = "tsauth.changes" // the lock of a process that changes files
	sweptFile   = "tsauth.swept"   // its time is when expired files were last removed
	keyFile     = "tsauth.key"
	tempPrefix  = ".tsauth-" // before random letters: a file that is being written
)

// ownFolder is the folder of the Store inside the folder that it is given. Only the
// Store writes there.
const ownFolder = "tsauth"

// folder is the opened folder of a Store. All files are opened, renamed and removed
// in it, so that a folder or link that is put in its place in the meantime is not touched.
type folder struct{ *os.Root }

// open opens the folder, and makes it if it is not there.
func (s *Store) open() (folder, error) {
	if err := os.MkdirAll(s.parent, 0o700); err != nil {
		return folder{}, fmt.Errorf("filestore: %w", err)
	}
	parent, err := s.openParent()
	if err != nil {
		return folder{}, err
	}
	defer func() { _ = parent.Close() }()
	if err := parent.Mkdir(ownFolder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return folder{}, fmt.Errorf("filestore: %w", err)
	}
	return s.openIn(parent)
}

// existing opens the folder if it is there.
func (s *Store) existing() (folder, error) {
	parent, err := s.openParent()
	if err != nil {
		return folder{}, err
	}
	defer func() { _ = parent.Close() }()
	return s.openIn(parent)
}

// openParent opens the folder that the Store was given. It must still be a folder and
// not a link, which [New] has followed if it was one then.
func (s *Store) openParent() (*os.Root, error) {
	parent, err := os.OpenRoot(s.parent)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	there, err := os.Lstat(s.parent)
	if err == nil {
		err = s.check(parent, there, s.parent)
	}
	if err != nil {
		_ = parent.Close()
		return nil, err
	}
	return parent, nil
}

// openIn opens the folder of the Store in the one that it was given. It must be
// private, and not a link, not even one that was there for a moment only.
func (s *Store) openIn(parent *os.Root) (folder, error) {
	there, err := parent.Lstat(ownFolder)
	if err != nil {
		return folder{}, fmt.Errorf("filestore: %w", err)
	}
	if err := private(s.dir, there, fs.ModeDir); err != nil {
		return folder{}, err
	}
	root, err := parent.OpenRoot(ownFolder)
	if err != nil {
		return folder{}, fmt.Errorf("filestore: %w", err)
	}
	if err := s.check(root, there, s.dir); err != nil {
		_ = root.Close()
		return folder{}, err
	}
	return folder{root}, nil
}

// check returns an error unless an opened folder is the same file that was seen at its path.
func (s *Store) check(root *os.Root, there fs.FileInfo, path string) error {
	if there.Mode().Type() != fs.ModeDir {
		return fmt.Errorf("filestore: %s has the wrong type: its mode is %s", path, there.Mode())
	}
	opened, err := root.Stat(".")
	if err != nil {
		return fmt.Errorf("filestore: %w", err)
	}
	if !os.SameFile(opened, there) {
		return fmt.Errorf("filestore: %s was replaced while it was opened", path)
	}
	return nil
}

// private returns an error unless a file is of this type, and only its owner may use
// it.
func private(path string, info fs.FileInfo, want fs.FileMode) error {
	if info.Mode().Type() != want {
		return fmt.Errorf("filestore: %s has the wrong type: its mode is %s", path, info.Mode())
	}
	if err := owned(info); err != nil {
		return fmt.Errorf("filestore: %s: %w", path, err)
	}
	return nil
}

// info returns the description of a private file, without following a link.
func (f folder) info(name string) (fs.FileInfo, error) {
	info, err := f.Lstat(name)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	return info, private(filepath.Join(f.Name(), name), info, 0)
}

// read returns the content of a private file.
func (f folder) read(name string) ([]byte, error) {
	info, err := f.info(name)
	if err != nil {
		return nil, err
	}
	file, err := f.Open(name)
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	defer func() { _ = file.Close() }()
	opened, err := file.Stat()
	if err == nil && !os.SameFile(info, opened) {
		return f.read(name) // another process has just replaced it
	}
	text, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("filestore: %w", err)
	}
	if len(text) > maxFile {
		return nil, fmt.Errorf("filestore: %s has more than %d bytes", filepath.Join(f.Name(), name), maxFile)
	}
	return text, nil
}

// maxFile is more than any value takes.
const maxFile = 1 << 20
