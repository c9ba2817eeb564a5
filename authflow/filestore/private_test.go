package filestore_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/filestore"
)

func onlyUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has other permissions, which are not checked")
	}
}

func TestK4_Files_ArePrivate(t *testing.T) {
	onlyUnix(t)
	dir := folder(t)
	s, _ := saved(t, dir)
	if _, err := s.Key(); err != nil {
		t.Fatal(err)
	}
	unlock, err := s.Lock(t.Context(), "name", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 5 { // token, key, lock, changes, swept
		t.Errorf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
		if strings.Contains(f.Name(), "name") {
			t.Errorf("%s contains the name", f.Name())
		}
	}
}

func TestK4_SharedFolder_IsRejected(t *testing.T) {
	onlyUnix(t)
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string) error
		says    string
	}{
		"readable": {func(_ *testing.T, dir string) error { return os.Chmod(dir, 0o750) }, "mode is 0750, want 0700"},
		"writable": {func(_ *testing.T, dir string) error { return os.Chmod(dir, 0o702) }, "mode is 0702, want 0700"},
		"a link":   {link, "has the wrong type"},
		"a file": {func(_ *testing.T, dir string) error {
			return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o600))
		}, "has the wrong type"},
		"another owner": {own, "must be owned by"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			if err := errors.Join(os.MkdirAll(dir, 0o700), c.prepare(t, dir)); err != nil {
				t.Fatal(err)
			}
			if _, err := filestore.New(within(dir)); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}

// link replaces a path by a link to it.
func link(_ *testing.T, path string) error {
	return errors.Join(os.Rename(path, path+".other"), os.Symlink(path+".other", path))
}

// own gives a path to another user.
func own(t *testing.T, path string) error {
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	return os.Chown(path, 12345, -1)
}

func TestK4_SharedFile_IsRejected(t *testing.T) {
	onlyUnix(t)
	for name, c := range map[string]struct {
		prepare func(t *testing.T, file string) error
		says    string
	}{
		"readable":      {func(_ *testing.T, file string) error { return os.Chmod(file, 0o604) }, "mode is 0604, want 0600"},
		"a link":        {link, "has the wrong type"},
		"a folder":      {func(_ *testing.T, file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) }, "has the wrong type"},
		"another owner": {own, "must be owned by"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			s, file := saved(t, dir)
			if _, err := s.Key(); err != nil {
				t.Fatal(err)
			}
			key := filepath.Join(dir, "tsauth.key")
			if err := errors.Join(c.prepare(t, file), c.prepare(t, key)); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Load(t.Context(), "name"); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Load: %v, want %q", err, c.says)
			}
			if _, err := s.Key(); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Key: %v, want %q", err, c.says)
			}
			if name == "a folder" {
				return
			}
			err := s.Save(t.Context(), "name", []byte("value"), time.Minute)
			if _, ok := found(t, s); err != nil || !ok {
				t.Errorf("not replaced: %v", err)
			}
		})
	}
}
