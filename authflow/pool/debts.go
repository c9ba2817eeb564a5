package pool

import (
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow"
)

// debt is a flow that no caller gets any more, and whose credentials may be alive.
type debt[K comparable] struct {
	key  K
	flow *authflow.Flow
}

// debts are the flows that Forget and Close have yet to log out. The lock of the
// pool guards them.
type debts[K comparable] struct {
	flows map[K][]*authflow.Flow
	count int
	max   int

	// pruneAt is before the first of the flows has nothing alive any more. Looking at
	// 10,000 flows takes up to 25 ms.
	pruneAt time.Time

	lost alive // flows that did not fit
}

// maxOwed is how many flows the pool keeps that Forget could not log out.
const maxOwed = 10_000

func newDebts[K comparable]() debts[K] {
	return debts[K]{flows: make(map[K][]*authflow.Flow), max: maxOwed}
}

// add remembers a flow until it is settled.
func (d *debts[K]) add(key K, f *authflow.Flow) {
	d.flows[key] = append(d.flows[key], f)
	d.count++
}

// settle forgets a flow, and reports whether it was there.
func (d *debts[K]) settle(key K, f *authflow.Flow) bool {
	rest := d.flows[key]
	i := slices.Index(rest, f)
	if i < 0 {
		return false
	}
	rest = slices.Delete(rest, i, i+1)
	d.flows[key] = rest
	if len(rest) == 0 {
		delete(d.flows, key)
	}
	d.count--
	d.pruneAt = time.Time{}
	return true
}

// trim forgets a flow if there are too many, and reports whether it did. Flows whose
// credentials have expired go first.
func (d *debts[K]) trim(key K, f *authflow.Flow) bool {
	if d.count > d.max {
		d.prune()
	}
	at := d.pruneAt
	if d.count <= d.max || !d.settle(key, f) {
		return false
	}
	d.pruneAt = at // the other flows are those that prune has looked at
	d.lost = d.lost.now()
	d.lost.add(f)
	return true
}

// prune forgets the flows of which nothing is alive.
func (d *debts[K]) prune() {
	now := time.Now()
	if now.Before(d.pruneAt) {
		return
	}
	next := now.Add(time.Minute)
	for _, o := range d.all() {
		credentials, until := o.flow.Outstanding()
		switch {
		case credentials == 0:
			d.settle(o.key, o.flow)
		case !until.IsZero() && until.Before(next):
			next = until
		}
	}
	d.pruneAt = next
}

// of returns the flows of a key.
func (d *debts[K]) of(key K) []debt[K] {
	var list []debt[K]
	for _, f := range d.flows[key] {
		list = append(list, debt[K]{key, f})
	}
	return list
}

// all returns all flows, in no order.
func (d *debts[K]) all() []debt[K] {
	list := make([]debt[K], 0, d.count)
	for key := range d.flows {
		list = append(list, d.of(key)...)
	}
	return list
}

// alive counts flows with credentials that the server may still accept.
type alive struct {
	flows, credentials int
	until              time.Time // when the last of them has expired
	isEndless          bool      // the lifetime of one of them is not known
}

// add counts a flow, if one of its credentials is alive.
func (a *alive) add(f *authflow.Flow) {
	credentials, until := f.Outstanding()
	if credentials == 0 {
		return
	}
	a.flows++
	a.credentials += credentials
	a.isEndless = a.isEndless || until.IsZero()
	if until.After(a.until) {
		a.until = until
	}
}

// now returns the flows that may still be alive: all of them until the last has
// expired.
func (a alive) now() alive {
	if !a.isEndless && !time.Now().Before(a.until) {
		return alive{}
	}
	return a
}

// end returns when the last has expired, or the zero Time if that is not known.
func (a alive) end() time.Time {
	if a.isEndless {
		return time.Time{}
	}
	return a.until
}
