package authflow

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/gen"
)

const (
	// kindToken is the kind of sealed value that holds a token.
	kindToken = "token"
	// lockLimit is how long a lock lasts whose holder has died.
	lockLimit = 5 * time.Second
	// lockPoll is how often the Store is looked at while a lock is waited for: its
	// holder may have saved the token and then died.
	lockPoll = 250 * time.Millisecond
	// afterLock is the part of storeTime that waiting for a lock leaves for the
	// operations after it.
	afterLock = 250 * time.Millisecond
	// longQueue is how long a request waits in the rate-limit queue before the
	// Store is looked at again at its turn.
	longQueue = time.Second
)

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
	return a.cluster.store != nil && a.isStorable() && !a.flight.Exclusive
}

// isStorable reports whether tokens of f are kept in a Store.
func (f *Flow) isStorable() bool {
	return f.method == methodFull || f.method == methodObject || f.method == methodCustom
}

// storeEntry is where the Store keeps the tokens of a Flow with one secret: one
// name for each key of the Store, the newest key first.
type storeEntry struct {
	*sealedStore
	names []string
	lock  string // the name on which processes with old and new keys agree
}

func (f *Flow) storeEntry(secret gen.Secret) *storeEntry {
	s := f.cluster.store
	texts := []string{f.cluster.url, f.method.op(), f.body(), string(secret)}
	return &storeEntry{sealedStore: s, names: s.box.Names(texts...), lock: s.box.LockName(texts...)}
}

// loadOrMint makes one attempt: it returns the token that another process has
// saved, or one from the server, which it saves. One process asks the server
// while the others wait, as far as the Store can tell.
func (a *acquisition) loadOrMint(ctx context.Context) (*lease, attemptResult) {
	if a.entry == nil {
		if _, err := a.authenticate(ctx); err != nil {
			return nil, a.localResult(err)
		}
		a.entry = a.storeEntry(a.secret)
		if l := a.loadOrLock(ctx); l != nil {
			return l, attemptResult{}
		}
	}
	l, result := a.mint(ctx)
	if result.err == nil && !l.Value.stored {
		a.save(ctx, l)
	}
	return l, result
}

