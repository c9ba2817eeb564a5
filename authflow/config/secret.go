package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// maxSecret is the largest output of a command, file or standard input that gives a
// secret: 64 KiB.
const maxSecret = 64 << 10

var errTooLong = fmt.Errorf("gives more than %d bytes", maxSecret)

// stdinSecret reads the secret that a flag says is on standard input. It returns nil if
// there is no such flag.
func (o *Options) stdinSecret() (*Credential, error) {
	var given []string
	flags := map[string]bool{password: o.Flags.PasswordStdin, secretKey: o.Flags.SecretKeyStdin, token: o.Flags.TokenStdin}
	for _, kind := range secretKinds() {
		if flags[kind] {
			given = append(given, kind)
		}
	}
	if len(given) == 0 {
		return nil, nil
	}
	kind, flag := given[0], flagName(given[0])+"-stdin"
	switch {
	case len(given) > 1:
		return nil, invalid(flag, "must not be given together with "+flagName(given[1])+"-stdin")
	case o.StdinUsedBy != "":
		return nil, invalid(flag, "must not be given together with "+o.StdinUsedBy+", which reads the standard input as well")
	case o.Stdin == nil:
		return nil, invalid(flag, "needs a standard input")
	}
	text, err := readAll(o.Stdin)
	if err != nil {
		return nil, settingError(flag, err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if problem := secretProblem(kind, secret); problem != "" {
		return nil, invalid(flag, "gives a secret that "+problem)
	}
	return &Credential{Kind: kind, Source: flag, byValue: true, text: func(context.Context) ([]byte, error) { return text, nil }}, nil
}

// readFile reads a file with a secret. Its owner and mode are not checked: mounted secrets
// often belong to root and have mode 0644.
func readFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return readAll(file)
}

// readAll reads at most maxSecret bytes.
func readAll(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSecret+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxSecret {
		return nil, errTooLong
	}
	return text, nil
}

// secretProblem returns why a text cannot be a secret of a kind, or "".
func secretProblem(kind, text string) string {
	control := strings.IndexFunc(text, unicode.IsControl)
	outsideOfTokens := strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
	switch {
	case text == "":
		return "is empty"
	case encodingProblem(text) != "":
		return encodingProblem(text)
	case control >= 0 && strings.Trim(text[control:], "\r\n") == "":
		return "ends in a line break"
	case control >= 0:
		return fmt.Sprintf("contains a control character or line break at byte %d", control)
	case kind == token && outsideOfTokens >= 0:
		return fmt.Sprintf("contains a character at byte %d that no token has, such as a space: give the token alone, without Bearer", outsideOfTokens)
	}
	return ""
}

// settingError is the error for a setting that says where a secret is, if it cannot be
// read there. It matches authflow.ErrInvalid, unless the time was over.
func settingError(where string, err error) error {
	var timeout interface{ Timeout() bool }
	isTimeout := errors.As(err, &timeout) && timeout.Timeout()
	if isTimeout || errors.Is(err, context.Canceled) {
		return fmt.Errorf("config: %s: %w", where, err)
	}
	return fmt.Errorf("config: %s: %w: %w", where, err, authflow.ErrInvalid)
}
