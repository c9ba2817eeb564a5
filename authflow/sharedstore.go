package authflow

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-thoughtspot/tsauth/authflow/internal/limiter"
	"github.com/go-thoughtspot/tsauth/authflow/internal/lockout"
	"github.com/go-thoughtspot/tsauth/authflow/internal/renewal"
	"github.com/go-thoughtspot/tsauth/authflow/internal/seal"
)

// Through its Store a Cluster shares more than tokens with other processes: the rate,
// and the count of rejected passwords. All processes have to agree on the names and
// hashes of both, so they use the oldest of their keys.

// limiterConfig gives the limiter the rate and, where there is a Store for it, the
// turns that several processes share.
func (c *Cluster) limiterConfig() limiter.Config {
	config := limiter.Config{Rate: c.rate, Burst: c.burst, Timeout: c.policy.Timeout, MaxAttempts: c.policy.MaxAttempts}
	if c.store == nil || c.rate == 0 {
		return config
	}
	shared, ok := c.store.store.(RateLimiter)
	if !ok {
		return config
	}
	name := c.store.box.Common().Names(c.url, "rate")[0]
	isAbsurd := config.IsAbsurd
	reserve := func(ctx context.Context, n int) (time.Duration, error) {
		wait, err := shared.Reserve(ctx, name, n, c.rate, c.burst)
		if err == nil && isAbsurd(wait) {
			err = fmt.Errorf("a turn of the shared rate comes in %v, which no number of processes explains", wait)
		}
		return wait, err
	}
	config.Reserve = func(ctx context.Context, n int) (time.Duration, error) {
		wait, err := operation[time.Duration]{"Reserve", c.store, &c.store.rate, func(ctx context.Context) (time.Duration, error) {
			return reserve(ctx, n)
		}}.run(ctx)
		c.reportStore("Reserve", err)
		return wait, err
	}
	return config
}

// reportStore reports a failure of the Store that concerns no caller, in a goroutine
// of its own: an observer that does not return must not hold up the turns of all
// callers. Nobody can be told of a panic of the observer then.
func (c *Cluster) reportStore(what string, err error) {
	if !isStoreFailure(err) {
		return
	}
	go func() {
		_ = renewal.Guard(func() error {
			c.report(storeFailed(what, err))
			return nil
		})
	}()
}

// lockoutConfig gives the lockout its ledger, where there is a Store, and the keys to
// it.
func (c *Cluster) lockoutConfig() lockout.Config {
	if c.store == nil {
		return lockout.Config{Patience: c.policy.Timeout}
	}
	r := rejections{cluster: c, box: c.store.box.Common()}
	return lockout.Config{Ledger: r, Seal: r.seal, Open: r.open, Hash: r.hash, Patience: c.policy.Timeout}
}

// kindRejections is the kind of sealed value that holds rejected passwords.
const kindRejections = "rejections"

// rejections is the ledger of rejected passwords in the Store.
type rejections struct {
	cluster *Cluster
	box     *seal.Box
}

func (r rejections) hash(user, secret string) [32]byte {
	return r.box.Hashes(r.cluster.url, user, secret)[0]
}

func (r rejections) name(user string) string {
	return r.box.Names(r.cluster.url, kindRejections, user)[0]
}

func (r rejections) seal(user string, record []byte) []byte {
	return r.box.Seal(r.name(user), kindRejections, record)
}

func (r rejections) open(user string, value []byte) []byte {
	record, _ := r.box.Open(r.name(user), kindRejections, value)
	return record
}

// Load implements [lockout.Ledger].
func (r rejections) Load(ctx context.Context, user string) (value []byte, left time.Duration, err error) {
	found, err := r.cluster.store.loadCount(ctx, r.name(user))
	r.cluster.reportStore("Load", err)
	if errors.Is(err, ErrNotStored) {
		return nil, 0, nil
	}
	return found.value, found.left, err
}

// Swap implements [lockout.Ledger].
func (r rejections) Swap(ctx context.Context, user string, old, value []byte, ttl time.Duration) error {
	err := r.cluster.store.swapCount(ctx, r.name(user), old, value, ttl)
	r.cluster.reportStore("Swap", err)
	if errors.Is(err, ErrChanged) {
		return lockout.ErrChanged
	}
	return err
}
