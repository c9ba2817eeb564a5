package redisstore

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// The lock is already the caller's if it has the caller's value: a client sends a
// command again if the response was lost. A lock that never expires was not put
// there by a Store, and is given a limit.
const lockScript = `
local mine = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if mine or redis.pcall('GET', KEYS[1]) == ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left >= 0 then return math.max(left, 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(ARGV[2])`

// A waiting caller tries again soon at first, because most locks are held for the
// time of one call to ThoughtSpot, and then less and less often.
const (
	firstPause = 20 * time.Millisecond
	lastPause  = time.Second
)

// unlockTime limits how long it takes to release a lock.
const unlockTime = time.Second

// Lock implements [authflow.Store]. A caller that waits tries again after a random
// pause, which grows from 20 ms to 1 s. unlock takes at most a second; if it does not
// reach the server, the lock expires at its limit. A Lock that fails without a
// response releases the lock in the background, in case the server has taken it.
func (s *Store) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	if limit < time.Millisecond {
		return nil, fmt.Errorf("redisstore: lock: limit is %v, must be at least 1ms", limit)
	}
	key, value := s.key(name, "lock"), crand.Text()
	unlock = sync.OnceFunc(func() { s.release(ctx, key, value) })
	for pause := firstPause; ; pause = min(pause*2, lastPause) {
		left, err := s.lock.Run(ctx, s.client, []string{key}, value, limit.Milliseconds()).Int64()
		if err != nil {
			if mayHaveRun(err) {
				s.inBackground(unlock)
			}
			return nil, failure("lock", err)
		}
		if left == 0 {
			return unlock, nil
		}
		again := pause/2 + rand.N(pause)
		if err := sleep(ctx, min(again, time.Duration(left)*time.Millisecond)); err != nil {
			return nil, fmt.Errorf("redisstore: lock: held by another process: %w", err)
		}
	}
}

// maxBackground is how many failed Locks are released at once. If a server hangs and
// a thousand callers give up, the rest of the locks expire at their limit; releasing
// all of them would take the connections from callers that still wait.
const maxBackground = 16

// inBackground calls release, which takes at most unlockTime, unless too many are
// running already.
func (s *Store) inBackground(release func()) {
	select {
	case s.background <- struct{}{}:
		go func() {
			defer func() { <-s.background }()
			release()
		}()
	default:
	}
}

// mayHaveRun reports whether the server may have carried out a command that
// failed: it has not if the server says so, or if the client was closed.
func mayHaveRun(err error) bool {
	var response redis.Error
	return !errors.As(err, &response) && !errors.Is(err, redis.ErrClosed)
}

// release gives a lock back if it still has this value, also after ctx has ended.
func (s *Store) release(ctx context.Context, key, value string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
	defer cancel()
	_ = s.remove.Run(ctx, s.client, []string{key}, value).Err() // else it expires at its limit
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
