package lockout

import (
	"errors"
	"slices"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/outcome"
)

// key is the evidence for and against one secret key. A nil key is one that was not
// used yet.
type key struct {
	proven   bool
	rejected []string  // principals in a row that were rejected; each once, if the key is proven
	status   int       // of the latest rejection
	since    time.Time // when the key became doubtful
	next     time.Time // when one more caller may use it while it is doubtful
}

// When a key is doubtful, and how it is tried then.
const (
	doubtfulAfter = 3           // rejections in a row
	keyInterval   = time.Second // between two callers
	keyKnownFor   = 24 * time.Hour
)

// isDoubtful reports whether the key may be wrong, and not only some principals.
func (k *key) isDoubtful() bool { return len(k.rejected) >= doubtfulAfter }

// wait returns how long a call with the key has to wait.
func (k *key) wait(now time.Time) time.Duration {
	if k == nil || !k.isDoubtful() {
		return 0
	}
	return max(0, k.next.Sub(now))
}

// eligible returns how long a call still has to wait. It returns the latest rejection
// as an error if the call, which waits since a time, has waited for patience, and the
// key met nothing but rejections in this time.
func (k *key) eligible(since time.Time, patience time.Duration, now time.Time) (time.Duration, error) {
	wait, last := k.wait(now), k.lastRejection()
	if wait == 0 || patience == 0 {
		return wait, nil
	}
	end := later(since, k.since).Add(patience)
	if end.After(now) {
		return min(wait, end.Sub(now)), nil
	}
	return 0, &BlockedError{Last: last, RetryAfter: wait, reason: wasRejectedKey}
}

// take counts a call.
func (k *key) take(now time.Time) { k.next = now.Add(keyInterval) }

// done notes the outcome of a call for a principal; f is nil for a success.
func (k *key) done(principal string, f *outcome.Failure, now time.Time) {
	switch {
	case provesKey(f):
		k.proven, k.rejected, k.status = true, nil, 0
	case f.Class == outcome.Rejected:
		k.status = f.Status
		k.reject(principal, now)
	}
}

// reject counts a rejection against the key. The rejections of one principal say
// nothing about a key that has worked.
func (k *key) reject(principal string, now time.Time) {
	again := k.proven && slices.Contains(k.rejected, principal)
	if again || k.isDoubtful() {
		return
	}
	k.rejected = append(k.rejected, principal)
	if k.isDoubtful() {
		k.proven, k.since = false, now
	}
}

// provesKey reports whether the outcome of a call shows that the key was accepted.
func provesKey(f *outcome.Failure) bool {
	if f == nil {
		return true
	}
	switch f.Class {
	case outcome.OK, outcome.Conflict, outcome.Invalid:
		return true
	}
	return false
}

// lastRejection returns the latest rejection without anything that names the
// principal that met it.
func (k *key) lastRejection() *outcome.Failure {
	if k == nil || k.status == 0 {
		return nil
	}
	return &outcome.Failure{
		Class:  outcome.Rejected,
		Status: k.status,
		Err:    errors.New("the server rejected the secret key, for this principal or for another one"),
	}
}

// idle reports whether the key may be forgotten.
func (k *key) idle(now time.Time) bool { return now.Sub(k.next) > keyKnownFor }