// loadOrLock returns a token that another process has saved, or takes the lock.
func (a *acquisition) loadOrLock(outer context.Context) *lease {
	if l := a.load(outer); l != nil {
		return l
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(outer, max(0, a.storeTimeLeft-afterLock))
	defer cancel()
	locked := make(chan func(), 1)
	go func() { locked <- a.entry.takeLock(ctx, a.report) }()
	poll := time.NewTicker(lockPoll)
	defer poll.Stop()
	for {
		select {
		case a.unlock = <-locked:
			a.storeTimeLeft -= time.Since(began)
			return a.load(outer) // saved while the lock was waited for
		case <-poll.C:
			if l := a.load(outer); l != nil {
				go func() { (<-locked)() }()
				return l
			}
		}
	}
}

// unlockStore gives the lock back, if there is one.
func (a *acquisition) unlockStore() {
	if a.unlock != nil {
		a.unlock()
	}
}

// load returns a token that will do: it is not due for renewal, not in use, and
// not known to be rejected. It remembers one that is due but alive.
func (a *acquisition) load(ctx context.Context) *lease {
	for i := range a.entry.names {
		began := time.Now()
		l := a.loadName(ctx, i)
		a.storeTimeLeft -= time.Since(began)
		if l == nil {
			continue
		}
		if a.isNewEnough(l) {
			return l
		}
		a.expiring = l
	}
	return nil
}

// isNewEnough reports whether a stored token will do: it is not due for renewal,
// and after Flow.Renew it was requested since.
func (a *acquisition) isNewEnough(l *lease) bool {
	now := time.Now()
	if a.flight.Force && l.RequestedAt.Before(a.flight.Began) {
		return false
	}
	return float64(l.Age(now)) < a.cluster.policy.RenewAt*float64(l.Age(now)+l.Remaining(now))
}

// loadName loads the token under one of the names, or returns nil.
func (a *acquisition) loadName(ctx context.Context, i int) *lease {
	name := a.entry.names[i]
	var value []byte
	var left time.Duration
	requested := time.Now()
	err := a.useStore(ctx, "Load", func(ctx context.Context) (err error) {
		value, left, err = a.entry.Load(ctx, name)
		return err
	})
	if err != nil {
		return nil
	}
	t := a.entry.open(i, value)
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
	l := a.cluster.policy.grant(c, requested.Add(left-t.Life), wholeLife(t.Life))
	id := a.cluster.idOf(c.header[0])
	switch {
	case a.keeper.Rejected(id):
		_ = a.useStore(ctx, "Delete", func(ctx context.Context) error { return a.entry.Delete(ctx, name, value) })
		return nil
	case a.keeper.Issued(id), l.Remaining(requested) <= 0:
		return nil
	}
	return l
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

// takeLock takes the lock, or goes without. It returns a function that gives the
// lock back and does not block.
func (e *storeEntry) takeLock(ctx context.Context, report func(Event)) (unlock func()) {
	lock := userCall[func()]{
		what: "Store",
		call: func(ctx context.Context) (func(), error) { return e.Lock(ctx, e.lock, lockLimit) },
		late: release,
	}
	if e.values.resting() {
		return func() {}
	}
	u, err := lock.run(ctx)
	if err != nil && ctx.Err() == nil { // otherwise its holder takes long, which is no failure of the Store
		e.values.note(err)
		report(storeFailed("Lock", err))
	}
	if err != nil || u == nil {
		return func() {}
	}
	return func() { go release(u) }
}

// release calls the user's unlock.
func release(unlock func()) {
	if unlock == nil {
		return
	}
	_ = renewal.Guard(func() error { // after a panic the lock ends by its limit
		unlock()
		return nil
	})
}

// save keeps a token for the other processes.
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
	began := time.Now()
	_ = a.useStore(ctx, "Save", func(ctx context.Context) error {
		return a.entry.Save(ctx, name, a.entry.box.Seal(name, kindToken, text), left)
	})
	a.storeTimeLeft -= time.Since(began)
}

// wholeLife returns the lifetime of a token of which used may be used (R8).
func wholeLife(used time.Duration) time.Duration { return min(used+5*time.Second, used*20/19) }

// useStore makes one operation of the Store within what is left of the
// acquisition's time for it, and reports a failure.
func (a *acquisition) useStore(ctx context.Context, what string, call func(context.Context) error) error {
	if a.storeTimeLeft <= 0 {
		return errStoreSkipped
	}
	ctx, cancel := context.WithTimeout(ctx, a.storeTimeLeft)
	defer cancel()
	s := a.cluster.store
	err := s.do(ctx, storeCall{&s.values, operationTime, call})
	if !isStoreAnswer(err) && !errors.Is(err, errStoreSkipped) {
		a.report(storeFailed(what, err))
	}
	return err
}

func storeFailed(what string, err error) Event {
	return Event{Kind: StoreFailed, Reason: what, Err: &Error{Op: "Store." + what, Err: err}}
}

// mintedMeanwhile returns what another process has saved while this request
// waited long for its turn, or nil.
func (a *acquisition) mintedMeanwhile(ctx context.Context, queued time.Time) *lease {
	if a.entry == nil || time.Since(queued) <= longQueue {
		return nil
	}
	return a.load(ctx)
}

// deleteStored removes a token of f from the Store, before it is ended.
func (f *Flow) deleteStored(ctx context.Context, l *lease) {
	s := f.cluster.store
	if s == nil || !f.isStorable() || l.Value.session != nil {
		return
	}
	secret, err := f.getSecret(ctx)
	if err != nil {
		return
	}
	e := f.storeEntry(secret)
	for i, name := range e.names {
		_ = s.do(ctx, storeCall{&s.values, operationTime, func(ctx context.Context) error {
			value, _, err := e.Load(ctx, name)
			if err != nil {
				return err
			}
			if t := e.open(i, value); t == nil || "Bearer "+string(t.Token) != l.Value.header[0] {
				return nil
			}
			return e.Delete(ctx, name, value)
		}})
	}
}
