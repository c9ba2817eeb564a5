package lockout

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// pollInterval is the time between two looks while a call of another process is in flight.
const pollInterval = 250 * time.Millisecond

// reserve counts the call in the Ledger, unless the password was accepted in the last
// seconds. It returns nil if the call may be sent.
func (t *Ticket) reserve(ctx context.Context, a *access) error {
	accepted := t.acceptedAt()
	if !accepted.IsZero() && time.Since(accepted) < freshFor {
		return nil
	}
	for {
		wait, err := t.try(ctx, a)
		if err == nil && wait > 0 {
			err = sleep(ctx, wait)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return fmt.Errorf("gave up before a call with a password, which other processes may use as well: %w", context.Cause(ctx))
		case errors.Is(err, errFailed):
			return nil
		case err != nil:
			return err
		case wait == 0:
			return nil
		}
	}
}

// try counts the call if the record allows it, or returns how long to wait before
// the next try.
func (t *Ticket) try(ctx context.Context, a *access) (wait time.Duration, err error) {
	known, err := a.load(ctx)
	if err != nil {
		return 0, err
	}
	now := time.Now()
	c := tallyOf(known.entries, t.hash, now)
	if c.accepted {
		return 0, nil
	}
	wait, err = t.admit(c, now)
	if err != nil || wait > 0 {
		a.restart() // the Ledger works, and the call waits for another process
		return wait, err
	}
	if !t.registry.shared.spend(now) {
		return 0, nil
	}
	pending := entry{hash: shortHash(t.hash), kind: kindPending, end: now.Add(countsFor)}
	reserved, err := a.swap(ctx, known, append(known.entries, pending))
	if reserved == nil {
		t.registry.shared.refund(now)
		return jitter(retryInterval), err
	}
	t.reserved, t.spent = reserved, now
	return 0, err
}

// admit returns how long the call has to wait for calls of other processes, or a
// BlockedError. A rejection that another process has met since this one saw the
// password accepted ends the proof.
func (t *Ticket) admit(c tally, now time.Time) (time.Duration, error) {
	accepted := t.acceptedAt()
	if !accepted.IsZero() && c.rejected.Before(accepted.Add(rewritten)) {
		if c.same >= max(1, firstPlaces-len(c.attempts)) {
			return jitter(pollInterval), nil
		}
		return 0, nil
	}
	if !accepted.IsZero() {
		t.endProof()
	}
	r := rule(c.attempts, t.force)
	if r.until.After(now) {
		return 0, t.blockByOthers(c, r, now)
	}
	if c.inFlight > 0 {
		return jitter(pollInterval), nil
	}
	return 0, nil
}

// endProof forgets that the password was accepted.
func (t *Ticket) endProof() {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[t.user]
	if u != nil && u.proof.hash == t.hash {
		u.proof = proof{}
	}
}

// blockByOthers notes that the Ledger blocks the password, so that other callers
// of this process need not ask the Ledger for some time, and returns the reason.
func (t *Ticket) blockByOthers(c tally, rules ruling, now time.Time) error {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.userOf(t.user, now)
	u.others = &othersBlock{ruling: rules, hash: t.hash, force: t.force, trusted: now.Add(trustedFor), last: c.last}
	return u.others.blocked(t.user, now)
}

// jitter returns a random duration between half of d and one and a half of it.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d) }

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
