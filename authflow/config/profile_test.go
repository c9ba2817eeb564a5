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
	filled := func(size int) string { return basic + strings.Repeat("#", size-len(basic)-1) + "\n" }
	_, err := world{profiles: filled(64<<10 + 1)}.load(t)
	isInvalid(t, err, "THOUGHTSPOT_CONFIG_FILE", "more than 65536 bytes")
	path := write(t, filled(64<<10+1))
	isInvalid(t, config.ReplaceProfile(path, "default", byValue), path, "more than 65536 bytes")
	if _, err := (world{profiles: filled(64 << 10)}).load(t); err != nil {
		t.Error(err)
	}
}

// A setting that is in no profile would be ignored.
func TestLoad_SettingOutsideOfAProfile_IsAnErrorThatSaysWhereItBelongs(t *testing.T) {
	for name, c := range map[string]struct {
		world
		names []string
	}{
		"host":              {world{profiles: "# mine\nhost = \"h\"\n" + basic}, []string{"has host at line 2 outside", "[default]"}},
		"secret":            {world{profiles: "password = \"" + hidden + "\"\n"}, []string{"has password at line 1 outside", "[default]"}},
		"for a profile":     {world{profiles: "host = \"h\"\n" + prod, flags: config.Flags{Profile: "a b"}}, []string{"--profile", "line 1", "[\"a b\"]"}},
		"not used":          {world{profiles: "org = 1\n" + basic, env: variables()}, []string{"has org at line 1", "[default]"}},
		"profile as a text": {world{profiles: "default = \"h\"\n"}, []string{"default at line 1"}},
		"list of tables":    {world{profiles: "[" + strings.Replace(basic, "]", "]]", 1)}, []string{"has [[default]]", "write [default]"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.load(t)
			isInvalid(t, err, append(c.names, "THOUGHTSPOT_CONFIG_FILE")...)
			path := write(t, c.profiles)
			isInvalid(t, config.ReplaceProfile(path, "default", byValue), path)
			if text, err := os.ReadFile(path); string(text) != c.profiles || err != nil {
				t.Errorf("%s, %v", text, err)
			}
		})
	}
}
