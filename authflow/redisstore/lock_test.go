package redisstore_test

import (
	"context"
	"errors"
	"strings"
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

// busy fails the test if the lock is free.
func busy(tb testing.TB, s *redisstore.Store) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Lock(ctx, name, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		tb.Errorf("Lock returns %v while another holds it", err)
	}
}

func TestLock_ManyCallers_OneHolderAtATime(t *testing.T) {
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

func TestLock_HolderDied_ExpiresAtLimit(t *testing.T) {
	s, server, _ := small(t)
	lateUnlock := lock(t, s, 10*time.Second)
	busy(t, s)
	server.FastForward(10 * time.Second)
	unlock := lock(t, s, time.Minute)
	lateUnlock() // the lock belongs to another holder
	busy(t, s)
	unlock()
	unlock()
	lock(t, s, time.Minute)()
}

func TestLock_UnlockAfterContext_Releases(t *testing.T) {
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

// A client sends a command again if the response was lost. The lock is its own then.
func TestLock_ResponseLostAndRetried_IsTaken(t *testing.T) {
	s, _, client := small(t)
	var once sync.Once
	client.AddHook(before(func(c redis.Cmder) {
		if c.Name() == "evalsha" {
			once.Do(func() { // the first try takes the lock, and its response is lost
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

// A key of another program expires as well.
func TestLock_ForeignKey_GetsALimit(t *testing.T) {
	s, server, client := small(t)
	for what, put := range map[string]func() error{
		"of another type":    func() error { return client.LPush(t.Context(), lockKey, "x").Err() },
		"that never expires": func() error { return client.Set(t.Context(), lockKey, "x", 0).Err() },
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

// The pauses of a waiting caller grow.
func TestLock_LongWait_SendsFewCommands(t *testing.T) {
	s, _, client := small(t)
	lock(t, s, time.Minute)
	var sent atomic.Int32
	client.AddHook(before(func(redis.Cmder) { sent.Add(1) }))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := s.Lock(ctx, name, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if n := sent.Load(); n < 5 || n > 25 {
		t.Errorf("%d commands in 2 s", n)
	}
}

// If the response is lost and the caller gives up, nobody holds the lock: the next
// caller gets it long before its limit, every time.
func TestK2_FailedLock_IsReleased(t *testing.T) {
	s, server, client := small(t)
	lost := storeOn(t, client)
	var losing atomic.Bool
	client.AddHook(after(func(c redis.Cmder) error {
		if takesLock(c) && losing.Load() {
			return context.DeadlineExceeded
		}
		return nil
	}))
	for range 2 {
		losing.Store(true)
		if unlock, err := lost.Lock(t.Context(), name, time.Hour); unlock != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Lock without a response: %v", err)
		}
		losing.Store(false)
		lock(t, s, time.Hour)()
		if server.Exists(lockKey) {
			t.Error("the lock is still held")
		}
	}
}

// A server that rejects the command has not taken the lock, so it is not asked to
// release it.
func TestLock_ServerError_SendsNothingMore(t *testing.T) {
	s, server, client := small(t)
	var sent atomic.Int32
	client.AddHook(before(func(c redis.Cmder) {
		if strings.HasPrefix(c.Name(), "eval") {
			sent.Add(1)
		}
	}))
	server.SetError("OOM command not allowed when used memory > 'maxmemory'.")
	if _, err := s.Lock(t.Context(), name, time.Hour); err == nil {
		t.Error("no error")
	}
	server.SetError("")
	lock(t, s, time.Hour)()
	if n := sent.Load(); n > 5 { // EVALSHA that failed, and EVALSHA and EVAL for each of two scripts
		t.Errorf("%d commands", n)
	}
}

// takesLock reports whether a command is the script that takes a lock.
func takesLock(c redis.Cmder) bool {
	return strings.HasPrefix(c.Name(), "eval") && len(c.Args()) == 6
}
