package redisstore_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow/redisstore"
)

const lockKey = "tsauth:{" + name + "}:lock"

func lock(tb testing.TB, s *redisstore.Store, limit time.Duration) (unlock func()) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 10*time.Second)
	defer cancel()
	unlock, err := s.Lock(ctx, name, limit)
	if err != nil {
		tb.Fatal(err)
	}
	return unlock
}

// busy fails the test if the lock can be taken at once.
func busy(tb testing.TB, s *redisstore.Store) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Lock(ctx, name, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		tb.Errorf("Lock returns %v while another holds it", err)
	}
}

func TestALockHasOneHolder(t *testing.T) {
	s, _, _ := small(t)
	var holders, most, turns atomic.Int32
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 5 {
				unlock := lock(t, s, time.Minute)
				if n := holders.Add(1); n > 1 {
					most.Store(n)
				}
				turns.Add(1)
				holders.Add(-1)
				unlock()
			}
		})
	}
	wg.Wait()
	if most.Load() > 1 || turns.Load() != 50 {
		t.Errorf("%d holders at once, %d turns", most.Load(), turns.Load())
	}
}

func TestALockOfOneWhoDiedEndsByItsLimit(t *testing.T) {
	s, server, _ := small(t)
	lateUnlock := lock(t, s, 10*time.Second)
	busy(t, s)
	server.FastForward(10 * time.Second)
	unlock := lock(t, s, time.Minute)
	lateUnlock() // that of another
	busy(t, s)
	unlock()
	unlock()
	lock(t, s, time.Minute)()
}

func TestALockIsGivenBackAfterTheContext(t *testing.T) {
	s, server, _ := small(t)
	ctx, cancel := context.WithCancel(t.Context())
	unlock, err := s.Lock(ctx, name, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	unlock()
	if server.Exists(lockKey) {
		t.Error("still held")
	}
}

// A client sends a command again whose answer was lost: the lock is its own.
func TestALockWhoseAnswerIsLost(t *testing.T) {
	s, _, client := small(t)
	var once sync.Once
	client.AddHook(before(func(c redis.Cmder) {
		if c.Name() == "evalsha" {
			once.Do(func() { // the first one, whose answer nobody gets
				if err := client.Do(t.Context(), "SET", lockKey, c.Args()[4], "PX", "60000").Err(); err != nil {
					t.Error(err)
				}
			})
		}
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.Lock(ctx, name, time.Minute); err != nil {
		t.Error(err)
	}
}

// What others have put in place of a lock ends, too.
func TestALockWithoutEndGetsOne(t *testing.T) {
	s, server, client := small(t)
	for what, put := range map[string]func() error{
		"of another type": func() error { return client.LPush(t.Context(), lockKey, "x").Err() },
		"without an end":  func() error { return client.Set(t.Context(), lockKey, "x", 0).Err() },
	} {
		t.Run(what, func(t *testing.T) {
			server.FlushAll()
			if err := put(); err != nil {
				t.Fatal(err)
			}
			busy(t, s)
			server.FastForward(time.Minute)
			lock(t, s, time.Minute)
		})
	}
}

// Who waits for long asks a server seldom.
func TestWaitingDoesNotHammer(t *testing.T) {
	s, _, client := small(t)
	lock(t, s, time.Minute)
	var asked atomic.Int32
	client.AddHook(before(func(redis.Cmder) { asked.Add(1) }))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Lock(ctx, name, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := asked.Load(); n < 5 || n > 25 {
		t.Errorf("asked %d times in 2 s", n)
	}
}
