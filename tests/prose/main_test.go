package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestCopyPackage_GeneratedFile_IsLeftOut(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.go", "a.gen.go", "a_test.go"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("package a\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	files, err := copyPackage(t.TempDir(), ".")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a.go", "a_test.go"}; !slices.Equal(files, want) {
		t.Errorf("copied %v, want %v", files, want)
	}
}
