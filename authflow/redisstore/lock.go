package redisstore

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// The lock is the holder's if it has its value already: a client sends a command
// again whose answer was lost. What has no end was not put there by a Store, and
// gets one.
const lockScript = `
local mine = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if mine or redis.pcall('GET', KEYS[1]) == ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left >= 0 then return math.max(left, 1) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return tonumber(ARGV[2])`

// How often somebody asks who waits for a lock: soon at first, as most are given
// back within the time of one call, and then less and less.
const (
	firstTry = 10 * time.Millisecond
	lastTry  = time.Second
)

// unlockTime is how long giving back a lock may take.
const unlockTime = time.Second

// Lock implements [authflow.Store]. Who waits asks again after a random time that
// grows with the wait, from 10 ms to 1 s. unlock takes a second at the most;
// where it does not reach the server, the lock ends by its limit.
func (s *Store) Lock(ctx context.Context, name string, limit time.Duration) (unlock func(), err error) {
	if limit < time.Millisecond {
		return nil, fmt.Errorf("redisstore: lock: limit: %v is less than a millisecond", limit)
	}
	keys, value := []string{s.key(name, "lock")}, crand.Text()
	for pause := firstTry; ; pause = min(pause*3/2, lastTry) {
		left, err := s.lock.Run(ctx, s.client, keys, value, limit.Milliseconds()).Int64()
		if err != nil {
			return nil, failure("lock", err)
		}
		if left == 0 {
			break
		}
		again := pause/2 + rand.N(pause)
		if err := wait(ctx, min(again, time.Duration(left)*time.Millisecond)); err != nil {
			return nil, fmt.Errorf("redisstore: lock: somebody else holds it: %w", err)
		}
	}
	return sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		_ = s.remove.Run(ctx, s.client, keys, value).Err() // it ends by its limit
	}), nil
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
