package authflow

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// unrevoked is a credential that is out of use and perhaps alive at the server, so
// that Logout has to end it. It is one of a list that never changes. Of a token, it
// keeps no more than revokeToken needs: a service may have a Flow for each user (L3).
type unrevoked struct {
	next    *unrevoked
	text    string // the Authorization header of a token, and its username
	header  uint32 // the length of the header in text
	until   uint32 // when the token has expired, in seconds since 1970 by the local clock
	org     int32  // of a token for several Orgs
	several bool
	session *lease // or nil for a token
}

// maxUnrevoked is how many credentials are kept for Logout.
const maxUnrevoked = 1000

// trackForRevocation keeps a credential that is out of use for Logout, which
// revokes it. After Logout, it revokes the credential at once. l may be nil.
func (f *Flow) trackForRevocation(l *lease) {
	if l == nil {
		return
	}
	now := time.Now()
	u := f.newUnrevoked(l, now)
	for tracked := false; !tracked; {
		old := f.unrevoked.Load()
		rest := f.stillAlive(old, now)
		if u != nil && !rest.has(l) {
			u.next = rest
			rest = u
		}
		tracked = f.unrevoked.CompareAndSwap(old, rest)
	}
	_, closed := f.keeper.Peek()
	if errors.Is(closed, errLoggedOut) { // Logout may have looked before
		ctx, cancel := context.WithTimeout(context.Background(), f.cluster.policy.Timeout)
		defer cancel()
		_ = f.end(ctx, l)
	}
}

// newUnrevoked returns what is kept of l, or nil if l is not alive. Of a token
// whose real end is unknown, the end that we expect counts: otherwise a Flow would
// keep more and more of them.
func (f *Flow) newUnrevoked(l *lease, now time.Time) *unrevoked {
	if l.Value.session != nil {
		return &unrevoked{session: l}
	}
	left := l.RemainingAtMost(now)
	if left == renewal.Forever {
		left = l.Remaining(now)
	}
	if left <= 0 || left == renewal.Forever {
		return nil
	}
	c, token := &l.Value, tokenOf(l)
	return &unrevoked{
		text: c.header[0] + token.Username, header: uint32(len(c.header[0])), //nolint:gosec // a header of 4 GiB is none
		until: uint32(now.Add(left + time.Second).Unix()), org: c.org, several: c.several, //nolint:gosec // until 2106
	}
}

// stillAlive returns the list u without credentials that have expired, and without
// the oldest ones if there are too many.
func (f *Flow) stillAlive(u *unrevoked, now time.Time) *unrevoked {
	var alive []*unrevoked
	all := 0
	for v := u; v != nil; v = v.next {
		all++
		if len(alive) < maxUnrevoked-1 && f.maybeAlive(v, now) {
			alive = append(alive, v)
		}
	}
	if len(alive) == all {
		return u
	}
	var list *unrevoked
	for _, v := range slices.Backward(alive) {
		rest := *v
		rest.next = list
		list = &rest
	}
	return list
}

func (f *Flow) maybeAlive(u *unrevoked, now time.Time) bool {
	if u.session != nil {
		return f.alive(u.session, now)
	}
	return now.Unix() < int64(u.until)
}

// lease returns a credential as Logout ends it.
func (u *unrevoked) lease(now time.Time) *lease {
	if u.session != nil {
		return u.session
	}
	c := credential{header: [1]string{u.text[:u.header]}, texts: u.text[u.header:], several: u.several, org: u.org}
	c.ends[2] = uint16(len(c.texts)) //nolint:gosec // newBearer has checked it
	left := time.Unix(int64(u.until), 0).Sub(now)
	return renewal.NewLease(c, now, renewal.Schedule{Lifetime: left, RenewAt: 1})
}

// is reports whether u is the credential of l, which may be nil.
func (u *unrevoked) is(l *lease) bool {
	switch {
	case l == nil:
		return false
	case u.session != nil:
		return u.session == l
	}
	return l.Value.session == nil && l.Value.header[0] == u.text[:u.header]
}

// has reports whether l is u or one of those behind it.
func (u *unrevoked) has(l *lease) bool {
	for ; u != nil; u = u.next {
		if u.is(l) {
			return true
		}
	}
	return false
}

// alive reports whether a credential may still work at the server.
func (f *Flow) alive(l *lease, now time.Time) bool {
	s := l.Value.session
	return l.RemainingAtMost(now) > 0 && (s == nil || s.alive(l.Age(now), f.cluster.policy.SessionIdle))
}
