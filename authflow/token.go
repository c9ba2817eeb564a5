package authflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Token is a bearer token and what the server said of it.
type Token struct {
	// Value is the token. It prints redacted; string(t.Value) is what goes
	// into an Authorization header behind "Bearer ".
	Value gen.Secret
	// Deadline is the local instant until which the token may be used; the zero
	// Time for one without an end. A token that is kept and later given back by
	// the function of TokensFrom keeps its age by it.
	Deadline time.Time
	// Created and Expires are the times that the server stated, by the
	// server's clock, to the millisecond.
	Created, Expires time.Time
	// ID is the token's own GUID, where the server said so (custom access).
	ID string
	// Org is the Org that the server stated, by number and, for custom access,
	// name; nil where it stated none.
	Org *gen.Org
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
	return slog.GroupValue(slog.Any("value", t.Value), slog.Time("deadline", t.Deadline), slog.String("id", t.ID),
		slog.String("user_id", t.UserID), slog.String("username", t.Username))
}

// credential is what a lease holds: a bearer token, or a session.
type credential struct {
	header   [1]string // the Authorization header of a token
	id, user string    // what the server said of the token: its id, the user's
	name     string
	org      *gen.Org
	created  int64 // in milliseconds since the Unix epoch; 0 if not stated
	expires  int64
	session  *session // nil for a token
}

type lease = renewal.Lease[credential]

// tokenOf returns the token of a lease.
func tokenOf(l *lease) Token {
	c := &l.Value
	t := Token{
		Value: gen.Secret(c.header[0][len("Bearer "):]), ID: c.id, UserID: c.user, Username: c.name, Org: c.org,
		Created: wire.UnixMilli(c.created).Time(), Expires: wire.UnixMilli(c.expires).Time(),
	}
	if now := time.Now(); l.Left(now) != renewal.Forever {
		t.Deadline = now.Add(l.Left(now))
	}
	return t
}

// grant makes a lease of a credential that was asked for at asked and ends
// after life. Renewal starts at random ahead of its end (R2), and its last
// moments are not used (R8).
func (p *Policy) grant(c credential, asked time.Time, life time.Duration) *lease {
	return renewal.NewLease(c, asked, life, min(5*time.Second, life/20), p.At-p.Spread*rand.Float64())
}

// newBearer makes a credential of t.
func newBearer(t Token) (credential, error) {
	switch {
	case t.Value == "":
		return credential{}, errors.New("there is no token in it")
	case t.Value == wire.Redacted:
		return credential{}, errors.New("the token is [redacted]: it comes from the JSON of a Token, which leaves the value out")
	}
	for i := range len(t.Value) {
		if c := t.Value[i]; c <= ' ' || c > '~' {
			return credential{}, fmt.Errorf("the token holds a character that a header cannot carry, at byte %d", i)
		}
	}
	millis := func(t time.Time) int64 {
		if t.IsZero() {
			return 0
		}
		return t.UnixMilli()
	}
	// One allocation for all texts: a service holds many.
	all := "Bearer " + string(t.Value) + t.ID + t.UserID + t.Username
	cut := func(n int) (s string) { s, all = all[:n], all[n:]; return s }
	c := credential{created: millis(t.Created), expires: millis(t.Expires), org: t.Org}
	c.header[0], c.id, c.user, c.name = cut(len("Bearer ")+len(t.Value)), cut(len(t.ID)), cut(len(t.UserID)), cut(len(t.Username))
	return c, nil
}

// tokenAnswer is what the operations that bring a token answer, as far as a
// Flow needs it. A field that is not of its type costs nothing but itself.
type tokenAnswer struct {
	Token    gen.Secret      `json:"token"`
	Created  json.RawMessage `json:"creation_time_in_millis"`
	Expires  json.RawMessage `json:"expiration_time_in_millis"`
	ID       json.RawMessage `json:"id"`
	UserID   json.RawMessage `json:"valid_for_user_id"`
	Username json.RawMessage `json:"valid_for_username"`
	User     json.RawMessage `json:"user"`
	Org      json.RawMessage `json:"org"`
	Scope    json.RawMessage `json:"scope"`
}

// text returns a string or number as text, and "" for all else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var n json.Number
	_ = json.Unmarshal(raw, &n)
	return n.String()
}

// instant returns a time in milliseconds, and the zero Time for all else.
func instant(raw json.RawMessage) time.Time {
	var ms gen.UnixMilli
	_ = json.Unmarshal([]byte(text(raw)), &ms)
	return ms.Time()
}

func member(raw json.RawMessage, name string) json.RawMessage {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(raw, &m)
	return m[name]
}

// bearer makes a lease of an answer that brings a token for org, which is ""
// where none was asked for. lifetime is that of a token that does not say when
// it ends.
func (a *answer) bearer(p *Policy, op, org string, lifetime time.Duration) (*lease, error) {
	var in tokenAnswer
	bad := func(problem error) error {
		return &Error{Op: op, Status: a.status, Err: fmt.Errorf("answered with %s: %w", a.what(), problem)}
	}
	if json.Unmarshal(a.body, &in) != nil {
		// The text of the JSON error could hold a part of the token.
		return nil, bad(errors.New("it is not of the form that is documented"))
	}
	t := Token{
		Value: in.Token, Created: instant(in.Created), Expires: instant(in.Expires),
		ID: text(in.ID), UserID: text(in.UserID), Username: text(in.Username),
	}
	if t.UserID == "" && t.Username == "" {
		t.UserID, t.Username = text(member(in.User, "id")), text(member(in.User, "name"))
	}
	id, name := text(member(in.Org, "id")), text(member(in.Org, "name"))
	if id == "" {
		id = text(member(in.Scope, "org_id"))
	}
	if n, err := strconv.ParseInt(id, 10, 32); err == nil {
		t.Org = &gen.Org{ID: int32(n), Name: name}
	}
	if org != "" && id != "" && org != id && !strings.EqualFold(org, name) {
		is := id
		if name != "" {
			is = fmt.Sprintf("%s (%s)", name, id)
		}
		return nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("the token is for Org %s, but Org %s was asked for", line(is), line(org))}
	}
	if !t.Expires.IsZero() && !t.Created.IsZero() {
		if lifetime = t.Expires.Sub(t.Created); lifetime <= 0 {
			return nil, bad(fmt.Errorf("the token has a lifetime of %v", lifetime))
		}
		if date, err := http.ParseTime(a.header.Get("Date")); err == nil && t.Expires.After(date) {
			lifetime = min(lifetime, t.Expires.Sub(date)) // R1
		}
	}
	c, err := newBearer(t)
	if err != nil {
		return nil, bad(err)
	}
	return p.grant(c, a.sent, lifetime), nil
}
