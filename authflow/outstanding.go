package authflow

import (
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// Closed reports whether Close or Logout was called, so that every call that needs
// a credential returns an error that matches [ErrClosed]. It does not block and is
// safe for concurrent use.
func (f *Flow) Closed() bool {
	if f.cluster == nil {
		return false
	}
	_, why := f.keeper.Peek()
	return why != nil
}

// Outstanding returns how many credentials the Flow has acquired that may still be
// alive at the server: the one in use, and those that Logout has yet to end. until
// is when the last of them has expired by itself, by the local clock. It is the zero
// Time if there are none, or if the lifetime of one is not known. The credential of
// the Flow that this one is built on does not count, nor does one that is on its way
// from the server. Outstanding sends nothing and is safe for concurrent use.
func (f *Flow) Outstanding() (credentials int, until time.Time) {
	if f.cluster == nil {
		return 0, time.Time{}
	}
	now := time.Now()
	l, _ := f.keeper.Peek()
	g := f.ledger.Load() // Close makes it before it takes the lease away
	if g == nil {
		return f.outstanding(l, &ledger{}, now)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	l, _ = f.keeper.Peek()
	return f.outstanding(l, g, now)
}

// outstanding counts the lease in use, which may be nil, and the credentials of a
// ledger. The caller holds the lock of the ledger.
func (f *Flow) outstanding(l *lease, g *ledger, now time.Time) (credentials int, until time.Time) {
	var ends []int64 // like debt.end
	for i := range g.owed {
		d := &g.owed[i]
		if f.logoutWouldEnd(d.lease(f.cluster, now), now) {
			ends = append(ends, d.end)
		}
	}
	if l != nil && f.logoutWouldEnd(l, now) {
		left := f.owedFor(l, now)
		if left == 0 {
			left = renewal.Forever
		}
		inUse := f.newDebt(l, left)
		isCounted := slices.ContainsFunc(g.owed, func(d debt) bool { return d.is(&inUse) })
		if !isCounted {
			ends = append(ends, inUse.end)
		}
	}
	credentials = len(ends)
	if g.dropped > 0 && now.UnixNano() < g.until {
		credentials += int(g.dropped)
		ends = append(ends, g.until)
	}
	if credentials == 0 || slices.Contains(ends, 0) {
		return credentials, time.Time{}
	}
	return credentials, time.Unix(0, slices.Max(ends))
}

// logoutWouldEnd reports whether Logout would send a call to end l.
func (f *Flow) logoutWouldEnd(l *lease, now time.Time) bool {
	return f.alive(l, now) && !f.belongsToParent(l)
}
