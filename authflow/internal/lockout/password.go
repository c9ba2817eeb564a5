package lockout

import (
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// user is the evidence for and against the passwords of one user. A nil user is one
// whose passwords were not used yet.
type user struct {
	proof    proof
	counted  []send     // calls that count as rejected, oldest first
	inFlight []inFlight // calls that are not done, by password
	events   uint64     // the number of calls and rejections, which orders them
	wrong    []wrong    // passwords whose latest verdict is a rejection, oldest first

	others *othersBlock // the calls of other processes that block a password; nil if none do
}

// send is a call whose password was rejected, or may have been.
type send struct {
	hash    [32]byte
	at      time.Time // when it was done
	heard   uint64    // its place in the order of events
	until   time.Time // when it no longer counts
	exempt  bool      // no response came while the password was proven
	failure *outcome.Failure
}

// wrong is a password whose latest verdict is a rejection. It is remembered for
// longer than the rejection counts.
type wrong struct {
	hash [32]byte
	at   time.Time // of the latest call that counts as rejected
}

// inFlight is the number of calls with one password that are not done.
type inFlight struct {
	hash [32]byte
	n    int
}

// maxCounted bounds the calls that are remembered of a user. Four of them block every
// password that is not proven, so the oldest ones add little.
const maxCounted = 8

// eligible returns how long a call with a password has to wait, and notes that somebody
// waits for it.
func (u *user) eligible(t *Ticket, now time.Time) (time.Duration, error) {
	if u == nil {
		return 0, nil
	}
	hash := t.hash
	counted := u.countedAt(now)
	all, same := u.callsInFlight(), u.callsWith(hash)
	if u.proof.holds(hash, now) {
		places, isAhead := u.proof.placesAt(now), t.isAhead(now)
		if isAhead {
			places = firstPlaces
		}
		if same == 0 || all < places-len(counted) {
			return 0, nil
		}
		if !isAhead {
			u.proof.window.hold(u.events)
		}
		return untilDone, nil
	}
	if same > 0 {
		return untilDone, nil
	}
	if u.others.applies(hash, t.force, now) {
		return 0, u.others.blocked(t.user, now)
	}
	blocked := u.blocked(t, now)
	if blocked != nil {
		return 0, blocked
	}
	unproven := all
	if u.proof.known(now) {
		unproven -= u.callsWith(u.proof.hash)
	}
	if unproven > 0 || len(counted)+all >= maxRejected {
		return untilDone, nil
	}
	return 0, nil
}

// blocked returns why a password that is not proven must not be sent now, or nil.
func (u *user) blocked(t *Ticket, now time.Time) *BlockedError {
	var attempts []attempt
	last := u.lastRejection(t.hash, now)
	hasOwn := last != nil
	for _, s := range u.countedAt(now) {
		attempts = append(attempts, attempt{same: s.hash == t.hash, exempt: s.exempt, at: s.at, until: s.until})
		if !hasOwn {
			last = s.failure
		}
	}
	r := rule(attempts, t.force)
	if !r.until.After(now) {
		return nil
	}
	return r.block(t.user, last, now)
}

// take counts a call with a password as in flight, and returns its place in the
// order of events.
func (u *user) take(t *Ticket, now time.Time) uint64 {
	u.events++
	hash := t.hash
	i := slices.IndexFunc(u.inFlight, func(c inFlight) bool { return c.hash == hash })
	if i < 0 {
		i = len(u.inFlight)
		u.inFlight = append(u.inFlight, inFlight{hash: hash})
	}
	u.inFlight[i].n++
	if u.proof.hash == hash && !t.isAhead(now) {
		u.proof.window.take(u.inFlight[i].n)
	}
	return u.events
}

// done notes the outcome of a call that was taken, and returns its evidence about the
// password, as far as it counts.
func (u *user) done(t *Ticket, f *outcome.Failure, now time.Time) verdict {
	hash, sent := t.hash, t.sent
	u.land(hash)
	proven := u.proof.holds(hash, now)
	said := verdictOf(f)
	if u.hidesRejection(hash, f, now) {
		said = hidden
	}
	switch said {
	case accepted:
		if u.overtaken(hash, sent) {
			return noVerdict
		}
		u.accept(hash, sent, now)
	case rejected:
		if proven && u.proof.lost != nil {
			u.count(*u.proof.lost)
		}
		u.count(send{hash: hash, at: now, until: now.Add(countsFor), failure: f})
		u.noteWrong(hash, now)
		if u.proof.hash == hash {
			u.proof = proof{}
		}
	case unanswered, hidden:
		lost := send{hash: hash, at: now, until: now.Add(countsFor + lateness), failure: f}
		if !proven {
			u.count(lost)
			if said == hidden {
				u.noteWrong(hash, now)
			}
			return said
		}
		lost.exempt = true
		u.proof.lose(lost, now)
		return noVerdict
	case noVerdict:
		if proven {
			u.proof.extend(now)
		}
	}
	return said
}

// hidesRejection reports whether the outcome of a call counts as a rejection of its
// password, although it is not about the password: another call was rejected before.
func (u *user) hidesRejection(hash [32]byte, f *outcome.Failure, now time.Time) bool {
	if !mayHideRejection(f) || u.proof.holds(hash, now) {
		return false
	}
	return slices.ContainsFunc(u.wrong, func(w wrong) bool {
		return w.hash == hash && now.Sub(w.at) < provenFor
	})
}

// overtaken reports whether the acceptance of a call says nothing: a call that was
// sent before the latest rejection was heard may have been accepted before the
// password was changed on the server.
func (u *user) overtaken(hash [32]byte, sent uint64) bool {
	if u.proof.hash != hash && sent < u.proof.sent {
		return true
	}
	return slices.ContainsFunc(u.counted, func(s send) bool {
		return s.hash == hash && s.failure.Class == outcome.Rejected && sent < s.heard
	})
}

// accept notes that the server accepted a password, which also tells that calls
// with it that got no response were not rejected.
func (u *user) accept(hash [32]byte, sent uint64, now time.Time) {
	u.counted = slices.DeleteFunc(u.counted, func(s send) bool {
		return s.hash == hash && s.failure.Class != outcome.Rejected
	})
	u.wrong = slices.DeleteFunc(u.wrong, func(w wrong) bool { return w.hash == hash })
	u.proof.accept(hash, sent, u.events, now)
	u.others = nil
}

// land takes a call out of flight.
func (u *user) land(hash [32]byte) {
	for i := range u.inFlight {
		if u.inFlight[i].hash == hash {
			u.inFlight[i].n--
		}
	}
	u.inFlight = slices.DeleteFunc(u.inFlight, func(c inFlight) bool { return c.n == 0 })
}

// count adds a call that counts as rejected, and drops those that no longer do.
func (u *user) count(s send) {
	u.events++
	s.heard = u.events
	u.counted = append(slices.Clone(u.countedAt(s.at)), s)
	u.counted = u.counted[max(0, len(u.counted)-maxCounted):]
}

// noteWrong notes a call that the server rejected, or may have rejected once more.
func (u *user) noteWrong(hash [32]byte, now time.Time) {
	u.wrong = slices.DeleteFunc(slices.Clone(u.wrong), func(w wrong) bool { return w.hash == hash })
	u.wrong = append(u.wrong, wrong{hash, now})
	u.wrong = u.wrong[max(0, len(u.wrong)-maxCounted):]
}

// countedAt returns the calls that count at a time, oldest first.
func (u *user) countedAt(now time.Time) []send {
	if !slices.ContainsFunc(u.counted, func(s send) bool { return !s.until.After(now) }) {
		return u.counted
	}
	return slices.DeleteFunc(slices.Clone(u.counted), func(s send) bool { return !s.until.After(now) })
}

func (u *user) callsInFlight() (n int) {
	for _, c := range u.inFlight {
		n += c.n
	}
	return n
}

func (u *user) callsWith(hash [32]byte) int {
	for _, c := range u.inFlight {
		if c.hash == hash {
			return c.n
		}
	}
	return 0
}

// lastRejection returns the failure of the latest call with a password that counts as
// rejected, or nil.
func (u *user) lastRejection(hash [32]byte, now time.Time) *outcome.Failure {
	if u == nil {
		return nil
	}
	counted := u.countedAt(now)
	for i := len(counted) - 1; i >= 0; i-- {
		if counted[i].hash == hash {
			return counted[i].failure
		}
	}
	return nil
}

// idle reports whether the user may be forgotten.
func (u *user) idle(now time.Time) bool {
	return len(u.inFlight) == 0 && len(u.countedAt(now)) == 0 && !u.proof.known(now)
}
