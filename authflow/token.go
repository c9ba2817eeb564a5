package authflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"time"

	"github.com/go-thoughtspot/tsauth/api/wire"
	"github.com/go-thoughtspot/tsauth/authflow/internal/exchange"
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
	// name, or the first of several; nil where it stated none.
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

// credential is what a lease holds: a bearer token, or a session. A service
// keeps many, so its texts are pieces of one.
type credential struct {
	header   [1]string // the Authorization header of a token
	texts    string    // what the server said of the token: id, user's id, name, Org's name
	ends     [3]uint16 // of the first three in texts
	hasOrg   bool
	several  bool  // it is for several Orgs: requests say for which, and org is one of them
	stored   bool  // it comes from the Store
	attempts uint8 // that it took
	org      int32
	created  int64 // in milliseconds since the Unix epoch; 0 if not stated
	expires  int64
	session  *exchange.Session // nil for a token
}

type (
	lease  = renewal.Lease[credential]
	flight = renewal.Flight[credential]
)

// tokenOf returns the token of a lease.
func tokenOf(l *lease) Token {
	c := &l.Value
	t := Token{
		Value: gen.Secret(c.header[0][len("Bearer "):]),
		ID:    c.texts[:c.ends[0]], UserID: c.texts[c.ends[0]:c.ends[1]], Username: c.texts[c.ends[1]:c.ends[2]],
		Created: wire.UnixMilli(c.created).Time(), Expires: wire.UnixMilli(c.expires).Time(),
	}
	if c.hasOrg {
		t.Org = &gen.Org{ID: c.org, Name: c.texts[c.ends[2]:]}
	}
	now := time.Now()
	remaining := l.Remaining(now)
	if remaining != renewal.Forever {
		t.Deadline = now.Add(remaining)
	}
	return t
}

// grant makes a lease of a credential that was requested at requested and expires
// after life. Renewal starts at random ahead of its end (R2), and its last moments
// are not used (R8).
func (p *Policy) grant(c credential, requested time.Time, life time.Duration) *lease {
	return p.grantGuess(c, requested, life, life)
}

// grantGuess is grant for a lifetime that is a guess: the credential has certainly
// expired after limit.
func (p *Policy) grantGuess(c credential, requested time.Time, life, limit time.Duration) *lease {
	return renewal.NewLease(c, requested, renewal.Schedule{
		Lifetime: life, Margin: min(5*time.Second, life/20), RenewAt: p.RenewAt - p.Jitter*rand.Float64(), Limit: limit,
	})
}

// newBearer makes a credential of t.
func newBearer(t Token) (credential, error) {
	switch t.Value {
	case "":
		return credential{}, errors.New("there is no token in it")
	case wire.Redacted:
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
	c := credential{created: millis(t.Created), expires: millis(t.Expires)}
	header, orgName := "Bearer "+string(t.Value), ""
	if t.Org != nil {
		c.hasOrg, c.org, orgName = true, t.Org.ID, t.Org.Name
	}
	all := header + t.ID + t.UserID + t.Username + orgName
	c.header[0], c.texts = all[:len(header)], all[len(header):]
	end := 0
	for i, text := range []string{t.ID, t.UserID, t.Username} {
		if end += len(text); end > math.MaxUint16 {
			return credential{}, errors.New("what the server says of the token is too long")
		}
		c.ends[i] = uint16(end)
	}
	return c, nil
}
