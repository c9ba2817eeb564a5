package authflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Token is a bearer token and what the server said of it.
type Token struct {
	// Value is the token. It prints redacted; string(t.Value) is what goes
	// into an Authorization header behind "Bearer ".
	Value gen.Secret
	// Created and Expires are the times that the server stated, by the
	// server's clock. Their difference is the lifetime; compared with the
	// local clock they mean little.
	Created, Expires time.Time
	// UserID and Username say whom the token is for, where the server said so.
	UserID, Username string
}

// MarshalJSON writes the token with its value redacted: JSON of a Token is for
// people to read. Whoever needs the value writes string(t.Value).
func (t Token) MarshalJSON() ([]byte, error) {
	type plain Token
	t.Value = gen.Secret(t.Value.String())
	return json.Marshal(plain(t))
}

// LogValue is what package slog shows: the fields, with the value redacted.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(
		slog.Any("value", t.Value),
		slog.Time("created", t.Created),
		slog.Time("expires", t.Expires),
		slog.String("user_id", t.UserID),
		slog.String("username", t.Username),
	)
}

// newBearer makes a lease of a token that was asked for at sent. lifetime is
// that of a token that does not say when it expires.
func newBearer(sent time.Time, t Token, lifetime time.Duration) (*lease, error) {
	if t.Value == "" {
		return nil, errors.New("there is no token in it")
	}
	if t.Value == wire.Redacted {
		return nil, errors.New("the token is [redacted]: it comes from the JSON of a Token, which leaves the value out")
	}
	for i := range len(t.Value) {
		if c := t.Value[i]; c <= ' ' || c > '~' {
			return nil, fmt.Errorf("the token holds a character that a header cannot carry, at byte %d", i)
		}
	}
	if !t.Expires.IsZero() && !t.Created.IsZero() {
		if lifetime = t.Expires.Sub(t.Created); lifetime <= 0 {
			return nil, fmt.Errorf("the token has a lifetime of %v", lifetime)
		}
	}
	l := newLease(sent, min(lifetime, math.MaxInt64-1))
	header := "Bearer " + string(t.Value)
	l.header = []string{header}
	t.Value = gen.Secret(header[len("Bearer "):]) // one copy of the token for both
	l.token = t
	return l, nil
}
