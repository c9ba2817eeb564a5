package authflow

import (
	"slices"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// ledger lists the credentials of a Flow that are not in use any more and still
// live at the server, so that Logout can end them: a token that was renewed
// ahead of time, an exclusive token, a token that arrived after Logout.
//
// It is nil for a Flow that owes nothing, which is most of them.
type ledger struct {
	mu      sync.Mutex
	owed    []*lease
	dropped int       // credentials that did not fit, and may still be alive
	until   time.Time // when the last of the dropped expires
}

// maxOwed bounds a ledger. A Flow that gives out more exclusive tokens than
// that within one lifetime is told so by Logout.
const maxOwed = 10_000

// trackForRevocation remembers a credential that Logout has to end.
func (f *Flow) trackForRevocation(l *lease) {
	now := time.Now()
	if l == nil || !f.alive(l, now) || endsByRejection(l) {
		return
	}
	if f.ledger.Load() == nil {
		f.ledger.CompareAndSwap(nil, &ledger{})
	}
	f.ledger.Load().add(f, l, now)
}

// endsByRejection reports whether a token has no known end. It comes from a
// function of the user's, and is not ours to revoke.
func endsByRejection(l *lease) bool {
	return l.Value.session == nil && l.Remaining(time.Now()) == renewal.Forever
}

func (g *ledger) add(f *Flow, l *lease, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prune(f, now)
	switch {
	case slices.Contains(g.owed, l):
	case len(g.owed) < maxOwed:
		g.owed = append(g.owed, l)
	default:
		g.dropped++
		if end := now.Add(l.Remaining(now)); end.After(g.until) {
			g.until = end
		}
	}
}

// prune removes credentials that have expired. Callers hold mu.
func (g *ledger) prune(f *Flow, now time.Time) {
	g.owed = slices.DeleteFunc(g.owed, func(l *lease) bool { return !f.alive(l, now) })
	if now.After(g.until) {
		g.dropped = 0
	}
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

// done removes a credential that has been ended.
func (g *ledger) done(l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed = slices.DeleteFunc(g.owed, func(o *lease) bool { return o == l })
}

// alive reports whether a credential can still be used at the server.
func (f *Flow) alive(l *lease, now time.Time) bool {
	if l.Remaining(now) <= 0 {
		return false
	}
	s := l.Value.session
	return s == nil || s.alive(l.Age(now), f.cluster.policy.SessionIdle)
}
