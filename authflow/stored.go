package authflow

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// loadOrMint returns the token that others have kept, or else what ask brings,
// which it keeps. It asks while nobody else does, as far as the Store can tell. As a
// lock may end while ask waits for the pace, ask looks once more at what others
// have brought meanwhile, before it calls the server.
func (f *Flow) loadOrMint(ctx context.Context, t *clock, secret gen.Secret, ask func(others func() *lease) (*lease, error)) (*lease, error) {
	at := shelf{f, f.cluster.store, f.names(secret)}
	var found *lease // for want of a better one
	if !t.flight.Force {
		l, good := at.load(ctx, t)
		if good {
			return l, nil
		}
		found = l
	}
	began := time.Now()
	unlock := at.lock(ctx, t)
	defer func() { go unlock() }() // which may take its time
	var theirs *lease
	others := func() *lease {
		l, good := at.load(ctx, t)
		if good && (!t.flight.Force || l.Age(time.Now()) <= time.Since(began)) {
			theirs = l
		}
		return theirs
	}
	if others() != nil {
		return theirs, nil
	}
	l, err := ask(others)
	if err == nil {
		if l != theirs {
			at.save(ctx, t, l)
		}
		return l, nil
	}
	if found != nil && found.Remaining(time.Now()) > 0 {
		return found, nil
	}
	return nil, err
}

// shelf is where the tokens of a Flow are kept: under one name for each key.
type shelf struct {
	*Flow
	*vault
	names []string
}

// names returns the names of what f asks for with a secret.
func (f *Flow) names(secret gen.Secret) []string {
	keys := f.cluster.store.keys
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.nameOf(f.cluster.url, f.way.op(), f.body(), string(secret))
	}
	return names
}

// use uses the Store without counting the time, and reports a failure.
func (s shelf) use(ctx context.Context, t *clock, what string, limit time.Duration, use func(context.Context) error) error {
	err := t.offClock(func() error { return s.kept.try(ctx, limit, use) })
	if err != nil && !errors.Is(err, ErrNotStored) && !errors.Is(err, errResting) && ctx.Err() == nil {
		s.report(Event{Kind: StoreFailed, Reason: what, Err: &Error{Op: "Store." + what, Err: err}})
	}
	return err
}

// load returns the token that is kept, and whether it will do: it is not about to
// be renewed, and not the one in use. One that is known to be refused is removed.
func (s shelf) load(ctx context.Context, t *clock) (found *lease, good bool) {
	p := &s.cluster.policy
	for i, name := range s.names {
		var value []byte
		var left time.Duration
		asked := time.Now()
		if s.use(ctx, t, "Load", storeTime, func(ctx context.Context) (err error) {
			value, left, err = s.Load(ctx, name)
			return err
		}) != nil {
			continue
		}
		k := s.keys[i].open(name, value)
		if k == nil || left <= 0 || left > k.Life {
			continue
		}
		c, err := newBearer(Token{Value: k.Token, Created: k.Created, Expires: k.Expires, ID: k.ID, UserID: k.UserID, Username: k.Username, Org: k.Org})
		if err != nil {
			continue
		}
		inUse, _ := s.keeper.Peek()
		same := inUse != nil && inUse.Value.header[0] == c.header[0]
		id := s.cluster.idOf(c.header[0])
		switch {
		case s.keeper.Rejected(id), !same && s.keeper.Issued(id):
			_ = s.use(ctx, t, "Delete", storeTime, func(ctx context.Context) error { return s.Delete(ctx, name, value) })
			continue
		case same:
			continue
		}
		c.stored = true
		age := k.Life - left
		l := p.grant(c, asked.Add(-age), wholeLife(k.Life))
		if l.Remaining(asked) <= 0 {
			continue
		}
		if float64(age) < p.RenewAt*float64(k.Life) {
			return l, true
		}
		found = l
	}
	return found, false
}

