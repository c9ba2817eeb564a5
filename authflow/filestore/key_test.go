package filestore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

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
