//go:build unix

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

const byCommand = "[default]\nhost = \"h\"\nusername = \"u\"\npassword_command = \"echo x\"\n"

// loadFile loads a file whose mode, and whose folder's mode, are as given.
func loadFile(t *testing.T, text string, mode, folderMode os.FileMode) (string, error) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(folder, "config.toml")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{path: mode, folder: folderMode} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	_, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: path}})
	return path, err
}

// X3: others must neither read a secret in a profile nor change a command in one.
func TestX3_ProfileThatOthersMayUse_IsRejected(t *testing.T) {
	const head = "[default]\nhost = \"h\"\nusername = \"u\"\n"
	for name, c := range map[string]struct {
		text         string
		mode, folder os.FileMode
		problem      string // "" for none
	}{
		"private, with a password":              {basic, 0o600, 0o700, ""},
		"password, readable by the group":       {basic, 0o640, 0o700, "0640"},
		"password, readable by all":             {basic, 0o644, 0o700, "0600"},
		"key, readable by all":                  {strings.ReplaceAll(basic, "password", "secret_key"), 0o644, 0o700, "0600"},
		"password, in a folder of all":          {basic, 0o600, 0o777, ""},
		"command, readable by all":              {byCommand, 0o644, 0o755, ""},
		"command, writable by the group":        {byCommand, 0o664, 0o755, "0664"},
		"command, writable by all":              {byCommand, 0o646, 0o755, "0646"},
		"command, in a folder of the group":     {byCommand, 0o600, 0o770, "folder"},
		"command, in a folder of all":           {byCommand, 0o600, 0o777, "folder"},
		"list, writable by all":                 {head + "secret_key_command = [\"x\"]\n", 0o646, 0o755, "0646"},
		"command for tokens, writable by all":   {head + "token_command = \"x\"\n", 0o646, 0o755, "0646"},
		"file, writable by all":                 {head + "password_file = \"/x\"\n", 0o666, 0o777, ""},
		"secret of another profile, not in use": {head + "password_file = \"/x\"\n" + prod, 0o644, 0o755, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := loadFile(t, c.text, c.mode, c.folder)
			if c.problem == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			isInvalid(t, err, filepath.Dir(path), c.problem)
		})
	}
}

func TestX3_ProfileWithACommandOfAnotherUser_IsRejected(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	for _, name := range []string{"file", "folder"} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "config.toml")
			if err := os.WriteFile(path, []byte(byCommand), 0o600); err != nil {
				t.Fatal(err)
			}
			owned := map[string]string{"file": path, "folder": folder}[name]
			if err := os.Chown(owned, 12345, 12345); err != nil {
				t.Fatal(err)
			}
			_, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: path}})
			isInvalid(t, err, owned, "12345")
		})
	}
}

// A link, as managers of dot files make, is checked where it leads.
func TestX3_LinkToAProfileThatOthersMayChange_IsRejected(t *testing.T) {
	target, err := loadFile(t, byCommand, 0o600, 0o777)
	isInvalid(t, err, "folder")
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	_, err = config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: link}})
	isInvalid(t, err, filepath.Dir(target))
	if err := os.Chmod(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: link}}); err != nil {
		t.Error(err)
	}
}

// Secrets are often mounted with root as their owner and mode 0644.
func TestRead_MountedSecret_IsRead(t *testing.T) {
	path := write(t, hidden+"\n")
	if err := os.Chmod(path, 0o644); err != nil { //nolint:gosec // the mode of mounted secrets
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(path, 12345, 12345); err != nil {
			t.Fatal(err)
		}
	}
	sim, _ := server(t)
	for _, name := range []string{"PASSWORD_FILE", "SECRET_KEY_FILE"} {
		if _, err := (world{env: map[string]string{"HOST": sim.URL, "USERNAME": "ann", name: path}}).token(t, sim); err != nil {
			t.Error(err)
		}
	}
}

// A named pipe that nobody writes into would hold up the program for good.
func TestLoad_NamedPipe_IsRejectedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: path}})
	isInvalid(t, err, path, "named pipe")
}
