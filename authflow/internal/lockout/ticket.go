package lockout

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// Force says whether a rejected password may be sent before its time.
type Force bool

// The kinds of Force.
const (
	Scheduled Force = false
	// Forced is for an explicit renewal. It skips the minute and the ten minutes
	// between two calls, and keeps to the number of rejections in an hour.
	Forced Force = true
)

// Ahead says until when nobody waits for a call.
type Ahead struct {
	Until   time.Time       // nobody waits before this time
	Awaited <-chan struct{} // closed when somebody begins to wait earlier
}

// untilDone is the wait for a call in flight, whose end nobody knows. The limiter calls
// Eligible again whenever a call is done.
const untilDone = time.Hour

// Ticket is one call that carries a password or a secret key. Ask Eligible until
// the call may be sent; then call Take and Reserve, send it, and call Done. A call
// that is never taken needs no Done. Another attempt needs another Ticket.
type Ticket struct {
	registry  *Registry
	isKey     bool
	user      string // of a password, in lower case
	principal string // of a key
	hash      [32]byte
	force     Force
	ahead     Ahead

	// The registry's lock guards these.
	since  time.Time // when the call began to wait for its turn with a key
	taken  time.Time // when Take was called; zero before
	sent   uint64    // its place in the order of the user's events
	denied error     // why the call must not be sent although it was taken
	done   bool

	// The goroutine that makes the call owns these.
	reserved *saved        // the record that counts this call; nil if none does
	spent    time.Time     // when it was counted as written
	saved    chan struct{} // closed when the outcome is saved; nil if it need not be
}

// Password returns a Ticket for a call with the password of a user. User names are
// compared without case, and without the space around them.
func (r *Registry) Password(user, password string, force Force) *Ticket {
	name := strings.ToLower(strings.TrimSpace(user))
	return &Ticket{registry: r, user: name, hash: r.hash(name, password), force: force}
}

// Key returns a Ticket for a call with a secret key on behalf of a principal.
func (r *Registry) Key(secretKey, principal string) *Ticket {
	return &Ticket{registry: r, isKey: true, principal: principal, hash: r.hash("", secretKey)}
}

// RenewAhead says that the call renews a credential that is still alive. As long as
// nobody waits for it, it does not add to the calls in flight with a proven password,
// see the package comment. Call it before Eligible.
func (t *Ticket) RenewAhead(a Ahead) { t.ahead = a }

// isAhead reports whether nobody waits for the call.
func (t *Ticket) isAhead(now time.Time) bool {
	select {
	case <-t.ahead.Awaited:
		return false
	default:
		return now.Before(t.ahead.Until)
	}
}

// Eligible returns how long the call has to wait, or zero if it may be sent now. A
// wait of an hour means that another call decides, so call Eligible again when one is
// done. A [BlockedError] says that the call must not wait: its password was rejected,
// and is not sent again for some time, or its key was, and it has waited for as long
// as it may.
func (t *Ticket) Eligible(now time.Time) (wait time.Duration, err error) {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	return t.eligible(now)
}

func (t *Ticket) eligible(now time.Time) (time.Duration, error) {
	if t.isKey {
		if t.since.IsZero() {
			t.since = now
		}
		return t.registry.keys[t.hash].eligible(t.since, t.registry.patience, now)
	}
	return t.registry.users[t.user].eligible(t, now)
}

// Take counts the call as sent. It looks once more whether a password may be sent,
// because another call may have been done since; Reserve returns an error if not.
func (t *Ticket) Take(now time.Time) {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	if !t.taken.IsZero() || t.done {
		return
	}
	t.taken = now
	if t.isKey {
		r.keyOf(t.hash, now).take(now)
		return
	}
	wait, err := t.eligible(now)
	switch {
	case err != nil:
		t.denied = err
	case wait > 0:
		t.denied = turnTaken()
	default:
		t.sent = r.userOf(t.user, now).take(t, now)
	}
}

// Reserve counts the call in the Ledger, if there is one. It returns an error if
// the call must not be sent; give the Ticket back with Done and [outcome.NotSent]
// then. It waits, until ctx ends, while another process has a call with a password
// of the same user in flight. The operations of the Ledger that do not belong to
// such a wait take at most limit together, or twice limit if another process was faster
// to save its call, and spent says how long the last of them took. If the Ledger fails or
// takes longer, Reserve returns nil, and the count of this process alone decides.
func (t *Ticket) Reserve(ctx context.Context, limit time.Duration) (spent time.Duration, err error) {
	r := t.registry
	r.mu.Lock()
	denied := t.denied
	r.mu.Unlock()
	if denied != nil || t.isKey || r.shared == nil {
		return 0, denied
	}
	a := &access{shared: r.shared, user: t.user, limit: limit}
	err = t.reserve(ctx, a)
	return min(a.spent, limit), err
}

// Done reports the failure of the call; f is nil for a success. Class
// [outcome.NotSent] gives the Ticket back without a count. Later calls do nothing.
func (t *Ticket) Done(f *outcome.Failure) {
	now := time.Now()
	r := t.registry
	r.mu.Lock()
	counted := !t.taken.IsZero() && !t.done && t.denied == nil
	t.done = true
	said := noVerdict
	switch {
	case !counted:
	case t.isKey:
		r.keyOf(t.hash, now).done(t.principal, f, now)
	default:
		u := r.userOf(t.user, now)
		said = u.done(t, f, now)
		if mayHideRejection(f) && t.rejectedByOthers() && !u.proof.holds(t.hash, now) {
			said = hidden
		}
	}
	r.mu.Unlock()
	if counted && !t.isKey && r.shared != nil {
		t.settle(said, causeOf(f), now)
	}
}

// Flush waits until the outcome of the call is saved in the Ledger, until it turns
// out that it cannot be, or until ctx ends. Call it after Done, and before the callers
// get the result: their process may end at once, and an outcome that is not saved
// counts as a rejection for the next process.
func (t *Ticket) Flush(ctx context.Context) {
	if t.saved == nil {
		return
	}
	select {
	case <-t.saved:
	case <-ctx.Done():
	}
}

// rejectedByOthers reports whether the Ledger knew of a rejection of the password,
// or of a call that may hide one, when the call was reserved.
func (t *Ticket) rejectedByOthers() bool {
	if t.reserved == nil {
		return false
	}
	return slices.ContainsFunc(t.reserved.entries, func(e entry) bool {
		return (e.kind == kindRejected || e.kind == kindHidden) && e.hash == shortHash(t.hash)
	})
}

// Once reports whether a flight must not send this password a second time, because it
// is not proven. After Done, the outcome of the call is part of the evidence.
func (t *Ticket) Once() bool {
	return !t.isKey && t.acceptedAt().IsZero()
}

// acceptedAt returns when this process last saw the password accepted; the zero
// time if it is not proven.
func (t *Ticket) acceptedAt() time.Time {
	r := t.registry
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.users[t.user]
	if u == nil || !u.proof.holds(t.hash, time.Now()) {
		return time.Time{}
	}
	return u.proof.accepted
}
