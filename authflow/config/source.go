package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// source is one place that settings come from: the flags, the environment, or a
// profile.
type source struct {
	values   map[string]string
	commands map[string][]string // that are lists; a shell line is in values
	// where names a setting in errors, such as THOUGHTSPOT_HOST.
	where func(name string) string
}

// gives reports whether the source has a setting. An empty text counts as absent.
func (s *source) gives(name string) bool { return s.values[name] != "" || len(s.commands[name]) > 0 }

// secretSetting returns the name of the setting by which the source gives a secret, or
// "". Two of them are an error.
func (s *source) secretSetting() (string, error) {
	given := ""
	for _, name := range secretSettings() {
		switch {
		case !s.gives(name):
		case given != "":
			return "", s.invalid(given, "must not be given together with "+s.where(name))
		default:
			given = name
		}
	}
	return given, nil
}

// check returns an error for a text of the source that no setting can have.
func (s *source) check() error {
	for name, text := range s.values {
		if problem := encodingProblem(text); problem != "" {
			return s.invalid(name, problem)
		}
	}
	return nil
}

// invalid is the error for a setting of the source.
func (s *source) invalid(name, problem string) error {
	return invalid(s.where(name), problem)
}

// invalid is the error for a setting.
func invalid(where, problem string) error {
	return fmt.Errorf("config: %s %s: %w", where, problem, authflow.ErrInvalid)
}

const byteOrderMark = "\ufeff"

// encodingProblem returns why the encoding of a text is wrong, or "".
func encodingProblem(text string) string {
	switch {
	case !utf8.ValidString(text):
		return "is not valid UTF-8"
	case strings.HasPrefix(text, byteOrderMark):
		return "begins with a byte order mark (U+FEFF); save it as UTF-8 without one"
	}
	return ""
}

// sources are all places that settings come from, the one that takes precedence first.
type sources struct {
	order      []*source
	flags, env *source
	profile    *source // nil if there is none
	inUse      Value   // its name and file
	similar    []LookAlike
}

// findSources reads the environment and the profile.
func findSources(o *Options) (*sources, error) {
	env, err := environment(o.Environ)
	if err != nil {
		return nil, err
	}
	all := &sources{flags: flagSource(&o.Flags), env: env.source, similar: env.similar}
	if err := all.flags.check(); err != nil {
		return nil, err
	}
	choice := chooseProfile(&o.Flags, env)
	all.profile, err = choice.read()
	if err != nil {
		return nil, err
	}
	all.order = []*source{all.flags, all.env}
	if all.profile == nil {
		return all, nil
	}
	all.inUse = Value{choice.name, choice.path}
	position := len(all.order)
	if o.Flags.Profile != "" {
		position = 1
	}
	all.order = slices.Insert(all.order, position, all.profile)
	return all, nil
}

// flagSource returns the settings of the command line, except secrets.
func flagSource(f *Flags) *source {
	return &source{
		values: map[string]string{host: f.Host, username: f.Username, org: f.Org, caFile: f.CAFile, validity: f.Validity},
		where:  flagName,
	}
}

// flagName returns the command line's name of a setting.
func flagName(name string) string { return "--" + strings.ReplaceAll(name, "_", "-") }

// find returns the setting of the first source that gives it and that counts.
func (s *sources) find(name string, counts func(*source) bool) (Value, *source) {
	for _, src := range s.order {
		if src.gives(name) && counts(src) {
			return Value{Text: src.values[name], Source: src.where(name)}, src
		}
	}
	return Value{}, nil
}
