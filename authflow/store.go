package authflow

import (
	"context"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// Store keeps tokens beyond one process: for a tool that runs every minute, or for
// the replicas of a service. Give it to [WithStore]. To write your own, for a
// database for example, test it with package storetest.
//
// Values are sealed, and each is a few hundred bytes longer than its token. Names
// are 43 characters of base64url. Neither says anything about a user or a token.
// All methods are called concurrently, by many processes, and should return soon
// after their context ends, because a request may be waiting. A Store that fails
// costs calls for new tokens, but it never makes a request fail.
type Store interface {
	// Load returns the value of a name, and how much of its ttl is left by the
	// store's own clock, because the clocks of the processes that share a store may
	// differ by minutes. If nothing is stored there, or its ttl is over, the error
	// matches [ErrNotStored]. Any other error means that the Store could not tell.
	Load(ctx context.Context, name string) (value []byte, left time.Duration, err error)
	// Save stores a value under a name for ttl and replaces the value that is there,
	// together with its ttl. The ttl counts from the call, so that a server that
	// carries out the operation late does not keep a token longer than it lives.
	Save(ctx context.Context, name string, value []byte, ttl time.Duration) error
	// Swap saves a value like Save, but only if the value stored under the name is
	// still old. An empty old means that nothing is stored there, or an empty value.
	// Otherwise Swap changes nothing and returns an error that matches [ErrChanged]:
	// another process was faster, and the caller should load the value and decide
	// again.
	//
	// Processes count in such a value, so comparing and saving must be one step for
	// all of them: of ten processes that add one at the same time, nine have to be
	// told to try again. Swap needs no Lock, and the caller may hold the lock of the
	// name. No two calls of Swap save the same value, because each value is sealed
	// with its own nonce. A Store that finds the new value stored already may
	// therefore report success, as an earlier try whose response was lost saved it.
	Swap(ctx context.Context, name string, old, value []byte, ttl time.Duration) error
	// Delete removes a value if it is still the one stored under the name. If it is
	// not, another process has replaced or removed it, and Delete returns nil.
	Delete(ctx context.Context, name string, value []byte) error
	// Lock waits until no other process holds the lock of a name, and takes it. The
	// lock lasts until unlock is called, and at most for limit, because its holder
	// may have crashed. unlock may be called late or twice, so it must not release a
	// lock that another process has taken since. After Lock has returned, call Load
	// again: another process may have saved the token while the caller was waiting.
	//
	// An error means that the caller does not hold the lock: another process still
	// held it when ctx ended, or the Store could not tell. The caller then goes on
	// without it, because a lock only saves calls for tokens. If a failed Lock may
	// have taken the lock, as when the response was lost, the Store should release
	// it; otherwise the other processes wait until limit for a holder that does not
	// exist.
	Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error)
}

// RateLimiter is implemented by a Store that also shares the rate of
// [WithRateLimit], so that all processes keep to that rate together. Without it
// each process keeps to the rate on its own.
type RateLimiter interface {
	// Reserve takes the next n turns of the rate of a name, and returns how long to
	// wait for the first of them. Turn i, counted from 0, may be used after
	// wait + i/perSecond. The wait is negative by as much of the burst as is left:
	// at 10 turns per second with a burst of 5, the first call returns -400ms, which
	// lets turns 0 to 4 be used at once and turn 5 after 100ms.
	//
	// Turns cannot be given back, and a turn that is not used is lost for all
	// processes. Reserving several turns at once keeps the distance to the store from
	// limiting the rate. An error means that no turn was taken, as far as the Store
	// can tell.
	Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (wait time.Duration, err error)
}

// ErrNotStored is the error of [Store.Load] if nothing is stored under the name.
var ErrNotStored = errors.New("not stored")

// ErrChanged is the error of [Store.Swap] if the stored value is not the expected
// one.
var ErrChanged = errors.New("the stored value has changed")

// WithStore keeps tokens in a Store, sealed with a key of 32 bytes (AES-256-GCM),
// and uses the tokens that other processes with the same key have saved there, so
// that one call for a token serves all of them. To change the key, pass the new
// one followed by the old one until all processes have the new one. Optional.
//
// Tokens of full, object and custom access are kept, each under a keyed hash of
// the server, the whole request and its credential: a request with other rules or
// another credential never finds them. Passwords, keys, sessions and [Exclusive]
// tokens are never kept. A token that [Flow.Logout] ends is removed for all
// processes, and so is a token that the server has rejected, when its Flow acquires
// another one.
//
// The Store also counts the passwords that the server rejects, so that a tool
// that starts every minute with a changed password does not lock the account: all
// processes together send it at most 3 times in an hour. Without a Store, or
// while the Store does not answer, each process keeps to that number by itself; so
// it does with a Store that needs more than 0.6 s for an operation.
func WithStore(s Store, key []byte, old ...[]byte) Option {
	return func(c *Cluster) {
		if s == nil {
			c.storeErr = invalid("New", "WithStore", "needs a Store")
			return
		}
		box, err := seal.New(key, old...)
		if err != nil {
			c.storeErr = invalid("New", "WithStore", err.Error())
			return
		}
		c.store = newSealedStore(s, box)
	}
}
