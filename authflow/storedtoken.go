package authflow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// kindToken is the kind of sealed value that holds a token.
const kindToken = "token"

// storedToken is a token as a Store has it.
type storedToken struct {
	Token                gen.Secret    `json:"token"`
	Life                 time.Duration `json:"life"` // how long it was usable when it was requested
	Created, Expires     time.Time
	ID, UserID, Username string
	Org                  *gen.Org `json:",omitempty"`
}

// usesStore reports whether the acquisition may share its token.
func (a *acquisition) usesStore() bool {
	return a.cluster.store != nil && a.isMinting() && !a.flight.Exclusive
}

// isMinting reports whether each request of f makes the server issue a new token.
// Only such tokens are kept in a Store: with a session, some servers return one
// token again and again.
func (f *Flow) isMinting() bool {
	return f.method == methodFull || f.method == methodObject || f.method == methodCustom
}

// storeEntry is where the Store keeps the tokens of a Flow with one secret: one
// name for each key of the Store, the newest key first.
type storeEntry struct {
	*sealedStore
	names    []string
	lockName string // on which processes with old and new keys agree
}

func (f *Flow) storeEntry(secret gen.Secret) *storeEntry {
	s := f.cluster.store
	texts := []string{f.cluster.url, f.method.op(), f.body(), string(secret)}
	return &storeEntry{sealedStore: s, names: s.box.Names(texts...), lockName: s.box.Common().Names(texts...)[0]}
}

// loadOrMint makes one attempt: it returns the token that another process has
// saved, or one from the server, which it saves. One process asks the server
// while the others wait, as far as the Store can tell.
func (a *acquisition) loadOrMint(ctx context.Context) (*lease, attemptResult) {
	if a.entry == nil {
		_, err := a.authenticate(ctx)
		if err != nil {
			return nil, a.localResult(err)
		}
		a.entry = a.storeEntry(a.secret)
		l := a.loadOrLock(ctx)
		if l != nil {
			return l, attemptResult{}
		}
	}
	l, result := a.mint(ctx)
	if result.err == nil && !l.Value.stored {
		a.save(ctx, l)
	}
	return l, result
}

// load returns a token that will do: it is not due for renewal, not in use, and
// not known to be rejected. It remembers one that is due but alive.
func (a *acquisition) load(ctx context.Context) *lease {
	for i := range a.entry.names {
		l := a.loadName(ctx, i)
		// Saving it may have taken operationTime, by which it then looks newer than it is.
		isOlder := l != nil && a.flight.Force && l.RequestedAt.Before(a.flight.Began.Add(operationTime))
		switch {
		case l == nil, isOlder:
		case isDue(l, a.cluster.policy.RenewAt):
			a.expiring = l
		default:
			return l
		}
	}
	return nil
}

// isDue reports whether a stored token has lived for the part of its life after which
// it is renewed.
func isDue(l *lease, renewAt float64) bool {
	now := time.Now()
	return float64(l.Age(now)) >= renewAt*float64(l.Age(now)+l.Remaining(now))
}

// loadName loads the token under one of the names, or returns nil.
func (a *acquisition) loadName(ctx context.Context, i int) *lease {
	name := a.entry.names[i]
	var found loaded
	requested := time.Now()
	err := a.useStore(ctx, "Load", func(ctx context.Context) (err error) {
		found, err = a.entry.load(ctx, name)
		return err
	})
	if err != nil {
		return nil
	}
	l := a.leaseOf(a.entry.open(i, found.value), found.left, requested)
	switch {
	case l == nil:
		return nil
	case a.keeper.Rejected(l.ID):
		_ = a.useStore(ctx, "Delete", func(ctx context.Context) error { return a.entry.delete(ctx, name, found.value) })
		return nil
	case a.keeper.Issued(l.ID), l.Remaining(requested) <= 0:
		return nil
	}
	return l
}

// leaseOf returns a stored token, of whose time left is left, as a lease; nil if it is not
// one.
func (f *Flow) leaseOf(t *storedToken, left time.Duration, requested time.Time) *lease {
	if t == nil || left <= 0 || left > t.Life {
		return nil
	}
	c, err := newBearer(Token{
		Value: t.Token, Created: t.Created, Expires: t.Expires, ID: t.ID, UserID: t.UserID, Username: t.Username, Org: t.Org,
	})
	if err != nil {
		return nil
	}
	c.stored = true
	l := f.cluster.policy.grant(c, requested.Add(left-t.Life), wholeLife(t.Life))
	l.ID = f.cluster.idOf(c.header[0])
	return l
}

