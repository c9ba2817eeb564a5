package config

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// secretGiven returns the name of the one setting that gives a secret.
func (s settings) secretGiven() (string, error) {
	given := ""
	for _, name := range secrets() {
		switch {
		case s.values[name] == "":
		case given != "":
			return "", s.bad(given, "must not be given together with "+s.where(name))
		default:
			given = name
		}
	}
	if given == "" {
		return "", s.bad(string(password), "or "+s.where(string(secretKey))+" is needed, or one of them by its file or command")
	}
	return given, nil
}

// supply returns a function that reads the secret of a setting each time.
func (s settings) supply(name string) authflow.CredentialFunc {
	value := s.values[name]
	return func(ctx context.Context) (gen.Secret, error) {
		switch {
		case strings.HasSuffix(name, fromFile):
			text, err := os.ReadFile(value)
			if err != nil {
				return "", fmt.Errorf("%s: %w", s.where(name), err)
			}
			return trimmed(text), nil
		case strings.HasSuffix(name, fromCommand):
			// What the command prints, on either stream, is nobody's business.
			text, err := shell(ctx, value).Output()
			if err != nil {
				return "", fmt.Errorf("%s: running it: %w", s.where(name), err)
			}
			return trimmed(text), nil
		}
		return gen.Secret(value), nil
	}
}

// shell returns a command of the system's shell.
func shell(ctx context.Context, line string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.CommandContext(ctx, "cmd", "/C", line)
	}
	return exec.CommandContext(ctx, "sh", "-c", line)
}

// trimmed returns a text without the newline at its end.
func trimmed(text []byte) gen.Secret { return gen.Secret(strings.TrimRight(string(text), "\r\n")) }
