// Command prose holds the English of Go packages to the rules in styles. Vale
// reads only the comments of a Go file, but errors, events and names of tests
// are read by people too. So Vale is given a copy of each file in which those
// stand as comments at the end of their lines, and what it reports has the
// right path and line.
//
//	go run ./tests/prose -vale "go run github.com/errata-ai/vale/v3/cmd/vale@latest" DIR...
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	vale := flag.String("vale", "vale", "the `command` that runs Vale")
	config := flag.String("config", ".vale.ini", "the `file` that configures Vale")
	flag.Parse()
	if err := check(strings.Fields(*vale), *config, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(1)
	}
}

// check runs Vale on copies of the Go files of dirs. Subfolders are not read. It
// returns an error if a folder has no Go files or Vale reports anything.
func check(vale []string, config string, dirs []string) error {
	config, err := filepath.Abs(config)
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "prose")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	args := append(vale, "--config="+config, "--output=line")
	for _, dir := range dirs {
		files, err := copyPackage(root, dir)
		if err != nil {
			return err
		}
		args = append(args, files...)
	}
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...)
	cmd.Dir = root
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return cmd.Run()
}

// copyPackage writes readable copies of the Go files of dir below root and
// returns their paths, which are relative to root. Generated files are left out:
// their texts come from a document and from a generator.
func copyPackage(root, dir string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(file string) bool { return strings.HasSuffix(file, ".gen.go") })
	if len(files) == 0 {
		return nil, errors.New("no Go files in " + dir)
	}
	if err := os.MkdirAll(filepath.Join(root, dir), 0o700); err != nil {
		return nil, err
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		text, err := readable(file, source)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(root, file), text, 0o600); err != nil {
			return nil, err
		}
	}
	return files, nil
}
