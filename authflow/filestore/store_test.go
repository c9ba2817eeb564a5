package filestore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// open returns a Store in a folder.
func open(t testing.TB, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.New(filestore.WithDir(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// folder returns the path of a folder that is not there yet.
func folder(t testing.TB) string { return filepath.Join(t.TempDir(), "tokens") }

func TestStore_Run_Passes(t *testing.T) {
	storetest.Run(t, func(t *testing.T) authflow.Store { return open(t, folder(t)) })
}

// Two Stores in one folder share their values, as the Stores of two processes do.
func TestTwoStores_Run_Pass(t *testing.T) {
	storetest.Run(t, func(t *testing.T) authflow.Store {
		dir := folder(t)
		return &either{stores: [2]authflow.Store{open(t, dir), open(t, dir)}}
	})
}

// either alternates between two Stores.
type either struct {
	stores [2]authflow.Store
	n      atomic.Uint32
}

func (e *either) next() authflow.Store { return e.stores[e.n.Add(1)%2] }

func (e *either) Load(ctx context.Context, name string) ([]byte, time.Duration, error) {
	return e.next().Load(ctx, name)
}

func (e *either) Save(ctx context.Context, name string, value []byte, ttl time.Duration) error {
	return e.next().Save(ctx, name, value, ttl)
}

func (e *either) Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error {
	return e.next().Swap(ctx, name, old, value, ttl)
}

func (e *either) Delete(ctx context.Context, name string, value []byte) error {
	return e.next().Delete(ctx, name, value)
}

func (e *either) Lock(ctx context.Context, name string, limit time.Duration) (func(), error) {
	return e.next().Lock(ctx, name, limit)
}

// tokenFile returns the path of the only token in a folder.
func tokenFile(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.token"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files of tokens, %v", len(files), err)
	}
	return files[0]
}

// saved returns a Store with one value, and the path of its file.
func saved(t *testing.T, dir string) (s *filestore.Store, file string) {
	t.Helper()
	s = open(t, dir)
	if err := s.Save(t.Context(), "name", []byte("value"), 5*time.Minute); err != nil {
		t.Fatal(err)
	}
	return s, tokenFile(t, dir)
}

// found reports whether the value is stored, and for how much longer.
func found(t *testing.T, s *filestore.Store) (left time.Duration, ok bool) {
	t.Helper()
	value, left, err := s.Load(t.Context(), "name")
	if err != nil && !errors.Is(err, authflow.ErrNotStored) {
		t.Fatal(err)
	}
	if err == nil && string(value) != "value" {
		t.Errorf("%q", value)
	}
	return left, err == nil
}

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
		}, "not a directory"},
		"another owner": {own, "must be owned by"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t)
			if err := errors.Join(os.Mkdir(dir, 0o700), c.prepare(t, dir)); err != nil {
				t.Fatal(err)
			}
			if _, err := filestore.New(filestore.WithDir(dir)); err == nil || !strings.Contains(err.Error(), c.says) {
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

// A file begins with eight letters and three numbers: when it was saved, how long the
// machine had been running then, and its ttl.
func TestK2_ClockIsSet_NoValueLivesLonger(t *testing.T) {
	for name, c := range map[string]struct {
		at    int           // which number
		by    time.Duration // is moved
		found bool
		most  time.Duration
	}{
		"nothing":                        {0, 0, true, 5 * time.Minute},
		"a minute later":                 {0, -time.Minute, true, 4 * time.Minute},
		"six minutes later":              {0, -6 * time.Minute, false, 0},
		"saved in the future":            {0, time.Minute, false, 0},
		"the clock was set back":         {1, -time.Minute, true, 4 * time.Minute},
		"the clock was set back for all": {1, -6 * time.Minute, false, 0},
		"the machine has started since":  {1, 100 * 24 * time.Hour, true, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			if c.at == 1 && runtime.GOOS != "linux" && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
				t.Skip("this system does not tell how long it has been running")
			}
			s, file := saved(t, folder(t))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			n := text[8+8*c.at:]
			binary.BigEndian.PutUint64(n, binary.BigEndian.Uint64(n)+uint64(c.by))
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			left, ok := found(t, s)
			if ok != c.found || left > c.most || ok && left < c.most-10*time.Second {
				t.Errorf("found %t, %v left", ok, left)
			}
		})
	}
}