// StoredToken returns the token that the Store of [WithStore] keeps for the requests of
// this Flow, and sends nothing to the server. It is for programs that revoke it,
// and that must not get a token only to end it. If there is none that is alive, the error
// matches [ErrNotStored]. The Flow does not begin to use the token.
func (f *Flow) StoredToken(ctx context.Context) (Token, error) {
	const op = "StoredToken"
	if err := f.usable(); err != nil {
		return Token{}, err
	}
	if f.cluster.store == nil || !f.isMinting() {
		return Token{}, &Error{Op: op, Err: ErrNotStored}
	}
	ctx, cancel := context.WithTimeout(ctx, f.cluster.policy.Timeout)
	defer cancel()
	secret, err := f.getSecret(ctx)
	if err != nil {
		return Token{}, err
	}
	e := f.storeEntry(secret)
	for i, name := range e.names {
		requested := time.Now()
		found, err := e.load(ctx, name)
		if err != nil && !errors.Is(err, ErrNotStored) {
			return Token{}, &Error{Op: op, Err: err}
		}
		l := f.leaseOf(e.open(i, found.value), found.left, requested)
		if l != nil && !f.keeper.Rejected(l.ID) {
			return tokenOf(l), nil
		}
	}
	return Token{}, &Error{Op: op, Err: ErrNotStored}
}

// open returns the token in a value, or nil if the value was not sealed for this
// name.
func (e *storeEntry) open(i int, value []byte) *storedToken {
	text, ok := e.box.Open(e.names[i], kindToken, value)
	var t storedToken
	if !ok || json.Unmarshal(text, &t) != nil {
		return nil
	}
	return &t
}

// save puts a token into the Store for the other processes.
func (a *acquisition) save(ctx context.Context, l *lease) {
	now := time.Now()
	left := l.Remaining(now)
	token := tokenOf(l)
	text, err := json.Marshal(storedToken{
		Token: token.Value, Life: left + l.Age(now), Created: token.Created, Expires: token.Expires,
		ID: token.ID, UserID: token.UserID, Username: token.Username, Org: token.Org,
	})
	if err != nil || left <= 0 {
		return
	}
	name := a.entry.names[0]
	_ = a.useStore(ctx, "Save", func(ctx context.Context) error {
		return a.entry.save(ctx, name, a.entry.box.Seal(name, kindToken, text), left)
	})
}

// wholeLife returns the lifetime of a token of which used may be used (R8).
func wholeLife(used time.Duration) time.Duration { return min(used+5*time.Second, used*20/19) }

// useStore makes one operation of the Store within the time that the acquisition has
// left for it, and reports a failure.
func (a *acquisition) useStore(ctx context.Context, what string, call func(context.Context) error) error {
	if a.storeTimeLeft <= 0 {
		return errStoreSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, a.storeTimeLeft)
	defer cancel()
	began := time.Now()
	err := call(ctx)
	a.storeTimeLeft -= time.Since(began)
	if isStoreFailure(err) {
		a.report(storeFailed(what, err))
	}
	return err
}

func storeFailed(what string, err error) Event {
	return Event{Kind: StoreFailed, Reason: what, Err: &Error{Op: "Store." + what, Err: err}}
}

// deleteStored removes tokens from the Store that are about to be ended. It takes at
// most storeTime and a quarter of the time of ctx: a function that supplies the key
// may hang, and the tokens have to be ended in any case.
func (f *Flow) deleteStored(ctx context.Context, isEnding func(gen.Secret) bool) {
	s := f.cluster.store
	if s == nil || !f.isMinting() {
		return
	}
	limit := storeTime
	if end, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(end)/4)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	secret, err := f.getSecret(ctx)
	if err != nil {
		return
	}
	e := f.storeEntry(secret)
	for i, name := range e.names {
		found, err := e.load(ctx, name)
		if err != nil {
			continue
		}
		t := e.open(i, found.value)
		if t != nil && isEnding(t.Token) {
			_ = e.delete(ctx, name, found.value)
		}
	}
}
