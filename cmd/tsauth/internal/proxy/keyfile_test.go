package proxy

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestKeyFile_Unusable_IsRejectedAndLeftAlone(t *testing.T) {
	key := string(NewKey())
	for name, c := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"readable by the group":  {key, 0o640},
		"readable by others":     {key, 0o604},
		"empty":                  {"", 0o600},
		"short":                  {key[:30], 0o600},
		"two lines":              {key + "\n" + key, 0o600},
		"other text":             {"password = s3cret of the user, and so on", 0o600},
		"without end":            {strings.Repeat("a", 1<<20), 0o600},
		"with a byte order mark": {"\ufeff" + key, 0o600},
	} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		_, err := KeyFromFile(path)
		isModeOnly := runtime.GOOS == "windows" && c.text == key
		if err == nil && !isModeOnly {
			t.Errorf("%s: no error", name)
		}
		if err != nil && (!strings.Contains(err.Error(), path) || c.text != "" && strings.Contains(err.Error(), c.text)) {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != c.text {
			t.Errorf("%s was changed: %v", name, err)
		}
	}
	if _, err := KeyFromFile(t.TempDir()); err == nil {
		t.Error("a folder is accepted")
	}
	if _, err := KeyFromFile(filepath.Join(t.TempDir(), "absent", "key")); err == nil {
		t.Error("an absent folder is accepted")
	}
}

func TestKeyFile_Absent_IsMadePrivateAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := KeyFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	second, err := KeyFromFile(path)
	if err != nil || first != second || !isKey(string(first)) {
		t.Errorf("%q, %q, %v", string(first), string(second), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestKeyFile_ManyProcessesAtOnce_HaveOneKey(t *testing.T) {
	for range 100 {
		path := filepath.Join(t.TempDir(), "key")
		var keys sync.Map
		var group sync.WaitGroup
		start := make(chan struct{})
		for range 8 {
			group.Go(func() {
				<-start
				key, err := KeyFromFile(path)
				if err != nil {
					t.Error(err)
				}
				keys.Store(string(key), true)
			})
		}
		close(start)
		group.Wait()
		n := 0
		keys.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d keys", n)
		}
	}
}
