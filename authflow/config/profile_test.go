package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-thoughtspot/tsauth/authflow/config"
)

func TestLoad_ProfileThatIsNotThere_IsAnErrorThatNamesWhatNamedIt(t *testing.T) {
	for name, c := range map[string]struct {
		world
		names []string
	}{
		"no file, profile by flag":     {world{flags: config.Flags{Profile: "work"}}, []string{"--profile", "work", "config.toml"}},
		"no file, profile by variable": {world{env: variables("PROFILE", "work")}, []string{"THOUGHTSPOT_PROFILE", "work"}},
		"no file, file by flag":        {world{env: variables(), flags: config.Flags{ConfigFile: "/nowhere/c.toml"}}, []string{"--config", "/nowhere/c.toml"}},
		"no file, file by variable":    {world{env: variables("CONFIG_FILE", "/nowhere/c.toml")}, []string{"THOUGHTSPOT_CONFIG_FILE", "/nowhere/c.toml"}},
		"no profile in the file":       {world{profiles: basic, flags: config.Flags{Profile: "work"}}, []string{"--profile", "work", "default"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.load(t)
			isInvalid(t, err, c.names...)
		})
	}
	if s, err := (world{env: variables(), profiles: prod}).load(t); err != nil || s.Profile.Text != "" {
		t.Errorf("a file without a default profile: %v, %v", s, err)
	}
}

func TestDefaultFile_IsBelowTheUsersConfigDir(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, home)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "thoughtspot", "config.toml")
	if path, err := config.DefaultFile(); path != want || err != nil {
		t.Errorf("%s, %v", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(want), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, []byte(basic), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := config.Load(config.Options{Environ: []string{}})
	if err != nil || s.Host.Text != "default.example" || s.Profile.Source != want {
		t.Errorf("%v, %v", s, err)
	}
	if _, err := config.Load(config.Options{Environ: []string{}, Flags: config.Flags{ConfigFile: want + ".not"}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Keys of other profiles are not looked at: they may be those of a later version.
func TestLoad_UnknownKeyOfAnotherProfile_IsAccepted(t *testing.T) {
	s, err := world{profiles: basic + "[later]\ncolour = \"red\"\n"}.load(t)
	if err != nil || s.Host.Text != "default.example" {
		t.Errorf("%v, %v", s, err)
	}
}

func TestLoad_FileThatIsTooLarge_IsAnError(t *testing.T) {
	_, err := world{profiles: basic + strings.Repeat("# filler\n", 1<<17)}.load(t)
	if err == nil || !strings.Contains(err.Error(), "1048576") {
		t.Errorf("%v", err)
	}
}
