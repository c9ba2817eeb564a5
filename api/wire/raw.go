package wire

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Raw is JSON, unchanged, of a form that the API does not document. It may hold a
// secret: package fmt, whatever the verb, and package log/slog show its length alone.
// encoding/json writes it unchanged.
type Raw []byte

// MarshalJSON implements json.Marshaler.
func (r Raw) MarshalJSON() ([]byte, error) { return json.RawMessage(r).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (r *Raw) UnmarshalJSON(b []byte) error { return (*json.RawMessage)(r).UnmarshalJSON(b) }

// Format writes the length, whatever the verb and flags.
func (r Raw) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "[%d bytes of JSON]", len(r)) }

// LogValue returns what Format writes, for package slog.
func (r Raw) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%v", r)) }
