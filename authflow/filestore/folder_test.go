package filestore_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
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

// names returns the names of all files in a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		all = append(all, f.Name())
	}
	return all
}

// The folder that the Store is given holds files of other programs, also with names as
// the Store writes them. It gets one more: the folder of the Store.
func TestK5_GivenFolder_GetsOneFolderAndKeepsItsFiles(t *testing.T) {
	dir := folder(t)
	given := filepath.Dir(dir)
	if err := os.Mkdir(given, 0o755); err != nil { // other users may read it
		t.Fatal(err)
	}
	hash := strings.Repeat("0123456789abcdef", 4)
	before := append([]string{hash + ".token", hash + ".lock", ".tsauth-LEFTBYAKILLEDPROCESS234567", "tsauth.swept", "tsauth.key"}, foreign...)
	fill(t, given, before...)
	s := open(t, dir)
	for range 2 {
		for i, err := range useAll(t, s)[1:] {
			if err != nil {
				t.Errorf("operation %d: %v", i+1, err)
			}
		}
		untouched(t, given, before...)
		if n := len(names(t, given)); n != len(before)+1 {
			t.Errorf("%d files in the given folder, want %d and one folder", n, len(before))
		}
	}
	if info, err := os.Stat(given); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o755 {
		t.Errorf("the mode of the given folder is changed: %v, %v", info, err)
	}
}

// The second round begins with another sweep, as after an hour.
func TestK5_FolderWithOtherFiles_LeavesThem(t *testing.T) {
	dir := folder(t)
	if err := os.MkdirAll(dir, 0o700); err != nil {
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

// The folder that the Store was given is replaced by a link, after New. The target has a
// private folder tsauth of another Store.
func TestK5_GivenFolderReplacedByLink_LeavesTarget(t *testing.T) {
	onlyUnix(t)
	dir, other := folder(t), folder(t)
	s, _ := saved(t, dir)
	saved(t, other)
	before := names(t, other)
	given, target := filepath.Dir(dir), filepath.Dir(other)
	if err := errors.Join(os.Rename(given, given+".moved"), os.Symlink(target, given)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for i, err := range useAll(t, s) {
			if err == nil || !strings.Contains(err.Error(), "has the wrong type") {
				t.Errorf("operation %d: %v", i, err)
			}
		}
		if after := names(t, other); !slices.Equal(after, before) {
			t.Errorf("the target of the link has %q, had %q", after, before)
		}
	}
	if err := os.RemoveAll(filepath.Join(target, "tsauth")); err != nil {
		t.Fatal(err)
	}
	_ = useAll(t, s) // with errors
	if after := names(t, target); len(after) != 0 {
		t.Errorf("%q was made in the target of the link", after)
	}
}

// A folder is given by a link, as a home on another disk is. New follows it.
func TestK5_GivenFolderIsALink_IsFollowedOnce(t *testing.T) {
	onlyUnix(t)
	dir := folder(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.Symlink(filepath.Dir(dir), link)); err != nil {
		t.Fatal(err)
	}
	s, err := filestore.New(filestore.WithDir(link))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), "name", []byte("value"), time.Minute); err != nil {
		t.Error(err)
	}
	if _, ok := found(t, open(t, dir)); !ok {
		t.Error("the Store is not in the target of the link")
	}
	other := t.TempDir()
	if err := errors.Join(os.Remove(link), os.Symlink(other, link)); err != nil {
		t.Fatal(err)
	}
	if _, ok := found(t, s); !ok || len(names(t, other)) > 0 {
		t.Errorf("after the link is changed: found %t, %q in its new target", ok, names(t, other))
	}
}

// A sweep that is interrupted removes nothing of anybody else, and the next sweep
// removes what it left.
func TestK5_InterruptedSweep_IsContinuedLater(t *testing.T) {
	dir := folder(t)
	s, _ := saved(t, dir)
	const expired = 300
	old, swept := time.Now().Add(-2*time.Hour), filepath.Join(dir, "tsauth.swept")
	var left []string
	for i := range expired {
		left = append(left, fmt.Sprintf("%064x.token", i))
	}
	fill(t, dir, append(left, foreign...)...)
	isLeft := func() (n int) {
		for _, name := range names(t, dir) {
			if slices.Contains(left, name) {
				n++
			}
		}
		return n
	}
	for tries := 0; isLeft() == expired && tries < 1000; tries++ { // until a sweep has begun
		if err := os.Chtimes(swept, old, old); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Millisecond)
		_ = s.Save(ctx, "name", []byte("value"), time.Minute) // its context ends during the sweep
		cancel()
		untouched(t, dir, foreign...)
	}
	if err := os.Chtimes(swept, old, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), "name", []byte("value"), time.Minute); err != nil {
		t.Error(err)
	}
	if n := isLeft(); n > 0 {
		t.Errorf("%d expired files are left", n)
	}
	untouched(t, dir, foreign...)
	if _, ok := found(t, s); !ok {
		t.Error("the value is gone")
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
