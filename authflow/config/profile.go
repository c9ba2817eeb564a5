package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// profileChoice says which profile to read.
type profileChoice struct {
	name    string
	namedBy string // the flag or variable; "" for the default profile
	path    string
	pathBy  string // the flag or variable; "" for the default file
}

const defaultProfile = "default"

// chooseProfile returns the profile that a flag names, or else a variable, or else the
// one named default.
func chooseProfile(f *Flags, env *environ) profileChoice {
	c := profileChoice{name: cmp.Or(f.Profile, env.profile, defaultProfile), path: cmp.Or(f.ConfigFile, env.configFile)}
	switch {
	case f.Profile != "":
		c.namedBy = "--profile"
	case env.profile != "":
		c.namedBy = variable("profile")
	}
	switch {
	case f.ConfigFile != "":
		c.pathBy = "--config"
	case env.configFile != "":
		c.pathBy = variable("config_file")
	}
	return c
}

// DefaultFile returns the path of the file of profiles that is read if neither a flag
// nor a variable names one: config.toml in the folder thoughtspot below
// [os.UserConfigDir].
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("config: %w; %s can name the file of profiles: %w", err, variable("config_file"), authflow.ErrInvalid)
	}
	return filepath.Join(dir, "thoughtspot", "config.toml"), nil
}

// read returns the settings of the profile. It returns nil if nothing names the
// profile, and it is not there.
func (c *profileChoice) read() (*source, error) {
	if c.path == "" {
		path, err := DefaultFile()
		if err != nil && c.namedBy == "" {
			return nil, nil // a user without a home folder uses variables
		}
		if err != nil {
			return nil, err
		}
		c.path = path
	}
	file, err := openProfiles(c.path)
	isOptional := c.namedBy == "" && c.pathBy == ""
	switch {
	case errors.Is(err, fs.ErrNotExist) && isOptional:
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("config: %s: %s: %w: %w", c.named(), c.path, withoutName(err), authflow.ErrInvalid)
	}
	defer file.close()
	text, err := file.read()
	if err != nil {
		return nil, fmt.Errorf("config: %s: %w", c.named(), err)
	}
	return c.parse(text, file)
}

// named describes the profile and the file by what names them, for errors.
func (c *profileChoice) named() string {
	by := strings.Join(slices.DeleteFunc([]string{c.namedBy, c.pathBy}, func(s string) bool { return s == "" }), ", ")
	if by != "" {
		by = " (by " + by + ")"
	}
	return fmt.Sprintf("profile %q%s", c.name, by)
}

// parse reads the profile from the text of its file.
func (c *profileChoice) parse(text []byte, file *profilesFile) (*source, error) {
	tables, problem := decodeTables(text, c.name)
	if problem != "" {
		return nil, invalid(c.named()+": "+c.path, problem)
	}
	table, ok := tables[c.name].(map[string]any)
	switch {
	case !ok && c.namedBy == "":
		return nil, nil
	case !ok:
		names := slices.Sorted(maps.Keys(tables))
		return nil, invalid(c.namedBy, fmt.Sprintf("names the profile %q, which is not in %s; it has %s", c.name, c.path,
			cmp.Or(strings.Join(names, ", "), "no profiles")))
	}
	s := &source{values: make(map[string]string), commands: make(map[string][]string), where: c.where(text)}
	for name, value := range table {
		if err := s.set(name, value); err != nil {
			return nil, err
		}
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	return s, file.checkPrivacy(s)
}

// where returns a function that names a key of the profile with its line.
func (c *profileChoice) where(text []byte) func(string) string {
	return func(name string) string {
		place := fmt.Sprintf("%s of profile %s in %s", name, c.name, c.path)
		if line := lineOf(text, c.name, name); line > 0 {
			place += ", line " + strconv.Itoa(line)
		}
		return place
	}
}

// set takes a key and its value from a profile.
func (s *source) set(name string, value any) error {
	if name == token {
		return s.invalid(name, "is not a setting, because tokens expire: use token_file, token_command, or a secret")
	}
	if !slices.Contains(profileKeys(), name) {
		return s.invalid(name, "is not a setting; there are "+strings.Join(profileKeys(), ", "))
	}
	takesNumber := name == org || name == validity // the digits of another text may have been written differently
	takesList := strings.HasSuffix(name, fromCommand)
	switch v := value.(type) {
	case string:
		s.values[name] = v
		return nil
	case int64:
		if takesNumber {
			s.values[name] = strconv.FormatInt(v, 10)
			return nil
		}
	case []any:
		list, ok := texts(v)
		if takesList && ok {
			s.commands[name] = list
			return nil
		}
	}
	if takesList {
		return s.invalid(name, "must be a text, for the shell, or a list of texts that begins with the program")
	}
	return s.invalid(name, "must be a text")
}

// texts returns a list of TOML as texts. It reports false for an empty list, and for
// other values than texts.
func texts(list []any) ([]string, bool) {
	var out []string
	for _, item := range list {
		text, ok := item.(string)
		if !ok {
			return nil, false
		}
		out = append(out, text)
	}
	return out, len(out) > 0 && out[0] != ""
}

// lineOf returns the line of a key in a profile, or before all profiles for "". It
// returns 0 if the key is written in a way that this does not find, such as a dotted key.
func lineOf(text []byte, profile, key string) int {
	inProfile := profile == ""
	for i, line := range bytes.Split(text, []byte("\n")) {
		trimmed := strings.TrimSpace(string(line))
		if header, ok := strings.CutPrefix(trimmed, "["); ok {
			inProfile = headerName(header) == profile
			continue
		}
		name, _, ok := strings.Cut(trimmed, "=")
		if ok && inProfile && strings.Trim(strings.TrimSpace(name), `"'`) == key {
			return i + 1
		}
	}
	return 0
}
