package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Profile is a profile to be written into the file of profiles. Prefer a command to a
// secret by value.
type Profile struct {
	Host, Username, Org, CAFile       string
	PasswordCommand, SecretKeyCommand string // lines of the shell
	Password, SecretKey               gen.Secret
}

// HasProfile reports whether a file of profiles, which may be absent, has a profile.
func HasProfile(path, name string) (bool, error) {
	text, err := readProfiles(path)
	if err != nil {
		return false, err
	}
	tables, problem := decodeTables(text, name)
	if problem != "" {
		return false, invalid(path, problem)
	}
	return tables[name] != nil, nil
}

// AddProfile writes a profile at the end of a file of profiles, and makes the file, with
// mode 0600, and its folder, with mode 0700, if they are not there. If the file has the
// profile already, it changes nothing, and the error matches [fs.ErrExist].
func AddProfile(path, name string, p Profile) error {
	has, err := HasProfile(path, name)
	if err != nil {
		return err
	}
	if has {
		return fmt.Errorf("config: profile %q in %s: %w", name, path, fs.ErrExist)
	}
	return saveProfile(path, name, p)
}

// ReplaceProfile writes a profile in the place of the one of the same name, or like
// AddProfile if there is none. All other lines stay as they are.
func ReplaceProfile(path, name string, p Profile) error { return saveProfile(path, name, p) }

func saveProfile(path, name string, p Profile) error {
	old, err := readProfiles(path)
	if err != nil {
		return err
	}
	before, problem := decodeTables(old, name)
	if problem != "" {
		return invalid(path, problem)
	}
	table, err := encodeProfile(name, p)
	if err != nil {
		return err
	}
	start, end := tableLines(old, name)
	text := bytes.Join([][]byte{old[:start], table, old[end:]}, nil)
	if start == len(old) {
		text = appendTable(old, table)
	}
	after, problem := decodeTables(text, name)
	if problem != "" || !sameBut(name, before, after) {
		return invalid(path, fmt.Sprintf("is written in a way that this program cannot change: edit the profile %q by hand", name))
	}
	return replaceFile(path, text)
}

// readProfiles returns the text of a file of profiles, nothing if it is not there.
func readProfiles(path string) ([]byte, error) {
	file, err := openProfiles(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer file.close()
	return file.read()
}

// encodeProfile returns a table of TOML.
func encodeProfile(name string, p Profile) ([]byte, error) {
	plain := struct {
		Host             string `toml:"host"`
		Username         string `toml:"username"`
		Org              string `toml:"org,omitempty"`
		CAFile           string `toml:"ca_file,omitempty"`
		PasswordCommand  string `toml:"password_command,omitempty"`
		SecretKeyCommand string `toml:"secret_key_command,omitempty"`
		Password         string `toml:"password,omitempty"`
		SecretKey        string `toml:"secret_key,omitempty"`
	}{p.Host, p.Username, p.Org, p.CAFile, p.PasswordCommand, p.SecretKeyCommand, string(p.Password), string(p.SecretKey)}
	var out bytes.Buffer
	fmt.Fprintf(&out, "[%s]\n", tableName(name))
	if err := toml.NewEncoder(&out).Encode(plain); err != nil {
		return nil, fmt.Errorf("config: the profile cannot be written as TOML: %w", authflow.ErrInvalid)
	}
	return out.Bytes(), nil
}

// tableName returns the name of a table as TOML writes it.
func tableName(name string) string {
	if regexp.MustCompile(`^[A-Za-z0-9_-]+$`).MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

// appendTable puts a table at the end, behind an empty line.
func appendTable(text, table []byte) []byte {
	out := bytes.Clone(text)
	if len(out) > 0 && !bytes.HasSuffix(out, []byte("\n")) {
		out = append(out, '\n')
	}
	if len(out) > 0 {
		out = append(out, '\n')
	}
	return append(out, table...)
}

// tableLines returns where a table begins and ends, without the empty lines and comments
// before the next one. Both are the length of the text if the table is not there.
func tableLines(text []byte, name string) (start, end int) {
	start, end = len(text), len(text)
	offset, isInside := 0, false
	for line := range bytes.Lines(text) {
		trimmed := strings.TrimSpace(string(line))
		header, isHeader := strings.CutPrefix(trimmed, "[")
		switch {
		case isHeader && isInside:
			return start, end
		case isHeader && headerName(header) == name:
			start, isInside = offset, true
		}
		offset += len(line)
		if isInside && trimmed != "" && !strings.HasPrefix(trimmed, "#") {
			end = offset
		}
	}
	return start, end
}

// headerName returns the name of a table from its header, without the first bracket.
func headerName(header string) string {
	name, _, _ := strings.Cut(header, "]")
	return strings.Trim(strings.TrimSpace(name), `"'`)
}

// sameBut reports whether two files have the same tables, except one, which the second
// has.
func sameBut(name string, before, after map[string]any) bool {
	isThere := after[name] != nil
	for _, tables := range []map[string]any{before, after} {
		delete(tables, name)
	}
	isEmpty := len(before) == 0 && len(after) == 0
	return isThere && (isEmpty || reflect.DeepEqual(before, after))
}

// replaceFile writes a file of mode 0600 as a whole. A link stays, and its target is
// replaced.
func replaceFile(path string, text []byte) error {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("config: %w", err)
	}
	removeLeftFiles(folder)
	file, err := os.CreateTemp(folder, tempPrefix+"*") // with mode 0600
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	_, err = file.Write(text)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return fmt.Errorf("config: %w", err)
	}
	return nil
}
