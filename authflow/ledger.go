package authflow

import (
	"context"
	"errors"
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
	mu      sync.Mutex
	owed    []*lease
	dropped int       // credentials that did not fit, and may still be alive
	until   time.Time // when the last of the dropped expires

	pruneAt atomic.Int64 // when the first of the owed expires, in Unix nanoseconds
}

// maxOwed bounds a ledger. Logout says so where a Flow has issued more exclusive
// tokens than that within one lifetime.
const maxOwed = 10_000

// trackForRevocation remembers a credential that is out of use until Logout ends
// it. After Logout, it ends the credential at once. l may be nil.
func (f *Flow) trackForRevocation(l *lease) {
	if l == nil || !f.revocable(l, time.Now()) {
		return
	}
	f.owing().add(f, l)
	_, closed := f.keeper.Peek()
	if !errors.Is(closed, errLoggedOut) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.cluster.policy.Timeout)
	defer cancel()
	_ = f.end(ctx, l) // otherwise it stays on the ledger
}

// owing returns the ledger, which it makes if there is none.
func (f *Flow) owing() *ledger {
	if f.ledger.Load() == nil {
		f.ledger.CompareAndSwap(nil, &ledger{})
	}
	return f.ledger.Load()
}

// revocable reports whether a credential is kept for Logout. A token is not kept
// beyond the end that we expect if its real end is unknown: a Flow would keep more
// and more of them.
func (f *Flow) revocable(l *lease, now time.Time) bool {
	if l.Value.session == nil && l.RemainingAtMost(now) == renewal.Forever {
		remaining := l.Remaining(now)
		return remaining > 0 && remaining < renewal.Forever
	}
	return f.alive(l, now)
}

// alive reports whether a credential may still work at the server.
func (f *Flow) alive(l *lease, now time.Time) bool {
	s := l.Value.session
	return l.RemainingAtMost(now) > 0 && (s == nil || s.IsAlive(now))
}

func (g *ledger) add(f *Flow, l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.prune(f, now)
	switch {
	case slices.Contains(g.owed, l):
	case len(g.owed) < maxOwed:
		g.owed = append(g.owed, l)
		g.schedulePrune(now)
	default:
		g.dropped++
		end := now.Add(l.Remaining(now))
		if end.After(g.until) {
			g.until = end
		}
	}
}

// prune removes credentials that have expired. The caller holds the lock.
func (g *ledger) prune(f *Flow, now time.Time) {
	g.owed = slices.DeleteFunc(g.owed, func(l *lease) bool { return !f.revocable(l, now) })
	if len(g.owed) == 0 {
		g.owed = nil
	}
	if now.After(g.until) {
		g.dropped = 0
	}
	g.schedulePrune(now)
}

// schedulePrune notes when the next credential expires, so that no token text
// outlives its end by more than the next use of its Flow (L3).
func (g *ledger) schedulePrune(now time.Time) {
	first := renewal.Forever
	for _, l := range g.owed {
		first = min(first, l.Remaining(now))
	}
	if first == renewal.Forever {
		g.pruneAt.Store(0)
		return
	}
	g.pruneAt.Store(now.Add(first).UnixNano())
}

// pruneIfDue removes credentials that have expired since the last use. It takes no
// lock while there are none.
func (g *ledger) pruneIfDue(f *Flow, now time.Time) {
	if g == nil {
		return
	}
	at := g.pruneAt.Load()
	if at == 0 || now.UnixNano() < at {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prune(f, now)
}

// list returns what is owed, and how many credentials were dropped.
func (g *ledger) list(f *Flow) (owed []*lease, dropped int) {
	if g == nil {
		return nil, 0
	}
	g.mu.Lock()
	defer g.mu.Unlock()
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
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed = slices.DeleteFunc(g.owed, func(o *lease) bool { return o == l })
}