func TestK2_Garbage_CountsAsAbsent(t *testing.T) {
	for name, spoil := range map[string]func(text []byte) []byte{
		"empty":   func([]byte) []byte { return nil },
		"cut":     func(text []byte) []byte { return text[:20] },
		"another": func(text []byte) []byte { return append([]byte("tsauth0\n"), text[8:]...) },
	} {
		t.Run(name, func(t *testing.T) {
			s, file := saved(t, folder(t))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, spoil(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, ok := found(t, s); ok {
				t.Error("found")
			}
			if err := s.Delete(t.Context(), "name", []byte("value")); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestK2_RemovedFolder_IsMadeAgain(t *testing.T) {
	dir := folder(t)
	s, _ := saved(t, dir)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, ok := found(t, s); ok {
		t.Error("found")
	}
	unlock, err := s.Lock(t.Context(), "name", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := s.Save(t.Context(), "name", []byte("value"), time.Minute); err != nil {
		t.Error(err)
	}
	if _, ok := found(t, s); !ok {
		t.Error("not found")
	}
}

func TestSweep_ExpiredFiles_AreRemovedOncePerHour(t *testing.T) {
	dir := folder(t)
	s, old := saved(t, dir)
	held, err := s.Lock(t.Context(), "held", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	defer held()
	before := time.Now().Add(-2 * time.Hour)
	leftLock := strings.Repeat("0123456789abcdef", 4) + ".lock"
	leave := func() {
		for name, at := range map[string]time.Time{
			filepath.Base(old): before, leftLock: before, ".tsauth-LEFTBYAKILLEDPROCESS234567": before,
			".tsauth-BEINGWRITTENBYANOTHER23456": time.Now(), "of-the-user": before,
		} {
			file := filepath.Join(dir, name)
			if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, at, at)); err != nil {
				t.Fatal(err)
			}
		}
	}
	leave()
	save := func(name string) (left []string) {
		if err := s.Save(t.Context(), name, []byte("value"), time.Minute); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			left = append(left, f.Name())
		}
		return left
	}
	if n := len(save("one")); n != 9 { // four that are not due, changes, swept, two tokens and the held lock
		t.Errorf("%d files: removed twice in an hour", n)
	}
	for _, at := range []time.Time{before, time.Now().Add(2 * time.Hour)} { // the clock was set back since
		leave()
		if err := os.Chtimes(filepath.Join(dir, "tsauth.swept"), at, at); err != nil {
			t.Fatal(err)
		}
		names := strings.Join(save("two"), " ")
		for _, gone := range []string{filepath.Base(old), leftLock, "KILLED"} {
			if strings.Contains(names, gone) {
				t.Errorf("%s is still there", gone)
			}
		}
		if strings.Count(names, ".token") != 2 || strings.Count(names, ".lock") != 1 || !strings.Contains(names, "BEINGWRITTEN") || !strings.Contains(names, "of-the-user") {
			t.Errorf("left are %s", names)
		}
	}
}

func TestK4_ManyProcesses_MakeOneKey(t *testing.T) {
	dir := folder(t)
	var all sync.WaitGroup
	keys := make([][]byte, 20)
	for i := range keys {
		s := open(t, dir)
		all.Go(func() {
			var err error
			if keys[i], err = s.Key(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if !bytes.Equal(key, keys[0]) || len(key) != 32 {
			t.Fatal("keys differ")
		}
	}
	if other, err := open(t, folder(t)).Key(); err != nil || bytes.Equal(other, keys[0]) {
		t.Errorf("the same key in another folder, %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tsauth.key"), []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Key(); err == nil || strings.Contains(err.Error(), "short") || !strings.Contains(err.Error(), "remove it") {
		t.Error(err)
	}
}

func TestNew_NoOption_UsesCacheFolder(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, home)
	}
	s, err := filestore.New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Key(); err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(cache, "tsauth", "tokens", "tsauth.key")); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	if _, err := filestore.New(); err == nil || !strings.Contains(err.Error(), "WithDir") {
		t.Errorf("without a cache folder: %v", err)
	}
	if _, err := filestore.New(filestore.WithDir(filepath.Join(home, "here"))); err != nil {
		t.Error(err)
	}
}
