package redisstore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/go-thoughtspot/tsauth/authflow"
	"github.com/go-thoughtspot/tsauth/authflow/storetest"
)

// The clock of a server in memory stands still until the test moves it. Here each
// command moves it by the time that has passed.
func TestStore_InMemory_PassesTheSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) authflow.Store {
		s, server, client := small(t)
		var mu sync.Mutex
		last := time.Now()
		client.AddHook(before(func(redis.Cmder) {
			mu.Lock()
			defer mu.Unlock()
			now := time.Now()
			server.FastForward(now.Sub(last))
			last = now
		}))
		return s
	})
}
