package authflow

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

// Token is a bearer token and what the server stated about it.
type Token struct {
	// Value is the token. It prints redacted; string(t.Value) is the text that
	// follows "Bearer " in an Authorization header.
	Value gen.Secret
	// Deadline is the local time until which the token may be used; the zero Time
	// if that is unknown. A token that is stored and later returned by the
	// function of TokensFrom keeps its age by it.
	Deadline time.Time
	// ExpiredBy is the local time by which the token has certainly expired, because
	// Deadline may be early or a guess; the zero Time if that is unknown.
	ExpiredBy time.Time
	// Created and Expires are the times that the server stated, by its own clock,
	// to the millisecond. They are zero if the server stated none or impossible
	// ones.
	Created, Expires time.Time
	// ID is the GUID of the token, if the server stated it (custom access).
	ID string
	// Org is the Org that the server stated, by number and, for custom access,
	// name, or the first of several; nil if it stated none.
	Org *gen.Org
	// UserID and Username identify the user of the token, if the server stated
	// them.
	UserID, Username string
}

// MarshalJSON writes the token with its value redacted, because JSON of a Token is
// for people to read. To store the value, write string(t.Value).
func (t Token) MarshalJSON() ([]byte, error) {
	type plain Token
	t.Value = gen.Secret(t.Value.String())
	return json.Marshal(plain(t))
}

// LogValue implements slog.LogValuer. The value is redacted.
func (t Token) LogValue() slog.Value {
	return slog.GroupValue(slog.Any("value", t.Value), slog.Time("deadline", t.Deadline), slog.String("id", t.ID),
		slog.String("user_id", t.UserID), slog.String("username", t.Username))
}

// TokenOption changes which token Flow.Token returns.
type TokenOption func(*tokenOptions)

type tokenOptions struct {
	minTTL    time.Duration
	exclusive bool
}

// MinTTL requires a remaining lifetime of at least d, if that is more than
// Policy.MinTTL. If a new token lives for less, Token returns an error that matches
// [ErrInvalid].
func MinTTL(d time.Duration) TokenOption { return func(o *tokenOptions) { o.minTTL = d } }

// Exclusive requests a new token that is not shared with any other caller. Use it
// for browsers that embed ThoughtSpot. Each one costs a call to the server, or to the
// function of [Cluster.TokensFrom], which has to return a new token. Logout ends
// these tokens, too.
func Exclusive() TokenOption { return func(o *tokenOptions) { o.exclusive = true } }

// Token returns the bearer token in use, with at least Policy.MinTTL left if tokens
// live that long. It acquires or renews the token if necessary, and waits no longer
// than ctx allows.
// A Flow on a session has no token, see [Flow.SessionToken].
func (f *Flow) Token(ctx context.Context, opts ...TokenOption) (Token, error) {
	var o tokenOptions
	for _, opt := range opts {
		opt(&o)
	}
	if err := f.usable(); err != nil {
		return Token{}, err
	}
	if f.method == methodLogin {
		return Token{}, invalid("Token", "", "a session has no bearer token; SessionToken gets one from it")
	}
	l, err := f.tokenLease(ctx, o)
	if err != nil {
		return Token{}, f.acquisitionError(err)
	}
	now := time.Now()
	remaining := l.Remaining(now)
	if remaining < o.minTTL {
		problem := fmt.Sprintf("tokens live for %v, of which this one has %v left, less than the required %v",
			(remaining + l.Age(now)).Round(time.Second), remaining.Round(time.Second), o.minTTL)
		return Token{}, invalid("Token", "MinTTL", problem)
	}
	return tokenOf(l), nil
}

func (f *Flow) tokenLease(ctx context.Context, o tokenOptions) (*lease, error) {
	if o.exclusive {
		return f.keeper.Exclusive(ctx)
	}
	now := time.Now()
	f.forgetExpired(now)
	l, err := f.keeper.GetVerified(ctx, now)
	if err == nil && f.expiresTooSoon(l, o.minTTL) {
		return f.keeper.Replace(ctx, l)
	}
	return l, err
}

// expiresTooSoon reports whether a token has less than the required lifetime left.
// A token that had less when it was new is replaced only after it has used a tenth
// of its lifetime: another one would hardly have more.
func (f *Flow) expiresTooSoon(l *lease, required time.Duration) bool {
	now := time.Now()
	remaining, age := l.Remaining(now), l.Age(now)
	if remaining == renewal.Forever {
		return false
	}
	life := remaining + age
	required = max(required, cmp.Or(f.cluster.policy.MinTTL, min(10*time.Second, life/10)))
	isPossible := required <= life || age >= life/10
	return remaining < required && isPossible
}

// Invalidate reports that a token does not work any more, for callers that use
// Edit or Token and see the responses themselves. If it is the token in use, it is
// not used again, and neither is a token that was requested before and arrives
// later. Otherwise nothing happens. If new tokens do not work either, the time
// until the next one is requested grows from 1 s to 1 min.
func (f *Flow) Invalidate(t Token) {
	l, _ := f.keeper.Peek()
	if l == nil || l.Value.session != nil || tokenOf(l).Value != t.Value {
		return
	}
	if f.keeper.Invalidate(l) {
		f.putOutOfUse(l, "the caller invalidated it")
	}
}
