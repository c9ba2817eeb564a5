package tokenservice

import (
	"crypto/sha256"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/time/rate"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/gen"
)

// user is the state that the service remembers about a user.
type user struct {
	name    string
	limiter *rate.Limiter // nil: no limit

	// The lock of users guards these two.
	uses    int
	lastUse time.Time

	mu      sync.Mutex
	entries []*entry     // the least recently used first
	alive   []handedOut  // in the order in which they were handed out
	waiting []*recording // tokens that wait to be recorded in the Store

	recordTurn chan struct{} // held by the goroutine that changes the record
}

func newUser(name string, limiter *rate.Limiter) *user {
	return &user{name: name, limiter: limiter, recordTurn: make(chan struct{}, 1)}
}

// userKey returns the text by which a user is known. Names that differ by case alone are
// one user, as in package authflow. As strings.EqualFold compares them, the Turkish
// İnan is not inan; strings.ToLower would make one user of them.
func userKey(name string) string { return strings.Map(firstOfCase, name) }

// firstOfCase returns the first of all characters that differ from c by case alone.
func firstOfCase(c rune) rune {
	first := c
	for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
		first = min(first, other)
	}
	return first
}

// maxEntries is how many different requests of a user are remembered, so that an
// application whose requests differ each time does not need more and more memory.
const maxEntries = 16

// entry is the state of one Request of a user. Most users have one entry. The lock of
// the user guards its fields.
type entry struct {
	sum       [sha256.Size]byte
	flow      *authflow.Flow  // for the request as it is
	short     *authflow.Flow  // for the request without e-mail and display name
	shortTill time.Time       // until when short is used
	last      *authflow.Token // the token that was handed out last, if it may be of use
	since     time.Time       // when it was handed out
	began     time.Time       // when the request for it began

	turn chan struct{} // held by the request that gets a token, if tokens are reused
}

// handedOut is a token that a browser has and that may still be alive.
type handedOut struct {
	token      gen.Secret
	username   string
	deadline   time.Time // when it has certainly expired; zero if that is not known
	at         time.Time // when its request began; a sign-out after that ends it
	isObject   bool      // it cannot revoke other tokens
	isRecorded bool      // in the Store
	isEnding   bool      // the user has signed out since
}

func newHandedOut(t authflow.Token, req *Request, began time.Time) handedOut {
	name := t.Username
	if name == "" {
		name = req.user
	}
	return handedOut{token: t.Value, username: strings.Clone(name), deadline: t.ExpiredBy, at: began, isObject: req.isObject}
}

// end returns until when the token is taken for alive.
func (h *handedOut) end() time.Time {
	if h.deadline.IsZero() {
		return h.at.Add(unknownLife)
	}
	return h.deadline
}

// isAlive reports whether the token may still be alive.
func (h *handedOut) isAlive(now time.Time) bool { return h.end().After(now) }

// entryOf returns the entry of a request, which is now the most recently used one.
func (u *user) entryOf(sum [sha256.Size]byte, isReused bool) *entry {
	u.mu.Lock()
	defer u.mu.Unlock()
	var e *entry
	i := slices.IndexFunc(u.entries, func(e *entry) bool { return e.sum == sum })
	switch {
	case i >= 0:
		e = u.entries[i]
		u.entries = slices.Delete(u.entries, i, i+1)
	default:
		e = &entry{sum: sum}
		if isReused {
			e.turn = make(chan struct{}, 1)
		}
	}
	if len(u.entries) >= maxEntries {
		u.entries = slices.Delete(u.entries, 0, 1)
	}
	u.entries = append(u.entries, e)
	return e
}

// forgetEntries drops what later requests would use: flows, and tokens to be reused.
func (u *user) forgetEntries() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.entries = nil
}

// add notes a token that is handed out. The caller holds the lock.
func (u *user) add(h handedOut) {
	u.prune()
	u.alive = append(u.alive, h)
}

// has reports whether a token was handed out before.
func (u *user) has(token gen.Secret) bool {
	return slices.ContainsFunc(u.alive, func(h handedOut) bool { return h.token == token })
}

// prune removes tokens that have expired. The caller holds the lock.
func (u *user) prune() {
	now := time.Now()
	u.alive = slices.DeleteFunc(u.alive, func(h handedOut) bool { return !h.isAlive(now) })
}

// takeEnding returns the tokens that a sign-out has to end: the tokens of other replicas,
// the tokens that earlier tries could not end, and, if all is set, all others. It reports
// whether there are more tokens, which were handed out after the sign-out.
func (u *user) takeEnding(others []handedOut, all bool) (ending []handedOut, more bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.prune()
	for _, h := range others {
		if !u.has(h.token) {
			h.isEnding = true
			u.alive = append(u.alive, h)
		}
	}
	for i := range u.alive {
		h := &u.alive[i]
		h.isEnding = h.isEnding || all
		if h.isEnding {
			ending = append(ending, *h)
		}
	}
	return ending, len(ending) < len(u.alive)
}

// ending returns the tokens that a sign-out is still to end.
func (u *user) ending() []handedOut {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.prune()
	return slices.DeleteFunc(slices.Clone(u.alive), func(h handedOut) bool { return !h.isEnding })
}

// settle removes tokens that were revoked.
func (u *user) settle(ended []gen.Secret) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.alive = slices.DeleteFunc(u.alive, func(h handedOut) bool { return slices.Contains(ended, h.token) })
	if len(u.alive) == 0 {
		u.alive = nil
	}
}

// unrecordedUntil returns when the last of the tokens expires that only this process
// knows; the zero time if there is none.
func (u *user) unrecordedUntil() (until time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	for i := range u.alive {
		h := &u.alive[i]
		if !h.isRecorded && h.isAlive(now) {
			until = latest(until, h.end())
		}
	}
	return until
}

// unknownLife is how long a token without a known deadline counts as alive.
const unknownLife = 24 * time.Hour
