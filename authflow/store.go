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

// Store keeps tokens beyond one process, for a tool that runs each minute or for
// replicas of a service. Give it to [WithStore]. To write your own, for a
// database say, hold it to package storetest.
//
// A value is a few hundred bytes, sealed, under a name of 43 characters of
// base64url; neither tells anything. All methods are called concurrently, and
// should return soon after their context ends. A Store that fails costs calls for
// new tokens, and no request.
type Store interface {
	// Load returns what is kept under a name, and how long it is kept on, by the
	// store's own clock. It returns an error that matches [ErrNotStored] where
	// there is nothing, and any other where it cannot tell.
	Load(ctx context.Context, name string) (value []byte, left time.Duration, err error)
	// Save keeps a value under a name for ttl, in place of what is there.
	Save(ctx context.Context, name string, value []byte, ttl time.Duration) error
	// Delete removes a value, if it is still what is kept under the name. That it
	// is not is no error.
	Delete(ctx context.Context, name string, value []byte) error
	// Lock waits until nobody else holds the lock of a name, and takes it until
	// unlock is called, or for limit, as its holder may have died. unlock may be
	// called late: it must not end the lock of another.
	Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error)
}

// RateLimiter is what a Store may be as well, so that all who share it keep to the
// pace of [WithRateLimit] together, and not each for itself.
type RateLimiter interface {
	// Pace takes the next turn at a pace, and returns how long to wait for it.
	Reserve(ctx context.Context, name string, perSecond float64, burst int) (time.Duration, error)
}

// ErrNotStored is what [Store.Load] returns where nothing is kept.
var ErrNotStored = errors.New("not stored")

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
	if err == nil || errors.Is(err, ErrNotStored) {
		h.failures, h.until = 0, time.Time{}
		return err
	}
	h.failures++
	h.until = time.Now().Add(jitter(min(time.Second<<min(h.failures-1, 10), maxRest*4/5)))
	return err
}
