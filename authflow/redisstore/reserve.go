package redisstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/redis/go-redis/v9"
)

// The script is the generic cell rate algorithm. It stores two times, both by the
// server's clock in microseconds: when the next turn would be due if there were no
// burst, and when turns were last taken. If the clock is set back, as it is after a
// failover to another machine, the second time lies ahead, and both go back by as
// much. A stored text that cannot be two such times counts as no turn taken.
//
// A wait is at least -1e15 (31 years), so that a huge burst does not overflow.
const reserveScript = `
local each, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local turns, longest = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local stored = redis.pcall('GET', KEYS[1])
local due, last
if type(stored) == 'string' then
  due, last = string.match(stored, '^(%d+) (%d+)$')
  due, last = tonumber(due), tonumber(last)
end
if due and last and last > now then due = due - (last - now) end
if not due or due < now or due - now > longest + each * burst then due = now end
local wait = due - now - each * (burst - 1)
if wait + each * (turns - 1) > longest then return false end
due = due + each * turns
local ttl = math.min(math.max(1, math.ceil((due - now) / 1000)), 1e15)
redis.call('SET', KEYS[1], string.format('%.0f %.0f', due, now), 'PX', string.format('%.0f', ttl))
return string.format('%.0f', math.max(wait, -1e15))`

// maxWait is the longest wait for a turn. A caller that would have to wait longer
// gets an error and no turn, so that it does not take turns that it will not use.
const maxWait = 10 * time.Minute

// maxInterval bounds the time between two turns, which keeps all numbers of the
// script exact. It is longer than maxWait, so a longer one makes no difference.
const maxInterval = 24 * time.Hour

// Reserve implements [authflow.RateLimiter]. If the last of the n turns would come
// after more than 10 minutes, it takes none and returns an error. All processes
// that share a name should give the same rate, and may change it.
func (s *Store) Reserve(ctx context.Context, name string, n int, perSecond float64, burst int) (wait time.Duration, err error) {
	if n < 1 {
		return 0, errors.New("redisstore: reserve: n must be at least 1")
	}
	if !(perSecond > 0) || math.IsInf(perSecond, 0) {
		return 0, errors.New("redisstore: reserve: perSecond must be a finite number above 0")
	}
	if burst < 1 {
		return 0, errors.New("redisstore: reserve: burst must be at least 1")
	}
	each := min(1e6/perSecond, float64(maxInterval.Microseconds()))
	micros, err := s.reserve.Run(ctx, s.client, []string{s.key(name, "rate")}, each, burst, n, maxWait.Microseconds()).Int64()
	if errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("redisstore: reserve: all turns of the next %v are taken", maxWait)
	}
	if err != nil {
		return 0, failure("reserve", err)
	}
	return time.Duration(micros) * time.Microsecond, nil
}
