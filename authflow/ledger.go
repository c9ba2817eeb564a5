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
// A Flow that is open and has never owed anything has none.
type ledger struct {
	mu        sync.Mutex
	owed      []debt
	until     int64 // when the last of the dropped expires; like debt.end
	dropped   int32 // credentials that did not fit, and may still be alive
	loggedOut bool  // a credential that arrives from now on is ended at once

	pruneAt atomic.Int64 // when the first of the owed expires; like debt.end
}

// debt is a credential that Logout has to end. Of a token it has what revokeToken
// needs and no more, because a service has a Flow for each of its users (L3).
type debt struct {
	session *lease // or nil for a token
	text    string // the Authorization header of the token, and its user name
	end     int64  // when it expires, in Unix nanoseconds; 0 if that is not known
	header  uint32 // the length of the header
	several bool   // it is a token for several Orgs
	org     int32  // that the calls with such a token name
}

// maxOwed bounds a ledger. Logout says so where a Flow has issued more exclusive
// tokens than that within one lifetime.
const maxOwed = 10_000

// trackForRevocation remembers a credential that is out of use until Logout ends
// it. After Logout, it ends the credential at once. l may be nil.
func (f *Flow) trackForRevocation(l *lease) {
	if l == nil {
		return
	}
	left := f.owedFor(l, time.Now())
	if left <= 0 {
		return
	}
	loggedOut := f.owing().add(f.newDebt(l, left))
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
// expired. A session that is out of use has expired after SessionIdle, or after seven
// days if it is remembered, as its lease says. A token whose real end is unknown is
// not kept beyond the end that we expect, because a Flow would keep more and more of
// them. The last token before Close or Logout is kept: no other one follows it.
func (f *Flow) owedFor(l *lease, now time.Time) time.Duration {
	left := l.RemainingAtMost(now)
	_, closed := f.keeper.Peek()
	switch {
	case !f.alive(l, now):
		return 0
	case l.Value.session != nil && !f.remember:
		return min(left, f.cluster.policy.SessionIdle)
	case left < renewal.Forever || closed != nil:
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

// newDebt returns the debt for a credential that is owed for the time left.
func (f *Flow) newDebt(l *lease, left time.Duration) debt {
	var d debt
	if left < renewal.Forever {
		d.end = time.Now().Add(left).UnixNano()
	}
	if l.Value.session != nil {
		d.session = l
		return d
	}
	c := &l.Value
	d.text, d.header, d.org, d.several = c.header[0]+c.username(), uint32(len(c.header[0])), c.org, c.several //nolint:gosec // a header of 4 GiB is not sent
	return d
}

// lease returns the credential as Logout ends it.
func (d *debt) lease(c *Cluster, now time.Time) *lease {
	if d.session != nil {
		return d.session
	}
	life := renewal.Forever
	if d.end != 0 {
		life = time.Duration(d.end - now.UnixNano())
	}
	token := credential{header: [1]string{d.text[:d.header]}, texts: d.text[d.header:], org: d.org, several: d.several}
	token.ends[2] = uint16(len(token.texts)) //nolint:gosec // newBearer has checked it
	l := renewal.NewLease(token, now, renewal.Schedule{Lifetime: life, RenewAt: 1})
	l.ID = c.idOf(token.header[0])
	return l
}

// is reports whether two debts are for one credential: a function of TokensFrom may
// return one token for several leases.
func (d *debt) is(other *debt) bool {
	if d.session != nil || other.session != nil {
		return d.session == other.session
	}
	return d.text[:d.header] == other.text[:other.header]
}

// hasExpired reports whether a credential has certainly expired.
func (d *debt) hasExpired(now time.Time) bool { return d.end != 0 && d.end <= now.UnixNano() }

// forgetExpired removes credentials that have expired since the last use of the
// Flow, so that no token text outlives its end by more than the next use (L3). It
// takes no lock if none has expired.
func (f *Flow) forgetExpired(now time.Time) {
	g := f.ledger.Load()
	if g == nil || !g.pruneIsDue(now) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.prune(now)
}

// add remembers a credential, and reports whether it is to be ended at once.
func (g *ledger) add(d debt) (loggedOut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.put(d)
	return g.loggedOut
}

// put remembers a credential. The caller holds the lock.
func (g *ledger) put(d debt) {
	now := time.Now()
	if g.pruneIsDue(now) || len(g.owed) >= maxOwed {
		g.prune(now)
	}
	switch {
	case slices.ContainsFunc(g.owed, func(o debt) bool { return o.is(&d) }):
	case len(g.owed) < maxOwed:
		g.owed = append(g.owed, d)
		g.pruneBy(d.end)
	default:
		g.dropped++
		g.until = max(g.until, d.end)
	}
}

// prune removes credentials that have expired. The caller holds the lock.
func (g *ledger) prune(now time.Time) {
	g.owed = slices.DeleteFunc(g.owed, func(d debt) bool { return d.hasExpired(now) })
	g.release()
	if now.UnixNano() >= g.until {
		g.dropped = 0
	}
	g.pruneAt.Store(0)
	for _, d := range g.owed {
		g.pruneBy(d.end)
	}
}

// release gives back memory of credentials that were removed.
func (g *ledger) release() {
	switch {
	case len(g.owed) == 0:
		g.owed = nil
	case len(g.owed) < cap(g.owed)/4:
		g.owed = slices.Clip(slices.Clone(g.owed))
	}
}

// pruneBy notes that a credential expires at end.
func (g *ledger) pruneBy(end int64) {
	at := g.pruneAt.Load()
	if end != 0 && (at == 0 || end < at) {
		g.pruneAt.Store(end)
	}
}

func (g *ledger) pruneIsDue(now time.Time) bool {
	at := g.pruneAt.Load()
	return at != 0 && now.UnixNano() >= at
}

// beginLogout returns the credentials that are still alive at the server of c, and
// how many were dropped. Credentials that arrive later are ended at once.
func (g *ledger) beginLogout(c *Cluster) (owed []*lease, dropped int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := time.Now()
	g.loggedOut = true
	g.prune(now)
	for _, d := range g.owed {
		owed = append(owed, d.lease(c, now))
	}
	return owed, int(g.dropped)
}

// settle removes a credential that has been ended.
func (g *ledger) settle(l *lease) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owed = slices.DeleteFunc(g.owed, func(d debt) bool {
		if d.session != nil || l.Value.session != nil {
			return d.session == l
		}
		return d.text[:d.header] == l.Value.header[0]
	})
	g.release()
}

// settleDropped notes that n credentials that were dropped have been ended.
func (g *ledger) settleDropped(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dropped = max(0, g.dropped-int32(n)) //nolint:gosec // it is a former value of dropped
}
