package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The GitHub Action installs the archive whose checksum is in its own file, and no other.
func TestAction_InstallsOnlyTheArchiveWithTheChecksum(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	archive := archiveOf(t, "tsauth", "#!/bin/sh\necho installed\n")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.2.3/tsauth_1.2.3_linux_arm64.tar.gz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive)
	}))
	defer server.Close()
	right := fmt.Sprintf("%x", sha256.Sum256(archive))
	for name, c := range map[string]struct {
		os, sum string
		works   bool
	}{
		"wrong checksum":  {"Linux", strings.Repeat("0", 64), false},
		"empty checksum":  {"Linux", "", false},
		"unknown system":  {"Plan9", right, false},
		"no such archive": {"macOS", right, false},
		"right checksum":  {"Linux", right, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			script, err := os.ReadFile("../../action/install.sh")
			if err != nil {
				t.Fatal(err)
			}
			release := fmt.Sprintf("TSAUTH_VERSION=1.2.3\nTSAUTH_SHA256_linux_arm64=%s\nTSAUTH_SHA256_darwin_arm64=%s\n", c.sum, c.sum)
			for file, text := range map[string]string{"install.sh": string(script), "release.env": release} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o700); err != nil { //nolint:gosec // a script
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "path")
			cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "install.sh"), c.os, "ARM64")
			cmd.Env = append(os.Environ(), "TSAUTH_BASE_URL="+server.URL, "RUNNER_TEMP="+dir, "GITHUB_PATH="+path)
			out, err := cmd.CombinedOutput()
			if (err == nil) != c.works {
				t.Fatalf("%v, %s", err, out)
			}
			added, _ := os.ReadFile(path)
			program := filepath.Join(dir, "tsauth-1.2.3", "tsauth")
			_, missing := os.Stat(program)
			if c.works != (missing == nil) || c.works != (strings.TrimSpace(string(added)) == filepath.Dir(program)) {
				t.Errorf("%v, added %q to the path, %s", missing, added, out)
			}
		})
	}
}

// archiveOf returns an archive of one program.
func archiveOf(t *testing.T, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(text))})
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	for _, err := range []error{err, w.Close(), zip.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// The file of the release names an archive for each system that is released.
func TestAction_HasAChecksumForEachRelease(t *testing.T) {
	release, err := os.ReadFile("../../action/release.env")
	if err != nil {
		t.Fatal(err)
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			if !strings.Contains(string(release), "\nTSAUTH_SHA256_"+system+"_"+arch+"=") {
				t.Errorf("no checksum for %s on %s", system, arch)
			}
		}
	}
}
