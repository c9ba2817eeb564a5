package authflow

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
)

// What a Cluster shares with other processes through its Store, beside tokens:
// the rate, and the rejected passwords.

// sharedRate returns the function that reserves turns of the shared rate, or nil
// where the rate is this process's own.
func (c *Cluster) sharedRate() func(ctx context.Context, n int) (time.Duration, error) {
	if c.store == nil || c.rate == 0 {
		return nil
	}
	shared, ok := c.store.Store.(RateLimiter)
	if !ok {
		return nil
	}
	name := c.store.box.Names(c.url, "rate")[0]
	return func(ctx context.Context, n int) (wait time.Duration, err error) {
		err = c.store.do(ctx, storeCall{&c.store.rate, operationTime, func(ctx context.Context) (err error) {
			wait, err = shared.Reserve(ctx, name, n, c.rate, c.burst)
			return err
		}})
		if err != nil && !errors.Is(err, errStoreSkipped) {
			c.reportSafely(storeFailed("Reserve", err))
		}
		return wait, err
	}
}

// reportSafely reports an event from a goroutine of the Cluster, where nobody
// can be told of a panic.
func (c *Cluster) reportSafely(e Event) {
	_ = renewal.Guard(func() error {
		c.report(e)
		return nil
	})
}

// lockoutConfig gives the lockout its keyed hash and, where there is a Store, its
// ledger.
func (c *Cluster) lockoutConfig() lockout.Config {
	if c.store != nil {
		return lockout.Config{
			Hash:   func(user, secret string) [32]byte { return c.store.box.Hashes(c.url, user, secret)[0] },
			Ledger: rejections{c}, Patience: c.policy.Timeout,
		}
	}
	var pepper [32]byte
	_, _ = rand.Read(pepper[:]) // never fails
	return lockout.Config{Patience: c.policy.Timeout, Hash: func(user, secret string) (sum [32]byte) {
		h := hmac.New(sha256.New, pepper[:])
		_, _ = h.Write([]byte(user + "\x00" + secret))
		h.Sum(sum[:0])
		return sum
	}}
}

// kindRejections is the kind of sealed value that holds rejected passwords.
const kindRejections = "rejections"

// rejections is the ledger of rejected passwords in the Store.
type rejections struct{ c *Cluster }

func (r rejections) name(user string) string {
	return r.c.store.box.Names(r.c.url, kindRejections, user)[0]
}

// Load implements [lockout.Ledger].
func (r rejections) Load(ctx context.Context, user string) (record []byte, left time.Duration, err error) {
	sealed, left, err := r.load(ctx, user)
	if err != nil || sealed == nil {
		return nil, 0, err
	}
	record, _ = r.c.store.box.Open(r.name(user), kindRejections, sealed)
	return record, left, nil
}

func (r rejections) load(ctx context.Context, user string) (sealed []byte, left time.Duration, err error) {
	err = r.do(ctx, "Load", func(ctx context.Context) (err error) {
		sealed, left, err = r.c.store.Load(ctx, r.name(user))
		return err
	})
	if errors.Is(err, ErrNotStored) {
		return nil, 0, nil
	}
	return sealed, left, err
}

// Swap implements [lockout.Ledger]. The Store compares sealed values, so the one
// that is there is loaded again.
func (r rejections) Swap(ctx context.Context, user string, old, record []byte, ttl time.Duration) error {
	sealed, _, err := r.load(ctx, user)
	if err != nil {
		return err
	}
	name := r.name(user)
	current, _ := r.c.store.box.Open(name, kindRejections, sealed)
	if !bytes.Equal(current, old) {
		return lockout.ErrChanged
	}
	err = r.do(ctx, "Swap", func(ctx context.Context) error {
		return r.c.store.Swap(ctx, name, sealed, r.c.store.box.Seal(name, kindRejections, record), ttl)
	})
	if errors.Is(err, ErrChanged) {
		return lockout.ErrChanged
	}
	return err
}

func (r rejections) do(ctx context.Context, what string, call func(context.Context) error) error {
	err := r.c.store.do(ctx, storeCall{&r.c.store.values, operationTime, call})
	if !isStoreAnswer(err) && !errors.Is(err, errStoreSkipped) {
		r.c.report(storeFailed(what, err))
	}
	return err
}
