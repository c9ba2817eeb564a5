package config

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Credential is the secret of the settings. It is read when it is needed, and holds the
// text of a secret only if a setting gave it by value.
type Credential struct {
	// Kind is "password", "secret_key" or "token".
	Kind string
	// Source names the flag, the variable, or the key of a profile with its file and
	// line.
	Source string

	byValue bool
	// text returns the secret and the line breaks behind it. It is a function so that
	// package fmt, which prints fields that are not exported as they are, prints none.
	text func(context.Context) ([]byte, error)
}

// identity is where host and user come from; nil if none is given.
type identity struct{ host, username *source }

// credential finds the secret: the one on standard input, or else the one of the first
// source that has one.
func (s *sources) credential(o *Options, from identity) (*Credential, error) {
	given, err := o.stdinSecret()
	if given != nil || err != nil {
		return given, err
	}
	for _, src := range s.order {
		name, err := src.secretSetting()
		if err != nil {
			return nil, err
		}
		if name != "" {
			return src.credential(name, o, from)
		}
	}
	return nil, s.missing(password, fmt.Sprintf(", or %s, or %s, or one of them with %s or %s",
		variable(secretKey), variable(token), strings.ToUpper(fromFile), strings.ToUpper(fromCommand)))
}

// credential returns the secret that a setting of the source gives. It goes only to the
// host and user of the same source: otherwise a variable that was left over would
// receive the secret of a profile for another server.
func (s *source) credential(name string, o *Options, from identity) (*Credential, error) {
	for _, other := range []struct {
		setting string
		from    *source
	}{{host, from.host}, {username, from.username}} {
		if s.agrees(other.setting, other.from) {
			continue
		}
		return nil, invalid(s.where(name), fmt.Sprintf("must not be used with %s: a secret is sent only to the host and user of the same source; "+
			"give all three in one place, or the secret on standard input", other.from.where(other.setting)))
	}
	c := &Credential{Kind: kindOf(name), Source: s.where(name)}
	value := s.values[name]
	switch {
	case strings.HasSuffix(name, fromFile):
		c.text = func(context.Context) ([]byte, error) { return readFile(value) }
	case strings.HasSuffix(name, fromCommand):
		c.text = newCommand(value, s.commands[name], o).run
	default:
		if problem := secretProblem(c.Kind, value); problem != "" {
			return nil, s.invalid(name, problem)
		}
		c.byValue, c.text = true, func(context.Context) ([]byte, error) { return []byte(value), nil }
	}
	return c, nil
}

// agrees reports whether a setting in use, which comes from another source or from this
// one, is what this source gives.
func (s *source) agrees(setting string, other *source) bool {
	if other == nil || other == s {
		return true
	}
	own, inUse := s.values[setting], other.values[setting]
	if setting == host {
		return own != "" && sameAddress(own, inUse)
	}
	return own == inUse
}

// Read returns the secret: it reads the file or runs the command that gives it, and
// fails if the text cannot be a secret. Its error names the setting.
func (c *Credential) Read(ctx context.Context) (gen.Secret, error) {
	text, err := c.text(ctx)
	if err != nil {
		return "", settingError(c.Source, err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	problem := secretProblem(c.Kind, secret)
	if problem != "" {
		return "", invalid(c.Source, "gives a secret that "+problem)
	}
	return gen.Secret(secret), nil
}
