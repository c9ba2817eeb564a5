package config

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

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

// supply returns a function that reads the secret of a setting, which names a
// file or a command, each time.
func (s settings) supply(name string) authflow.CredentialFunc {
	value := s.values[name]
	return func(ctx context.Context) (gen.Secret, error) {
		if strings.HasSuffix(name, fromFile) {
			text, err := os.ReadFile(value)
			if err != nil {
				return "", fmt.Errorf("%s: %w", s.where(name), err)
			}
			return trimmed(bytes.TrimPrefix(text, []byte("\ufeff"))), nil // the mark of UTF-8 that some editors write
		}
		// What the command prints, on either stream, is nobody's business.
		cmd := shell(ctx, value)
		cmd.WaitDelay = outputTime
		text, err := cmd.Output()
		if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
			return "", fmt.Errorf("%s: running it: %w", s.where(name), err)
		}
		return trimmed(text), nil
	}
}

// outputTime is how long the output of a command is waited for after its end: it
// may leave something behind, such as an agent, that keeps it open.
const outputTime = 500 * time.Millisecond

// shell returns a command of the system's shell.
func shell(ctx context.Context, line string) *exec.Cmd {
	if runtime.GOOS == "windows" {
		return exec.CommandContext(ctx, "cmd", "/C", line)
	}
	return exec.CommandContext(ctx, "sh", "-c", line)
}

// trimmed returns a text without the newline at its end.
func trimmed(text []byte) gen.Secret { return gen.Secret(strings.TrimRight(string(text), "\r\n")) }
