// Package lockout keeps the passwords and secret keys that the server rejects
// from being sent again and again. A few wrong passwords lock an account for an
// hour, and a wrong key that a thousand flows use is a load for nothing.
//
// A [Registry] knows every password and key of a Cluster by a keyed hash. A call
// that carries one has a [Ticket]: [Ticket.Eligible] tells whether and when the
// secret may be sent, [Ticket.Take] and [Ticket.Reserve] count the send, and
// [Ticket.Done] reports its outcome.
//
// # Passwords
//
// A password is proven from its acceptance until it is rejected, as long as it is
// in use at least once in 24 hours. Every other password of a user has one call
// in flight, and after a rejection it is sent again after 1 minute and after 10
// minutes, at most 3 times in any hour. A user has at most 4 rejections in any
// hour; within them, a changed password is sent at once. A call in flight and a
// call without a response count as a rejection until the server says otherwise,
// because they may be one. A call that was not sent does not count, and neither
// does the response of a proxy or server that is overloaded, unless the latest
// verdict on the password is a rejection.
//
// A proven password is exempt: it is sent whatever happened to other passwords,
// and a lost response does not count. When it is accepted for the first time, all callers
// that wait are let go. Some seconds later 3 calls may be in flight. More are allowed
// only while callers wait for them, and then the number doubles with each round of calls
// that are accepted. A renewal ahead of time counts as a caller in its last 30 seconds. So
// a password that is changed on the server while a thousand flows use it is rejected 3
// times, and not a thousand times.
//
// For a user this means:
//
//   - a password that was accepted before is sent as soon as an outage is over;
//   - at a first start into two minutes of silence, the third call is sent 11
//     minutes after the first one has failed, so the right password works within
//     12 minutes of the first call;
//   - a wrong password is sent 3 times in an hour by all flows of the Cluster.
//
// What is not promised:
//
//   - Before the first rejection, responses with 502, 503 and 504 do not count,
//     although a gateway that gives up may hide a rejection behind one of them.
//   - If a proven password is changed on the server while responses are lost, all
//     lost responses together count as one rejection. To count each of them would
//     keep the right password back after every outage.
//   - If a proven password is changed while a crowd of callers logs in with it, the
//     calls that are in flight at this moment are all rejected. A thousand flows that
//     renew every four minutes with calls of 2 s need nine in flight at any time.
//   - A proven password is sent although 4 other passwords of its user were just
//     rejected. If it was changed in the same hour, its rejection is the fifth.
//
// # Keys
//
// A secret key is shared by many principals, and a rejection may be the affair of
// the principal that met it. Three rejections in a row, of three different principals
// if the key is proven, make the key doubtful: it goes to one more caller each second
// then, for any principal. A call that has waited for [Config.Patience] fails with the
// last of the rejections.
//
// A key is proven, and the doubt ends, by a response that the server can only give
// after it has looked at the key: a success, a conflict or a complaint about the
// request. A 500 proves nothing, because a wrong key has been answered with it, and
// neither does the page of a proxy. A key without rejections makes no caller wait, so
// that a few principals that fail at a cold start do not decide for the others.
//
// # Several processes
//
// With a [Ledger], processes count the rejections of a user together. See there
// for what that costs and promises.
package lockout

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// Config is what a [Registry] needs.
type Config struct {
	// Ledger counts the passwords that several processes send. Without one, the
	// Registry knows only what its own process has sent.
	Ledger Ledger
	// Seal and Open turn the record of a user into the value that the Ledger has,
	// and back; Open returns nil for a value that is not a record of the user. Without
	// them, the Ledger has the records as they are.
	Seal, Open func(user string, text []byte) []byte
	// Hash returns a keyed hash of a secret of a user; the user is empty for a
	// secret key. Processes that share a Ledger need the same key for it. Without
	// a Hash, the Registry uses one with a random key.
	Hash func(user, secret string) [32]byte
	// Patience is how long a call waits for its turn with a secret key that meets
	// nothing but rejections, before it fails with the last of them. 0 means for as
	// long as it takes.
	Patience time.Duration
}

// Registry is the memory of a Cluster for the passwords and secret keys of its flows.
// It holds hashes of them, and no secret. Its methods may be called concurrently.
// Only Flush waits.
type Registry struct {
	hash   func(user, secret string) [32]byte
	shared *shared // nil without a Ledger

	patience time.Duration // 0: without a bound

	mu      sync.Mutex
	users   map[string]*user
	keys    map[[32]byte]*key
	sweepAt int // the number of users and keys at which idle ones are forgotten
}

// minSweep is how many users and keys are known before the first sweep. A sweep
// looks at all of them, and the next one comes when twice as many are known as
// were left, so that a sweep costs each new user little.
const minSweep = 1000

// New returns a Registry that knows nothing yet.
func New(cfg Config) *Registry {
	r := &Registry{
		hash:     cfg.Hash,
		patience: cfg.Patience,
		users:    make(map[string]*user),
		keys:     make(map[[32]byte]*key),
		sweepAt:  minSweep,
	}
	if r.hash == nil {
		r.hash = randomHash()
	}
	if cfg.Ledger != nil {
		r.shared = &shared{ledger: cfg.Ledger, seal: cfg.Seal, open: cfg.Open}
		if cfg.Seal == nil || cfg.Open == nil {
			asItIs := func(_ string, text []byte) []byte { return text }
			r.shared.seal, r.shared.open = asItIs, asItIs
		}
	}
	return r
}

// randomHash returns a hash that tells secrets apart and lives as long as the process.
func randomHash() func(user, secret string) [32]byte {
	pepper := make([]byte, sha256.Size)
	_, _ = rand.Read(pepper) // never fails
	return func(user, secret string) [32]byte {
		text := make([]byte, 0, len(pepper)+len(user)+1+len(secret))
		text = append(append(append(append(text, pepper...), user...), 0), secret...)
		return sha256.Sum256(text)
	}
}

// userOf returns the user of that name, and remembers it from now on. The caller
// holds the lock.
func (r *Registry) userOf(name string, now time.Time) *user {
	u := r.users[name]
	if u == nil {
		r.sweep(now)
		u = &user{}
		r.users[name] = u
	}
	return u
}

// keyOf returns the key with this hash, and remembers it from now on. The caller
// holds the lock.
func (r *Registry) keyOf(hash [32]byte, now time.Time) *key {
	k := r.keys[hash]
	if k == nil {
		r.sweep(now)
		k = &key{}
		r.keys[hash] = k
	}
	return k
}

// sweep forgets the idle users and keys, if there are many.
func (r *Registry) sweep(now time.Time) {
	if len(r.users)+len(r.keys) < r.sweepAt {
		return
	}
	for name, u := range r.users {
		if u.idle(now) {
			delete(r.users, name)
		}
	}
	for hash, k := range r.keys {
		if k.idle(now) {
			delete(r.keys, hash)
		}
	}
	r.sweepAt = max(minSweep, 2*(len(r.users)+len(r.keys)))
}
