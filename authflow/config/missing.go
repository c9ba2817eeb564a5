package config

import (
	"fmt"
	"slices"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// MissingError is the error for a setting that is required and that no place gives. It
// matches [authflow.ErrInvalid].
type MissingError struct {
	// Setting is "host", "username", or "password" for a secret of any kind.
	Setting string

	text string
}

// Error names the variable, and variables that may have been set in its place.
func (e *MissingError) Error() string { return e.text }

// Unwrap returns authflow.ErrInvalid.
func (*MissingError) Unwrap() error { return authflow.ErrInvalid }

// missing is the error for a setting that no source gives.
func (s *sources) missing(name, alternatives string) error {
	where := variable(name)
	if s.profile != nil {
		where += " or " + s.profile.where(name)
	}
	hint := ""
	for _, similar := range s.similar {
		if kindOf(similar.setting) == name || isSecret(similar.setting) && isSecret(name) {
			hint += fmt.Sprintf("; %s is set, but is not a setting: did you mean %s", similar.Name, similar.Means)
		}
	}
	return &MissingError{Setting: name, text: invalid(where, "is required"+alternatives+hint).Error()}
}

// isSecret reports whether a setting gives a secret.
func isSecret(name string) bool { return slices.Contains(secretSettings(), name) }