// lock takes the lock for what is asked for, or goes without. While keys change,
// everybody has to agree on one of the names.
func (s shelf) lock(ctx context.Context, t *clock) (unlock func()) {
	name := s.names[0]
	for _, other := range s.names {
		name = min(name, other)
	}
	var mu sync.Mutex
	unlock = func() {}
	left := false
	_ = s.use(ctx, t, "Lock", lockTime, func(ctx context.Context) error {
		u, err := s.Lock(ctx, name, lockTime)
		switch {
		case err == nil:
			mu.Lock()
			defer mu.Unlock()
			if unlock = u; left { // it did not obey its context
				go u()
			}
		case ctx.Err() != nil: // its holder takes long, which is no failure of the store
			return nil
		}
		return err
	})
	mu.Lock()
	defer mu.Unlock()
	left = true
	return unlock
}

// save keeps a token.
func (s shelf) save(ctx context.Context, t *clock, l *lease) {
	now := time.Now()
	left := l.Remaining(now)
	token := tokenOf(l)
	value, err := s.keys[0].seal(s.names[0], &kept{
		Token: token.Value, Life: left + l.Age(now), Created: token.Created, Expires: token.Expires,
		ID: token.ID, UserID: token.UserID, Username: token.Username, Org: token.Org,
	})
	if err != nil || left <= 0 {
		return
	}
	_ = s.use(ctx, t, "Save", storeTime, func(ctx context.Context) error { return s.Save(ctx, s.names[0], value, left) })
}

// wholeLife returns the life of a token of which this much is used (R8).
func wholeLife(used time.Duration) time.Duration { return min(used+5*time.Second, used*20/19) }

// deleteStored removes a token of f from the Store, before it is ended.
func (f *Flow) deleteStored(ctx context.Context, l *lease) {
	v := f.cluster.store
	if v == nil || !f.keeps() {
		return
	}
	secret, err := f.credential(ctx)
	if err != nil {
		return
	}
	s := shelf{f, v, f.names(secret)}
	t := startClock(ctx, f.cluster.policy.Timeout, func() {})
	defer t.stop()
	for i, name := range s.names {
		_ = s.use(ctx, t, "Delete", storeTime, func(ctx context.Context) error {
			value, _, err := s.Load(ctx, name)
			if err != nil {
				return err
			}
			if k := s.keys[i].open(name, value); k == nil || "Bearer "+string(k.Token) != l.Value.header[0] {
				return nil
			}
			return s.Delete(ctx, name, value)
		})
	}
}

// keeps reports whether tokens of f are kept in a Store.
func (f *Flow) keeps() bool { return f.way == wayFull || f.way == wayObject || f.way == wayCustom }

// longWait is how long a call waits for its turn at least before it is asked for
// once more what others have brought.
const longWait = time.Second

// takeTurn waits for the turn of f at the pace of all who share the Store. As one
// that is taken cannot be given back, only one at a time waits, and those behind
// it who have waited long since they came take none if others have brought what
// they want.
func (c *Cluster) takeTurn(ctx context.Context, f *Flow, came time.Time, others func() *lease) *lease {
	if c.store == nil || c.gate.rate == 0 {
		return nil
	}
	p, shared := c.store.Store.(RateLimiter)
	if shared {
		select {
		case c.store.turn <- struct{}{}:
			defer func() { <-c.store.turn }()
		case <-ctx.Done():
			return nil
		}
	}
	if time.Since(came) > longWait {
		if l := others(); l != nil {
			return l
		}
	}
	if !shared {
		return nil
	}
	var wait time.Duration
	err := c.store.paced.try(ctx, storeTime, func(ctx context.Context) (err error) {
		wait, err = p.Reserve(ctx, c.store.keys[0].nameOf(c.url), c.gate.rate, c.gate.burst)
		return err
	})
	switch {
	case err == nil && wait > 0:
		sleep(ctx, wait)
	case err != nil && !errors.Is(err, errResting) && ctx.Err() == nil:
		f.report(Event{Kind: StoreFailed, Reason: "Pace", Err: &Error{Op: "Store.Pace", Err: err}})
	}
	return nil
}
