package authflow

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// TokensFrom returns a Flow on tokens that fn gets from elsewhere, such as a
// service of your own that holds the secret key. fn is called when the first
// token is needed and for each renewal, in a goroutine of this package's own,
// one at a time. Its context ends with the time limit or with the Flow, and it
// has to obey it; one that does not is left behind, and called again meanwhile.
// An error of fn, or a panic, is the error of those who wait, and fn is called
// again after a pause; an [*Error] says by its Status and RetryAfter when.
//
// Of the Token that fn returns, Value is needed. How long it lives is said by
// the first of these that is there:
//
//   - Deadline, as of a token that was kept;
//   - Expires minus Created, counted from the call of fn;
//   - Expires, by the local clock.
//
// Otherwise it is used until the server refuses it. A token that fn returned
// before keeps its age, and one that the server has refused is refused.
func (c *Cluster) TokensFrom(fn func(context.Context) (Token, error)) (*Flow, error) {
	if fn == nil {
		return nil, invalid("TokensFrom", "fn", "must not be nil")
	}
	return c.start(&Flow{way: wayTokensFrom, supplied: &supplied{token: &external{fn: fn}}}), nil
}

// external is a function that supplies tokens, and what it supplied (R12).
type external struct {
	fn func(context.Context) (Token, error)

	mu   sync.Mutex
	seen []seenToken // the latest ones
}

type seenToken struct {
	hash    uint64
	lease   *lease
	life    time.Duration
	refused bool
}

// maxSeen is how many tokens are remembered.
const maxSeen = 8

func (x *external) lease(ctx context.Context, c *Cluster) (*lease, error) {
	const op = "TokensFrom"
	asked := time.Now()
	t, err := x.fn(ctx)
	if err != nil {
		return nil, asError(op, err)
	}
	value, err := newBearer(t)
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	hash := maphash.String(c.seed, value.header[0])
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.seen {
		switch {
		case s.hash != hash:
		case s.refused:
			return nil, &Error{Op: op, Status: 401, Err: errors.New("the function returned again a token that the server has refused")}
		case s.lease.Left(time.Now()) <= 0:
			return nil, &Error{Op: op, Err: errors.New("the function returned again a token that has ended")}
		case t.Deadline.IsZero():
			return c.policy.grant(value, s.lease.Asked, s.life), nil
		}
	}
	l, life, err := c.policy.grantToken(t, value, asked)
	if err != nil {
		return nil, &Error{Op: op, Err: err}
	}
	if len(x.seen) == maxSeen {
		x.seen = x.seen[1:]
	}
	x.seen = append(x.seen, seenToken{hash: hash, lease: l, life: life})
	return l, nil
}

// grantToken makes a lease of a token from elsewhere, and returns its lifetime.
func (p *Policy) grantToken(t Token, c credential, asked time.Time) (*lease, time.Duration, error) {
	life := renewal.Forever
	switch {
	case !t.Deadline.IsZero():
		life = t.Deadline.Sub(asked)
	case !t.Expires.IsZero() && !t.Created.IsZero():
		life = t.Expires.Sub(t.Created)
	case !t.Expires.IsZero():
		life = t.Expires.Sub(asked)
	}
	if life <= 0 {
		return nil, 0, fmt.Errorf("the token has a lifetime of %v", life)
	}
	if !t.Deadline.IsZero() {
		return renewal.NewLease(c, asked, life, 0, p.RenewAt), life, nil
	}
	return p.grant(c, asked, life), life, nil
}

// spurn remembers of a token from a function that the server has refused it.
func (f *Flow) spurn(l *lease) {
	if f.way != wayTokensFrom {
		return
	}
	x, hash := f.supplied.token, maphash.String(f.cluster.seed, l.Value.header[0])
	x.mu.Lock()
	defer x.mu.Unlock()
	for i := range x.seen {
		x.seen[i].refused = x.seen[i].refused || x.seen[i].hash == hash
	}
}
