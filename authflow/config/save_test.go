package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

var byValue = config.Profile{Host: "new.example", Username: "n\"e\\w", CAFile: "/ca.pem", SecretKey: hidden}

const others = "# a comment\n[default]   # mine\nhost = \"h\"\nusername='u'\npassword_command = [\n  \"a\",\n]\n\n# about work\n[work]\n" +
	"host=\"old.example\"\nusername = \"w\"\nsecret_key = \"old\"\n\n# about the last\n[\"last one\"]\nhost = \"l\""

func TestAddProfile_LeavesTheOthersAsTheyAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "config.toml")
	for i, name := range []string{"default", "second", "a b"} {
		before, _ := os.ReadFile(path)
		if err := config.AddProfile(path, name, byValue); err != nil {
			t.Fatal(err)
		}
		after, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(after), string(before)) || i > 0 && len(before) == 0 {
			t.Errorf("%s, %v", after, err)
		}
		s, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: path, Profile: name}})
		if err != nil {
			t.Fatal(err)
		}
		secret, err := s.Credential.Read(t.Context())
		if string(secret) != hidden || err != nil || s.Username.Text != byValue.Username || s.Host.Text != byValue.Host || s.CAFile.Text != byValue.CAFile {
			t.Errorf("%v, %v", s, err)
		}
	}
	if runtime.GOOS == "windows" {
		return
	}
	for name, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | fs.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestAddProfile_OfAnExistingName_ChangesNothing(t *testing.T) {
	path := write(t, others)
	for _, name := range []string{"default", "work", "last one"} {
		if err := config.AddProfile(path, name, byValue); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text, err := os.ReadFile(path); string(text) != others || err != nil {
		t.Errorf("%s, %v", text, err)
	}
}

func TestReplaceProfile_LeavesTheOthersAsTheyAre(t *testing.T) {
	for name, kept := range map[string][2]string{
		"default":  {"# a comment\n", others[strings.Index(others, "\n\n# about work"):]},
		"work":     {others[:strings.Index(others, "[work]")], "\n\n# about the last\n[\"last one\"]\nhost = \"l\""},
		"last one": {others[:strings.Index(others, "[\"last")], ""},
		"fourth":   {others + "\n\n", ""},
	} {
		path := write(t, others)
		if err := config.ReplaceProfile(path, name, byValue); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(text), kept[0]) || !strings.HasSuffix("\n"+string(text), kept[1]) {
			t.Errorf("%s: %s, %v", name, text, err)
		}
		s, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: path, Profile: name}})
		if err != nil || s.Host.Text != "new.example" || strings.Contains(string(text), "old.example") != (name != "work") {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

// A file that a program cannot change safely is left to its owner.
func TestReplaceProfile_OfAFileThatIsHardToChange_ChangesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"no TOML":           "[work\nhost = " + hidden,
		"dotted keys":       "work.host = \"h\"\n[other]\nhost = \"x\"\n",
		"header in a text":  "[work]\nhost = '''\n[other]\n'''\n[other]\nhost = \"x\"\n",
		"a table inside":    "[other]\nhost = '''\n[work]\n'''\n",
		"a table in a text": "[other]\nhost = '''\n[work]\nx = 1\n[end]\n'''\n",
	} {
		path := write(t, text)
		isInvalid(t, config.ReplaceProfile(path, "work", byValue), path)
		if after, err := os.ReadFile(path); string(after) != text || err != nil {
			t.Errorf("%s: %s, %v", name, after, err)
		}
	}
}

// A process that is killed while it writes leaves a file that may hold a secret. The next
// one removes it, after an hour, and no other file.
func TestAddProfile_RemovesWhatKilledProcessesHaveLeft(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "config.toml")
	old := time.Now().Add(-61 * time.Minute)
	left := []string{".tsauth-123", ".tsauth-0"}
	others := []string{".tsauth-", ".tsauth-notes", ".tsauth-12.bak", "x.tsauth-123", "tsauth-123", "notes"}
	for range 2 {
		for _, name := range append(left, others...) {
			writeOf(t, filepath.Join(folder, name), old)
		}
		writeOf(t, filepath.Join(folder, ".tsauth-77"), time.Now().Add(-59*time.Minute)) // its process may be alive
		target := filepath.Join(t.TempDir(), "target")
		writeOf(t, target, old)
		link := filepath.Join(folder, ".tsauth-88")
		_ = os.Remove(link)
		if err := os.Symlink(target, link); err != nil && runtime.GOOS != "windows" {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(folder, ".tsauth-99"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(filepath.Join(folder, ".tsauth-99"), old, old); err != nil {
			t.Fatal(err)
		}
		kept := append(others, ".tsauth-77", ".tsauth-99", "config.toml")
		if os.Geteuid() == 0 { // only then a test can make a file of another user
			kept = append(kept, ".tsauth-55")
			writeOf(t, filepath.Join(folder, ".tsauth-55"), old)
			if err := os.Chown(filepath.Join(folder, ".tsauth-55"), 12345, 12345); err != nil {
				t.Fatal(err)
			}
		}
		if err := config.ReplaceProfile(path, "default", byValue); err != nil {
			t.Fatal(err)
		}
		for _, name := range left {
			if _, err := os.Lstat(filepath.Join(folder, name)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is still there: %v", name, err)
			}
		}
		for _, name := range kept {
			if _, err := os.Lstat(filepath.Join(folder, name)); err != nil {
				t.Error(err)
			}
		}
		if _, err := os.Stat(target); err != nil {
			t.Error(err)
		}
	}
}

// writeOf writes a file as if at a time.
func writeOf(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}
