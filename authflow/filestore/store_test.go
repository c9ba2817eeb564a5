package filestore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/filestore"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// open returns the Store whose own folder has a path that folder has returned.
func open(t testing.TB, dir string) *filestore.Store {
	t.Helper()
	s, err := filestore.New(within(dir))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// folder returns the path of the own folder of a Store, which is not there yet.
func folder(t testing.TB) string { return filepath.Join(t.TempDir(), "given", "tsauth") }

// within gives a Store the folder that its own folder is in.
func within(dir string) filestore.Option { return filestore.WithDir(filepath.Dir(dir)) }

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
	if _, err := os.Stat(filepath.Join(cache, "tsauth", "tsauth.key")); err != nil {
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
