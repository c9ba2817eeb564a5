package authflow

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"slices"
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
	header  [1]string // the Authorization header of a token
	texts   string    // what the server said of the token: id, user's id, name, Org's name
	ends    [3]uint16 // of the first three in texts
	hasOrg  bool
	several bool  // it is for several Orgs: requests say for which, and org is one of them
	stored  bool  // it comes from the Store
	tries   uint8 // that it took
	org     int32
	created int64 // in milliseconds since the Unix epoch; 0 if not stated
	expires int64
	session *session // nil for a token
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
	left := l.Remaining(now)
	if left != renewal.Forever {
		t.Deadline = now.Add(left)
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

// tokenAnswer is what the operations that bring a token answer, as far as a
// Flow needs it. A field that is not of its type costs nothing but itself.
type tokenAnswer struct {
	Token    gen.Secret `json:"token"`
	Created  loose      `json:"creation_time_in_millis"`
	Expires  loose      `json:"expiration_time_in_millis"`
	ID       loose      `json:"id"`
	UserID   loose      `json:"valid_for_user_id"`
	Username loose      `json:"valid_for_username"`
	User     looseRef   `json:"user"`
	Org      looseRef   `json:"org"`
	Scope    looseRef   `json:"scope"`
}

// loose is a string or number of JSON as text, and "" for all else.
type loose string

// UnmarshalJSON implements json.Unmarshaler.
func (l *loose) UnmarshalJSON(b []byte) error {
	if *l = ""; b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	if b[0] == '-' || b[0] >= '0' && b[0] <= '9' {
		*l = loose(b)
	}
	return nil
}

// number returns a whole number in digits alone, and all else as it is.
func (l loose) number() string {
	var n wire.Integer
	if l == "null" || json.Unmarshal([]byte(l), &n) != nil {
		return string(l)
	}
	return strconv.FormatInt(int64(n), 10)
}

// instant returns a time in milliseconds, and the zero Time for all else.
func (l loose) instant() time.Time {
	var ms gen.UnixMilli
	_ = json.Unmarshal([]byte(l), &ms)
	return ms.Time()
}

// looseRef is an object, and empty for all else.
type looseRef struct {
	ID    loose `json:"id"`
	Name  loose `json:"name"`
	OrgID loose `json:"org_id"`

	OrgIDs []looseRef `json:"org_ids"`
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *looseRef) UnmarshalJSON(b []byte) error {
	type plain looseRef
	_ = json.Unmarshal(b, (*plain)(r))
	return nil
}

// bearer makes a lease of an answer that brings a token for org, which is ""
// where none was asked for, and for all of orgs, if there are any. lifetime is
// that of a token that does not say when it expires; 0 if it is unknown.
func (a *answer) bearer(p *Policy, op, org string, lifetime time.Duration, orgs ...string) (*lease, error) {
	var in tokenAnswer
	bad := func(problem error) error {
		return &Error{Op: op, Status: a.status, Err: fmt.Errorf("answered with %s: %w", a.what(), problem)}
	}
	if json.Unmarshal(a.body, &in) != nil {
		// The text of the JSON error could hold a part of the token.
		return nil, bad(errors.New("it is not of the form that is documented"))
	}
	t := Token{
		Value: in.Token, Created: in.Created.instant(), Expires: in.Expires.instant(), ID: string(in.ID),
		UserID: string(cmp.Or(in.UserID, in.User.ID)), Username: string(cmp.Or(in.Username, in.User.Name)),
	}
	own, all := looseRef{ID: cmp.Or(in.Org.ID, in.Scope.OrgID), Name: in.Org.Name}, in.Scope.OrgIDs
	is, wrong := own.text(), firstMissing([]string{org}, own)
	if wrong == "" && len(all) > 0 {
		if is == "" {
			own, orgs = all[0], append(orgs, org)
		}
		wrong, is = firstMissing(orgs, all...), ""
		for _, one := range all {
			is += one.text() + ", "
		}
	}
	if n, err := strconv.ParseInt(own.ID.number(), 10, 32); err == nil {
		t.Org = &gen.Org{ID: int32(n), Name: string(own.Name)}
	}
	if wrong != "" {
		is = line(a.out.redactor()(strings.TrimSuffix(is, ", ")))
		return nil, &Error{Op: op, Status: a.status, Err: fmt.Errorf("the token is for Org %s, but Org %s was asked for", is, line(wrong))}
	}
	limit := lifetime
	if lifetime == 0 {
		lifetime, limit = defaultLifetime, renewal.Forever
	}
	if !t.Expires.IsZero() {
		if !t.Created.IsZero() {
			lifetime = t.Expires.Sub(t.Created)
			limit = lifetime
		}
		if lifetime <= 0 {
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
	return p.grantGuess(c, a.sent, lifetime, limit), nil
}

// text is what an error says of an Org.
func (r looseRef) text() string { return strings.TrimSpace(string(r.ID + " " + r.Name)) }

// firstMissing returns the first of the Orgs that were asked for which is not
// among those of the answer, or "".
func firstMissing(asked []string, is ...looseRef) string {
	i := slices.IndexFunc(asked, func(org string) bool {
		return !slices.ContainsFunc(is, func(o looseRef) bool { return sameOrg(org, o.ID.number(), string(o.Name)) })
	})
	if i < 0 {
		return ""
	}
	return asked[i]
}

// sameOrg reports whether the Org that was asked for, by number or name, is that
// of the answer, as far as the answer tells.
func sameOrg(asked, id, name string) bool {
	if asked == "" || asked == id || strings.EqualFold(asked, name) {
		return true
	}
	want, err := strconv.Atoi(asked)
	if err != nil {
		return name == ""
	}
	is, err := strconv.Atoi(id)
	return id == "" || err == nil && is == want
}
