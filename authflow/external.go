package authflow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// TokensFrom returns a Flow on tokens that fn gets from another source, such as a
// service of your own that holds the secret key. fn is called when the first token
// is needed and for each renewal, in a goroutine of this package, one call at a
// time. For each [Exclusive] token it is called beside that, so it must be safe for
// concurrent use where you request them. Its context ends with the time limit or
// with the Flow, and fn has to obey it; if fn does not, it is called again while
// the first call goes on. Waiting callers receive its error, or its panic as an
// error, and fn is called again after a pause; an [*Error] says by its Status and
// RetryAfter when.
//
// Of the Token that fn returns, Value is required. Its lifetime follows from the
// first of these fields that is set:
//
//   - Deadline, as a Token has it that was stored;
//   - Expires minus Created, counted from the call of fn;
//   - Expires, by the local clock.
//
// Otherwise the token is used until the server rejects it. A token that fn returns
// again keeps its age, and is not used again if the server has rejected it.
func (c *Cluster) TokensFrom(fn func(context.Context) (Token, error)) (*Flow, error) {
	if fn == nil {
		return nil, invalid("TokensFrom", "fn", "must not be nil")
	}
	return c.start(&Flow{method: methodTokensFrom, supplier: &supplier{token: &external{fn: fn}}}), nil
}

// external is a function that supplies tokens. A token that it returns again
// keeps its age (R12).
type external struct {
	fn func(context.Context) (Token, error)
}

func (x *external) lease(ctx context.Context, f *Flow) (*lease, error) {
	const op = "TokensFrom"
	now := time.Now()
	t, err := userCall[Token]{what: "function of TokensFrom", call: x.fn}.run(ctx)
	if err != nil {
		return nil, asError(op, err)
	}
	value, err := newBearer(t)
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	id := f.cluster.idOf(value.header[0])
	requested := f.keeper.FirstRequested(id, now)
	l, err := f.cluster.policy.grantToken(t, value, requested)
	switch {
	case err != nil:
		return nil, &Error{Op: op, Err: err}
	case f.keeper.Rejected(id):
		return nil, &Error{Op: op, Status: http.StatusUnauthorized, maxBackoff: untilNext(l), Err: errors.New("the function returned a token again that the server has rejected")}
	case requested.Before(now) && l.Remaining(time.Now()) <= 0:
		return nil, &Error{Op: op, maxBackoff: untilNext(l), Err: errors.New("the function returned a token again that has expired")}
	}
	return l, nil
}

// untilNext returns the longest pause before a function that returned the unusable
// token of l is called again: until that token expires, because a function that
// caches its token returns another one then, and at most a minute. If it still returns
// the old one, the longest pause grows again from 1 s: 30 s after the expiry, it is
// 30 s.
func untilNext(l *lease) time.Duration {
	left := l.RemainingAtMost(time.Now())
	return min(max(left, -left, time.Second), time.Minute)
}

// grantToken makes a lease of a token that a function supplied.
func (p *Policy) grantToken(t Token, c credential, requested time.Time) (*lease, error) {
	life := renewal.Forever
	switch {
	case !t.Deadline.IsZero():
		life = t.Deadline.Sub(requested)
	case !t.Expires.IsZero() && !t.Created.IsZero():
		life = t.Expires.Sub(t.Created)
	case !t.Expires.IsZero():
		life = t.Expires.Sub(requested)
	}
	if life <= 0 {
		return nil, fmt.Errorf("the token has a lifetime of %v", life)
	}
	if !t.Deadline.IsZero() {
		return renewal.NewLease(c, requested, renewal.Schedule{Lifetime: life, RenewAt: p.RenewAt}), nil
	}
	return p.grant(c, requested, life), nil
}
