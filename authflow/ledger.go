package authflow

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// ledger lists the credentials of a Flow that are out of use and may still be
// alive at the server, so that Logout can end them: a token that was renewed
// ahead of time, an exclusive token, a token that arrived after Logout.
//
// A Flow that owes nothing has none.
type ledger struct {
	mu        sync.Mutex
	owed      []*lease
	dropped   int       // credentials that did not fit, and may still be alive
	until     time.Time // when the last of the dropped expires
	loggedOut bool      // what arrives from now on is ended at once

	pruneAt atomic.Int64 // when the first of the owed expires, in Unix nanoseconds; 0: never
}

// maxOwed bounds a ledger. Logout says so where a Flow has issued more exclusive
// tokens than that within one lifetime.
const maxOwed = 10_000

// trackForRevocation remembers a credential that is out of use until Logout ends
// it. After Logout, it ends the credential at once. l may be nil.
func (f *Flow) trackForRevocation(l *lease) {
	if l == nil || f.owedFor(l, time.Now()) <= 0 {
		return
	}
	loggedOut := f.owing().add(f, l)
	if !loggedOut {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.cluster.policy.Timeout)
	defer cancel()
	f.deleteStored(ctx, isOneOf(l))
	_ = f.end(ctx, l) // otherwise it stays on the ledger
}

// owing returns the ledger, which it makes if there is none.
func (f *Flow) owing() *ledger {
	if f.ledger.Load() == nil {
		f.ledger.CompareAndSwap(nil, &ledger{})
	}
	return f.ledger.Load()
}

// owedFor returns how long a credential is kept for Logout: until it has certainly
// expired. A token is not kept beyond the end that we expect if its real end is
// unknown: a Flow would keep more and more of them.
func (f *Flow) owedFor(l *lease, now time.Time) time.Duration {
	left := l.RemainingAtMost(now)
	switch {
	case !f.alive(l, now):
		return 0
	case left < renewal.Forever || l.Value.session != nil:
		return left
	}
	expected := l.Remaining(now)
	if expected == renewal.Forever {
		return 0
	}
	return expected
}

// alive reports whether a credential may still work at the server.
func (f *Flow) alive(l *lease, now time.Time) bool {
	s := l.Value.session
	return l.RemainingAtMost(now) > 0 && (s == nil || s.IsAlive(now))
}

// forgetExpired removes credentials that have expired since the last use of the
// Flow, so that no token text outlives its end by more than the next use (L3). It
// takes no lock while there are none.
func (f *Flow) forgetExpired(now time.Time) {
	g := f.ledger.Load()
	if g == nil || !g.pruneIsDue(now) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prune(f, now)
}

// add remembers a credential, and reports whether it is to be ended at once.
func (g *ledger) add(f *Flow, l *lease) (loggedOut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	if g.pruneIsDue(now) || len(g.owed) >= maxOwed {
		g.prune(f, now)
	}
	left := f.owedFor(l, now)
	switch {
	case g.has(l):
	case len(g.owed) < maxOwed:
		g.owed = append(g.owed, l)
		g.pruneIn(left, now)
	default:
		g.dropped++
		end := now.Add(left)
		if end.After(g.until) {
			g.until = end
		}
	}
	return g.loggedOut
}

// has reports whether a credential is on the ledger: a function of TokensFrom may
// return one token for several leases. The caller holds the lock.
func (g *ledger) has(l *lease) bool {
	return slices.ContainsFunc(g.owed, func(o *lease) bool { return o.ID == l.ID })
}

// prune removes credentials that have expired. The caller holds the lock.
func (g *ledger) prune(f *Flow, now time.Time) {
	g.owed = slices.DeleteFunc(g.owed, func(l *lease) bool { return f.owedFor(l, now) <= 0 })
	if len(g.owed) == 0 {
		g.owed = nil
	}
	if !now.Before(g.until) {
		g.dropped = 0
	}
	g.pruneAt.Store(0)
	for _, l := range g.owed {
		g.pruneIn(f.owedFor(l, now), now)
	}
}

// pruneIn notes that a credential expires in d.
func (g *ledger) pruneIn(d time.Duration, now time.Time) {
	at := g.pruneAt.Load()
	end := now.Add(d).UnixNano()
	if d < renewal.Forever && (at == 0 || end < at) {
		g.pruneAt.Store(end)
	}
}

func (g *ledger) pruneIsDue(now time.Time) bool {
	at := g.pruneAt.Load()
	return at != 0 && now.UnixNano() >= at
}

// beginLogout returns the credentials that are owed, and how many were dropped.
// Credentials that arrive later are ended at once.
func (g *ledger) beginLogout(f *Flow) (owed []*lease, dropped int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.loggedOut = true
	g.prune(f, time.Now())
	return slices.Clone(g.owed), g.dropped
}

// latest returns the credential that was added last, or nil.
func (g *ledger) latest() *lease {
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.owed) == 0 {
		return nil
	}
	return g.owed[len(g.owed)-1]
}

// settle removes a credential that has been ended.
func (g *ledger) settle(l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed = slices.DeleteFunc(g.owed, func(o *lease) bool { return o == l })
}
