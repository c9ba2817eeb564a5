package authflow

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/go-thoughtspot/tsauth/gen"
)

// Store keeps tokens beyond one process: for a tool that runs every minute, or for
// the replicas of a service. Give it to [WithStore]. To write your own, for a
// database for example, test it with package storetest.
//
// Values are sealed and a few hundred bytes long; names are 43 characters of
// base64url. Neither says anything about a user or a token. All methods are called
// concurrently, by many processes, and should return soon after their context ends,
// because a request may be waiting. A Store that fails costs calls for new tokens,
// but it never makes a request fail.
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
// and uses those that others have kept there who have the key: one call for a
// token serves all processes. To change the key, give the new one with the old
// one behind it, until all processes have it.
//
// Kept are tokens of full, object and custom access, each under a keyed hash of
// the server, the whole request and its credential, so that nobody gets one whose
// rules or credential are others. Not kept are passwords, keys, sessions, and
// tokens that are [Exclusive]. A token that the server has refused is removed, and
// so is one that [Flow.Logout] ends: for all who share it. Optional.
func WithStore(s Store, key []byte, old ...[]byte) Option {
	return func(c *Cluster) {
		if s == nil {
			c.storeErr = invalid("New", "WithStore", "needs a Store")
			return
		}
		v := &vault{Store: s, turn: make(chan struct{}, 1)}
		for _, k := range append([][]byte{key}, old...) {
			sealer, err := newSealer(k)
			if err != nil {
				c.storeErr = invalid("New", "WithStore", err.Error())
				return
			}
			v.keys = append(v.keys, sealer)
		}
		c.store = v
	}
}

// vault is a Store with the keys to it, and with what is known of its health.
type vault struct {
	Store
	keys  []*sealer     // the first one seals; all open
	turn  chan struct{} // is full while somebody waits for a turn at the pace of all
	kept  health        // of what is kept there,
	paced health        // and of the pace: neither failure is the other's
}

// health keeps a Store that fails from being tried again and again.
type health struct {
	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // when it is tried again
}

// sealer is a key to values, and to the names under which they are kept.
type sealer struct {
	aead cipher.AEAD
	name [sha256.Size]byte
}

func newSealer(key []byte) (*sealer, error) {
	if len(key) != 32 {
		return nil, errors.New("needs keys of 32 bytes")
	}
	derive := func(purpose string) (sum [sha256.Size]byte) {
		h := hmac.New(sha256.New, key)
		_, _ = h.Write([]byte("tsauth " + purpose))
		h.Sum(sum[:0])
		return sum
	}
	values := derive("values")
	block, err := aes.NewCipher(values[:])
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &sealer{aead, derive("names")}, err
}

// nameOf returns the name of what is asked for by these texts.
func (s *sealer) nameOf(texts ...string) string {
	h := hmac.New(sha256.New, s.name[:])
	for _, t := range texts {
		_, _ = h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(t))))
		_, _ = h.Write([]byte(t))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// kept is a token as a Store has it.
type kept struct {
	Token                gen.Secret    `json:"token"`
	Life                 time.Duration `json:"life"` // that it was usable for when it was asked for
	Created, Expires     time.Time
	ID, UserID, Username string
	Org                  *gen.Org `json:",omitempty"`
}

// seal returns a token as the value of a name, which it is bound to.
func (s *sealer) seal(name string, k *kept) ([]byte, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return s.aead.Seal(nonce, nonce, text, []byte(name)), nil
}

// open returns the token in a value, or nil if it is none that was sealed with
// this key and for this name.
func (s *sealer) open(name string, value []byte) *kept {
	n := s.aead.NonceSize()
	if len(value) < n {
		return nil
	}
	text, err := s.aead.Open(nil, value[:n], value[n:], []byte(name))
	var k kept
	if err != nil || json.Unmarshal(text, &k) != nil {
		return nil
	}
	return &k
}

// How a Store is treated.
const (
	storeTime = time.Second      // that one operation may take
	lockTime  = 15 * time.Second // that a lock is held, and waited for, at most
	maxRest   = 30 * time.Second // before one that fails is tried again
)

// errResting: the store has failed, and is not tried for a while.
var errResting = errors.New("the store is left alone for a while after a failure")

// try uses the Store, unless it has just failed.
func (h *health) try(ctx context.Context, limit time.Duration, use func(context.Context) error) error {
	h.mu.Lock()
	resting := time.Now().Before(h.until)
	h.mu.Unlock()
	if resting {
		return errResting
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := obeyed(within, func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = errors.New("panic in the store") // whose text may hold what it was given
			}
		}()
		return use(within)
	})
	if ctx.Err() != nil {
		return err // that says nothing of the store
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil || errors.Is(err, ErrNotStored) || errors.Is(err, ErrChanged) {
		h.failures, h.until = 0, time.Time{}
		return err
	}
	h.failures++
	h.until = time.Now().Add(jitter(min(time.Second<<min(h.failures-1, 10), maxRest*4/5)))
	return err
}
