// Package wire holds the value types of the API that the generator cannot
// make: secrets that print redacted, and integers that are read without loss.
// Package gen refers to them by the names of the spec: gen.Secret,
// gen.UnixMilli.
package wire

import (
	"fmt"
	"io"
	"log/slog"
)

// Redacted is what a Secret prints in place of its value.
const Redacted = "[redacted]"

// Secret is a password, a secret key or a token. Every verb of package fmt shows
// [redacted] in its place, and nothing for an empty one, and so does package
// log/slog for a Secret and for the models of package gen. encoding/json writes
// the value, because requests need it: a slog.JSONHandler shows it inside
// structs and slices of your own.
//
// An untyped constant is assignable to it; a string variable is converted:
// gen.Secret(os.Getenv("SECRET_KEY")). To read the value, convert it back.
//
// Package fmt cannot call methods on unexported struct fields, and does not below
// a pointer inside a struct that is printed with a verb that is not for structs,
// such as %s: keep a Secret in an exported field of a type that may be printed, and
// give a type that is held by pointer a Format method, as those of package gen have.
type Secret string

// String returns [redacted], or the empty string for an empty Secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return Redacted
}

// GoString returns what String does.
func (s Secret) GoString() string { return s.String() }

// Format writes what String returns, whatever the verb and flags.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue returns what String does.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
