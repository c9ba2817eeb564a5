package proxy

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-thoughtspot/tsauth/gen"
)

// maxKeyFile is the size in bytes of the longest key file.
const maxKeyFile = 1 << 10

// KeyFromFile returns the key in a file, so that programs know it beforehand and a
// restart keeps it. It makes the file, for the current user alone, if it is absent.
func KeyFromFile(path string) (gen.Secret, error) {
	key, err := readKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = createKey(path)
	}
	if errors.Is(err, fs.ErrExist) { // another process has made it in the meantime
		key, err = readKey(path)
	}
	if err != nil {
		return "", fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// createKey writes a new key into another file first, so that a process that starts at
// the same time does not read the half of it.
func createKey(path string) (gen.Secret, error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".tsauth-key-*") // for the current user alone
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	key := NewKey()
	_, err = file.WriteString(string(key) + "\n")
	err = errors.Join(err, file.Close())
	if err != nil {
		return "", err
	}
	return key, os.Link(file.Name(), path)
}

func readKey(path string) (gen.Secret, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // does not wait at a named pipe
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("is not a file")
	}
	if err := checkPrivate(info); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return "", err
	}
	key := strings.TrimRight(string(text), "\r\n")
	if !isKey(key) {
		return "", errors.New("has no key in it: remove the file, and a new key is written into it")
	}
	return gen.Secret(key), nil
}
