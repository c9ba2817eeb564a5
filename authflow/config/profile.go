package config

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// readProfile returns the settings of one profile.
func readProfile(profile string) (settings, error) {
	path, err := file()
	if err != nil {
		return settings{}, err
	}
	var tables map[string]any
	_, err = toml.DecodeFile(path, &tables)
	var parse toml.ParseError
	switch {
	case errors.As(err, &parse): // whose text may repeat a secret
		return settings{}, fmt.Errorf("config: %s is no TOML at line %d: %w", path, parse.Position.Line, authflow.ErrInvalid)
	case err != nil:
		return settings{}, fmt.Errorf("config: %w", err)
	}
	table, ok := tables[profile].(map[string]any)
	if !ok {
		return settings{}, fmt.Errorf("config: %s has no profile %q, only %s: %w",
			path, profile, strings.Join(slices.Sorted(maps.Keys(tables)), ", "), authflow.ErrInvalid)
	}
	s := settings{make(map[string]string), func(name string) string { return name + " of profile " + profile + " in " + path }}
	for name, v := range table {
		if !slices.Contains(known(), name) {
			return s, s.bad(name, "is no setting; there are "+strings.Join(known(), ", "))
		}
		text, ok := v.(string)
		if n, number := v.(int64); number && name == org { // the digits of another may have been others
			text, ok = strconv.FormatInt(n, 10), true
		}
		if !ok {
			return s, s.bad(name, "must be a text")
		}
		s.values[name] = text
	}
	if s.values[string(password)]+s.values[string(secretKey)] != "" {
		return s, private(path)
	}
	return s, nil
}

// file returns the path of the file of profiles.
func file() (string, error) {
	if path := os.Getenv(variable("config_file")); path != "" {
		return path, nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("config: %w; %s can name the file", err, variable("config_file"))
	}
	return filepath.Join(dir, "thoughtspot", "config.toml"), nil
}

// private returns an error for a file that others may read.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		return fmt.Errorf("config: %s holds a secret and has mode %#o, so that others may read it; 0600 is right: %w", path, mode, authflow.ErrInvalid)
	}
	return nil
}
