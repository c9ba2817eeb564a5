package filestore_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/filestore"
)

// foreign are names that other programs use, or that look like ours.
var foreign = []string{
	".bashrc", ".tsauth-notes", "Cargo.lock", "github.token", "key", "changes", "swept",
	strings.Repeat("A", 64) + ".token", strings.Repeat("a", 62) + ".lock", strings.Repeat("a", 64),
}

// fill writes the files of other programs, all of them two days old.
func fill(t *testing.T, dir string, names ...string) {
	t.Helper()
	old := time.Now().Add(-48 * time.Hour)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(name), 0o600), os.Chtimes(path, old, old)); err != nil {
			t.Fatal(err)
		}
	}
}

// untouched checks that all files are as fill wrote them.
func untouched(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(text) != name {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
	}
}

// useAll uses each operation of a Store and returns the errors.
func useAll(t *testing.T, s *filestore.Store) (errs []error) {
	t.Helper()
	ctx, name := t.Context(), "name"
	_, _, load := s.Load(ctx, name)
	save := s.Save(ctx, name, []byte("value"), time.Minute)
	swap := s.Swap(ctx, name, []byte("value"), []byte("second"), time.Minute)
	remove := s.Delete(ctx, name, []byte("second"))
	unlock, lock := s.Lock(ctx, name, time.Minute)
	if lock == nil {
		unlock()
	}
	_, key := s.Key()
	return []error{load, save, swap, remove, lock, key}
}

// The second round begins with another sweep, as after an hour.
func TestK5_FolderWithOtherFiles_LeavesThem(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	fill(t, dir, foreign...)
	s := open(t, dir)
	for range 2 {
		for i, err := range useAll(t, s)[1:] {
			if err != nil {
				t.Errorf("operation %d: %v", i+1, err)
			}
		}
		untouched(t, dir, foreign...)
		old := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(filepath.Join(dir, "tsauth.swept"), old, old); err != nil {
			t.Fatal(err)
		}
	}
}

// The folder is replaced by a link to another private folder, after New. That folder
// holds files with names as the Store writes them.
func TestK5_FolderReplacedByLink_LeavesTarget(t *testing.T) {
	onlyUnix(t)
	dir, other := folder(t), t.TempDir()
	if err := os.Chmod(other, 0o700); err != nil {
		t.Fatal(err)
	}
	hash := strings.Repeat("0123456789abcdef", 4)
	names := []string{".bashrc", hash + ".token", hash + ".lock", ".tsauth-LEFTBYAKILLEDPROCESS234567", "tsauth.swept", "tsauth.key"}
	fill(t, other, names...)
	s := open(t, dir)
	if err := errors.Join(os.Remove(dir), os.Symlink(other, dir)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, err := range useAll(t, s) {
			if err == nil || !strings.Contains(err.Error(), "has the wrong type") {
				t.Errorf("operation %d: %v", i, err)
			}
		}
		untouched(t, other, names...)
		files, err := os.ReadDir(other)
		if err != nil || len(files) != len(names) {
			t.Errorf("%d files, %v, want %d", len(files), err, len(names))
		}
	}
}

// A link in place of a file of the Store leads to a file of the user, which must be
// neither read nor written.
func TestK5_FileReplacedByLink_LeavesTarget(t *testing.T) {
	onlyUnix(t)
	dir := folder(t)
	s := open(t, dir)
	fill(t, dir, "mine")
	for _, name := range []string{"tsauth.changes", "tsauth.swept", "tsauth.key"} {
		path := filepath.Join(dir, name)
		for _, target := range []string{"mine", "absent"} {
			_ = os.Remove(path) // it may not be there
			if err := os.Symlink(target, path); err != nil {
				t.Fatal(err)
			}
			_ = useAll(t, s) // with an error or without
			untouched(t, dir, "mine")
			if _, err := os.Stat(filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: the target of a link was made: %v", name, err)
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	for i, err := range useAll(t, s)[1:] {
		if err != nil {
			t.Errorf("operation %d after the links are gone: %v", i+1, err)
		}
	}
}
